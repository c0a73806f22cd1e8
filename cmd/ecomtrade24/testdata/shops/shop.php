<?php
// A small shop on PHP without packages: php -S 127.0.0.1:8080 shop.php. FAULT plants one fault; without it the shop
// passes ecomtrade24 drill.
declare(strict_types=1);

set_exception_handler(function (Throwable $e): void { // the log names the line and quotes nothing
    error_log(get_class($e) . ' in line ' . $e->getLine());
    http_response_code(500);
});

const START = ['orders' => [], 'stock' => 100_000, 'invoices' => 0];
const COUNTS = ['shipments' => 0, 'receipts' => 0, 'points' => 0, 'invoice' => null];
const FRESH = ['state' => 'open', 'review' => false, 'sessions' => [], 'amount' => '49.95', 'currency' => 'USD'];
const STATUSES = ['pending', 'processing', 'review', 'failed', 'declined', 'canceled', 'cancelled', 'expired', 'paid'];

function fault(string $name): bool { return getenv('FAULT') === $name; }

/** Runs $what on the shop while nobody else does, and stores what it changes: in full or, if that fails, not at all. */
function shop(callable $what): mixed
{
    $file = getenv('SHOP_DIR') . '/shop.json';
    flock($lock = fopen("$file.lock", 'c'), LOCK_EX);
    $shop = is_file($file) ? json_decode(file_get_contents($file), true, 512, JSON_THROW_ON_ERROR) : START;
    $before = $shop;
    $result = $what($shop);
    if ($shop !== $before) {
        $json = json_encode($shop, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
        if (is_file(getenv('SHOP_DIR') . '/broken') || file_put_contents("$file.new", $json) !== strlen($json)) {
            throw new RuntimeException('the disk fails');
        }
        rename("$file.new", $file);
    }
    return $result; // and the lock ends
}

function respond(int $status, string $body = '', string $header = 'Content-Type: text/html; charset=utf-8'): never
{
    header($header, true, $status);
    exit($body);
}

function json(array $value): never { respond(200, json_encode($value), 'Content-Type: application/json'); }

/** Decodes a JSON object and keeps each number as its digits: an amount is no float. Null if there is no object. */
function parse(string $json): ?array
{
    $quoted = preg_replace('/"(?:[^"\\\\]++|\\\\.)*+"(*SKIP)(*FAIL)|-?\d[\d.eE+-]*/s', '"$0"', $json);
    $decode = fn (string $text): mixed => json_decode($text, true, 64, JSON_INVALID_UTF8_SUBSTITUTE);
    return is_array($decode($json)) && ltrim($json)[0] === '{' ? $decode($quoted) : null;
}

function text(array $from, string $name): string { return is_string($from[$name] ?? null) ? $from[$name] : ''; }

/** The gateway writes 0 for an ID that is not set. */
function identifier(array $from, string $name): string { return preg_replace('/^0$/D', '', text($from, $name)); }

/** Sends one request to the gateway. Null if it fails, takes 10 seconds or responds with anything but ok. */
function call(string $path, array $body = []): ?array
{
    $context = stream_context_create(['http' => [
        'method' => $body ? 'POST' : 'GET', 'timeout' => 10, 'ignore_errors' => true, 'follow_location' => 0,
        'header' => ['Authorization: Bearer ' . getenv('ECOMTRADE24_API_KEY'), 'Content-Type: application/json'],
        'content' => $body ? json_encode($body, JSON_INVALID_UTF8_SUBSTITUTE) : '',
    ]]);
    $response = parse((string) @file_get_contents(getenv('ECOMTRADE24_BASE_URL') . $path, false, $context));
    return ($response['ok'] ?? 0) === true && preg_match('~^HTTP/\S+ 2~', $http_response_header[0]) ? $response : null;
}

/** Opens a session for a stored order and sends the buyer there. No lock is held meanwhile. */
function checkout(array $order): never
{
    $session = call('/gateway/session.php', array_filter([
        'domain' => 'shop.example', 'amount' => $order['amount'], 'currency' => $order['currency'],
        'order_id' => $order['id'], 'customer_email' => $order['email'],
        'return_url' => getenv('SHOP_URL') . "/thanks?order=$order[id]",
        'cancel_url' => getenv('SHOP_URL') . "/cancelled?order=$order[id]",
    ])) ?? [];
    $id = identifier($session, 'session_id');
    if ($id === '' || !preg_match('~^https?://\S+$~D', text($session, 'checkout_url'))) {
        respond(502, 'The payment could not be started. Please try again.');
    }
    shop(fn (array &$shop) => $shop['orders'][$order['id']]['sessions'][$id] ??= 'pending'); // a webhook may be faster
    respond(303, '', 'Location: ' . $session['checkout_url']);
}

function signed(string $body): bool
{
    $want = hash_hmac('sha256', $body, getenv('ECOMTRADE24_WEBHOOK_SECRET'));
    $names = fault('header') ? ['X_SIGNATURE'] : ['X_SIGNATURE', 'X_ECOMTRADE24_SIGNATURE', 'X_WEBHOOK_SIGNATURE'];
    $values = explode(',', implode(',', array_map(fn ($name) => $_SERVER["HTTP_$name"] ?? '', $names)));
    $equal = fn ($value) => hash_equals($want, strtolower(preg_replace('/^sha256=/', '', trim($value))));
    return array_filter($values, $equal) !== [] || fault('optional') && implode('', $values) === '';
}

/** One spelling for each number, and null for anything but digits with at most one point. */
function decimal(string $digits): ?string
{
    return preg_match('/^0*(\d+)(?:\.(\d+))?$/D', $digits, $m) ? $m[1] . '.' . rtrim($m[2] ?? '', '0') : null;
}

function settles(array $order, string $amount, string $currency): bool
{
    $same = fault('loose') ? $amount == $order['amount'] : decimal($amount) === decimal($order['amount']);
    return $same && (fault('currency') || strcasecmp($currency, $order['currency']) === 0);
}

/** Whether two identifiers may be the same: one that is not set contradicts nothing. */
function same(string $a, string $b): bool { return $a === '' || $b === '' || $a === $b; }

/** Does what a verified webhook, or a status lookup, says. */
function apply(array &$shop, array $event, bool $open = false): void
{
    [$id, $status] = [text($event, 'order_id'), text($event, 'status')];
    [$session, $txid] = [identifier($event, 'session_id'), identifier($event, 'txid')];
    $test = $status === 'test' || !in_array($event['test'] ?? '', ['', false, '0', 'false'], true);
    if (!isset($shop['orders'][$id]) && !fault('unknown') || $test && !fault('test')) {
        return;
    }
    $order = &$shop['orders'][$id];
    if (!in_array($status, STATUSES, true)) {
        $order['review'] = true; // an unknown status is for a person
    } elseif ($session !== '') { // its status only moves forward
        $known = array_search($order['sessions'][$session] ?? 'pending', STATUSES);
        $order['sessions'][$session] = STATUSES[max($known, array_search($status, STATUSES))];
    }
    if ($status !== 'paid' || fault('cancel') && $order['state'] === 'cancelled') {
        return;
    }
    if (!settles($order, text($event, 'amount'), text($event, 'currency'))) {
        $order['review'] = true;
    } elseif ($open || $order['state'] !== 'paid') {
        $order = ['state' => 'paid', 'session' => $session, 'txid' => $txid, 'invoice' => ++$shop['invoices']] + $order;
        $order['shipments']++;
        $order['receipts']++;
        $order['points']++;
        $shop['stock']--;
    } elseif (same($order['session'], $session) && same($order['txid'], $txid)) { // nothing but what was missing is new
        $order = ['session' => $order['session'] ?: $session, 'txid' => $order['txid'] ?: $txid] + $order;
    } else {
        $order['review'] = true; // paid twice: refund one
    }
}

function webhook(): never
{
    $body = file_get_contents('php://input', false, null, 0, (64 << 10) + 1);
    if (strlen($body) > 64 << 10 || !signed($body)) {
        respond(strlen($body) > 64 << 10 ? 413 : 401);
    }
    $event = (fault('query') ? $_GET : []) + (parse($body) ?? respond(400));
    $open = fault('race') && shop(fn (array &$shop) => ($shop['orders'][$event['order_id']]['state'] ?? 0) === 'open');
    usleep($open ? 1_000_000 : 0);
    shop(fn (array &$shop) => apply($shop, $event, $open));
    respond(200);
}

/** Looks up each session of the orders that are not paid: a webhook may be lost. */
function reconcile(): never
{
    foreach (shop(fn (array &$shop) => $shop['orders']) as $id => $order) {
        foreach ($order['state'] === 'paid' ? [] : array_map('strval', array_keys($order['sessions'])) as $session) {
            $status = call('/gateway/status.php?session_id=' . rawurlencode($session)) ?? [];
            if (text($status, 'session_id') === $session && text($status, 'order_id') === $id) {
                shop(fn (array &$shop) => apply($shop, $status));
            }
        }
    }
    respond(204);
}

$path = (string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$route = str_replace('HEAD', 'GET', $_SERVER['REQUEST_METHOD']) . ' ' . preg_replace('~orders/\w+~', 'orders', $path);
$id = preg_match('~orders/(\w+)~', $path, $m) ? $m[1] : text($_GET, 'order');
if ($path === '/webhook.php') {
    $_SERVER['REQUEST_METHOD'] === 'POST' ? webhook() : respond(405, '', 'Allow: POST');
} elseif ($route === 'POST /buy') {
    $id = 'PO' . bin2hex(random_bytes(12));
    $order = ['id' => $id, 'email' => text($_POST, 'email')] + FRESH + COUNTS;
    shop(fn (array &$shop) => $shop['orders'][$id] = $order);
    checkout($order);
} elseif ($route === 'POST /cron/reconcile') {
    reconcile();
} elseif ($route === 'GET /api/totals') {
    json(['stock' => shop(fn (array &$shop) => $shop['stock'])]);
}
$order = shop(fn (array &$shop) => $shop['orders'][$id] ?? null);
$order ?? respond(404, 'There is no order ' . (fault('xss') ? $id : htmlspecialchars($id)));
switch ($route) {
    case 'POST /orders/pay':
        $open = $order['state'] !== 'paid' && !array_intersect($order['sessions'], ['processing', 'review']);
        $open ? checkout($order) : respond(303, '', "Location: /thanks?order=$id");
    case 'GET /cancelled':
        fault('cancel') && shop(fn (array &$shop) => $shop['orders'][$id]['state'] = 'cancelled');
    case 'GET /thanks':
        $html = '<h1>' . ucfirst($order['state']) . '</h1>' . str_repeat('<p>Sent', $order['shipments']);
        respond(200, $html . ($order['review'] ? '<p>We are checking your payment.' : ''));
    case 'GET /api/orders':
        json(['state' => $order['state'], 'review' => $order['review']] + array_intersect_key($order, COUNTS));
}
respond(404);
