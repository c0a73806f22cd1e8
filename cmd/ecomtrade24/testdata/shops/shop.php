<?php
// A small shop on PHP and nothing else, for the drill: php -S 127.0.0.1:8080 shop.php. FAULT plants a fault; without
// one it is right.
declare(strict_types=1);

function fault(string $name): bool { return getenv('FAULT') === $name; }

/** Does something to the orders while nobody else does. */
function orders(callable $what): mixed
{
    $file = fopen(getenv('SHOP_DIR') . '/orders.json', 'c+');
    flock($file, LOCK_EX);
    $orders = json_decode(stream_get_contents($file) ?: '{}', true);
    $before = $orders;
    $result = $what($orders);
    if ($orders !== $before) {
        ftruncate($file, 0);
        rewind($file);
        fwrite($file, json_encode($orders));
    }
    fclose($file);
    return $result;
}

function respond(int $status, string $text = '', string $location = ''): never
{
    http_response_code($status);
    if ($location !== '') {
        header('Location: ' . $location, true, $status);
    }
    exit($text);
}

function pay(array $order): never
{
    $response = @file_get_contents(getenv('ECOMTRADE24_BASE_URL') . '/gateway/session.php', false, stream_context_create([
        'http' => [
            'method' => 'POST', 'timeout' => 10, 'ignore_errors' => true,
            'header' => ['Authorization: Bearer ' . getenv('ECOMTRADE24_API_KEY'), 'Content-Type: application/json'],
            'content' => json_encode([
                'domain' => 'shop.example', 'amount' => $order['amount'], 'currency' => $order['currency'],
                'order_id' => $order['id'],
            ]),
        ],
    ]));
    $session = json_decode($response ?: '', true);
    if (!is_array($session) || ($session['ok'] ?? false) !== true) {
        respond(502, 'The payment could not be begun. Try again.');
    }
    respond(303, '', $session['checkout_url']);
}

function signed(string $body): bool
{
    if (fault('unsigned')) {
        return true;
    }
    $want = hash_hmac('sha256', $body, getenv('ECOMTRADE24_WEBHOOK_SECRET'));
    foreach (fault('header') ? ['X_SIGNATURE'] : ['X_SIGNATURE', 'X_ECOMTRADE24_SIGNATURE', 'X_WEBHOOK_SIGNATURE'] as $name) {
        if (hash_equals($want, preg_replace('/^sha256=/', '', $_SERVER['HTTP_' . $name] ?? ''))) {
            return true;
        }
    }
    return false;
}

function text(array $event, string $name): string { return is_scalar($event[$name] ?? '') ? (string) ($event[$name] ?? '') : ''; }

function decimal(string $s): ?string
{
    if (!preg_match('/^\d+(\.\d+)?$/D', $s)) {
        return null;
    }
    return (ltrim(explode('.', $s)[0], '0') ?: '0') . '.' . rtrim(explode('.', $s)[1] ?? '', '0');
}

function settles(array $order, array $event): bool
{
    $amount = text($event, 'amount');
    $same = fault('loose') ? $amount == $order['amount'] : decimal($amount) !== null && decimal($amount) === decimal($order['amount']);
    return $same && (fault('currency') || text($event, 'currency') === $order['currency']);
}

function webhook(): never
{
    $body = file_get_contents('php://input');
    if (strlen($body) > 1 << 20) {
        respond(413);
    }
    if (!signed($body)) {
        respond(401);
    }
    $event = json_decode($body, true);
    if (!is_array($event)) {
        respond(400);
    }
    $id = text($event, 'order_id');
    if (fault('race')) { // it looks first, and then acts
        $open = orders(fn (array &$orders) => isset($orders[$id]) && !$orders[$id]['paid']);
        $readers = getenv('SHOP_DIR') . '/race-' . md5($id); // it acts when another one has looked, too
        file_put_contents($readers, 'x', FILE_APPEND);
        for ($waits = 0; filesize($readers) < 2 && $waits < 300; $waits++) {
            usleep(10_000);
            clearstatcache();
        }
        if ($open && text($event, 'status') === 'paid') {
            orders(function (array &$orders) use ($id): void {
                $orders[$id]['paid'] = true;
                $orders[$id]['shipments']++;
            });
        }
        respond(200);
    }
    orders(function (array &$orders) use ($id, $event): void {
        if (!isset($orders[$id]) || text($event, 'status') !== 'paid' || (($event['test'] ?? false) && !fault('test'))) {
            return;
        }
        $order = &$orders[$id];
        if (!settles($order, $event)) {
            $order['review'] = true;
        } elseif (!$order['paid']) {
            $order['paid'] = true;
            $order['by'] = text($event, 'session_id');
            $order['shipments']++;
        } elseif ($order['by'] !== text($event, 'session_id')) {
            $order['review'] = true;
        }
    });
    respond(200);
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$id = (string) ($_GET['order'] ?? '');
switch ($_SERVER['REQUEST_METHOD'] . ' ' . $path) {
    case 'GET /':
        respond(200, '<h1>A small shop</h1>');
    case 'POST /buy':
        $order = [
            'id' => 'P' . bin2hex(random_bytes(6)), 'email' => $_POST['email'] ?? '', 'amount' => '49.95', 'currency' => 'USD',
            'paid' => false, 'shipments' => 0, 'review' => false, 'by' => '',
        ];
        orders(function (array &$orders) use ($order): void { $orders[$order['id']] = $order; });
        pay($order);
    case 'POST /pay':
        pay(orders(fn (array &$orders) => $orders[$id] ?? respond(404)));
    case 'GET /order':
        $order = orders(fn (array &$orders) => $orders[$id] ?? respond(404));
        $rows = str_repeat('<li>Parcel sent</li>', $order['shipments']);
        respond(200, '<!doctype html><style>.Paid{}</style><h1>' . ($order['paid'] ? 'Paid' : 'Open') . "</h1><ul>$rows</ul>"
            . ($order['review'] ? '<p>Somebody of us looks into it.</p>' : ''));
    case 'POST /webhook.php':
        webhook();
    default:
        respond(404);
}
