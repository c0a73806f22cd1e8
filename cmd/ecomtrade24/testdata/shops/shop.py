"""A small shop on Python's standard library, with SQLite as its database. FAULT plants one fault; without it the shop
passes ecomtrade24 drill."""

import contextlib
import hmac
import http.client
import json
import os
import re
import secrets
import sqlite3
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

DIR, URL, SECRET = (os.environ[name] for name in ("SHOP_DIR", "SHOP_URL", "ECOMTRADE24_WEBHOOK_SECRET"))
RANK = {"pending": 1, "processing": 2, "review": 3, "failed": 4, "declined": 4, "expired": 4, "canceled": 4,
        "cancelled": 4, "paid": 5}
TABLES = """PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, email TEXT, amount TEXT DEFAULT '49.95',
    currency TEXT DEFAULT 'USD', state TEXT DEFAULT 'open', session TEXT, txid TEXT, review INTEGER DEFAULT 0,
    shipments INTEGER DEFAULT 0, receipts INTEGER DEFAULT 0, points INTEGER DEFAULT 0, invoice INTEGER);
CREATE TABLE IF NOT EXISTS sessions (order_id TEXT, session TEXT, status TEXT, PRIMARY KEY (order_id, session));
CREATE TABLE IF NOT EXISTS totals AS SELECT 100000 AS stock, 0 AS invoices;"""
HTML, JSON = ({"Content-Type": kind} for kind in ("text/html; charset=utf-8", "application/json"))
SEEN = set()  # by the fault of that name

def fault(name):
    return os.environ.get("FAULT") == name

@contextlib.contextmanager
def transaction():
    """Begins a transaction and commits it. Others wait for its end, so never call the gateway inside it."""
    if os.path.exists(DIR + "/broken"):
        raise OSError("the disk fails")
    with contextlib.closing(sqlite3.connect(DIR + "/shop.db", timeout=10, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")  # not reached after an exception

def parse(body):
    """Decodes a JSON object and keeps each number as its digits: an amount is no float. NaN is no JSON, and no int."""
    value = json.loads(body.decode(errors="replace"), parse_int=str, parse_float=str, parse_constant=int)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value

def text(event, name, unset=""):
    value = event.get(name) if isinstance(event.get(name), str) else ""
    return "" if value == unset else value.encode(errors="replace").decode()  # SQLite stores no lone surrogate

def call(method, path, body=None):
    """Sends one request to the gateway. Raises ConnectionError unless it responds with ok."""
    base = urlsplit(os.environ["ECOMTRADE24_BASE_URL"])
    connect = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    headers = {"Authorization": "Bearer " + os.environ["ECOMTRADE24_API_KEY"], "Content-Type": "application/json"}
    try:
        with contextlib.closing(connect(base.netloc, timeout=None if fault("lock") else 10)) as connection:
            connection.request(method, base.path + path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            result = parse(response.read())
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        result = {}
    if result.get("ok") is not True or response.status >= 300:
        raise ConnectionError("the gateway does not respond as expected")
    return result

def checkout(order):
    """Opens a session for a stored order and returns the URL at which the buyer pays."""
    body = {"domain": "shop.example", "amount": order["amount"], "currency": order["currency"], "order_id": order["id"],
            "return_url": f"{URL}/thanks?order={order['id']}", "cancel_url": f"{URL}/cancelled?order={order['id']}"}
    with transaction() if fault("lock") else contextlib.nullcontext():
        session = call("POST", "/gateway/session.php", body | {"customer_email": order["email"]})
    name, to = text(session, "session_id", unset="0"), text(session, "checkout_url")
    if not name or not re.match("https?://", to):
        raise ConnectionError("the gateway opened no session")
    with transaction() as db:  # a webhook may have been faster
        db.execute("INSERT OR IGNORE INTO sessions VALUES (?, ?, 'pending')", (order["id"], name))
    return to

def signed(headers, body):
    want = hmac.digest(SECRET.encode(), body, "sha256").hex()
    names = ("X-Signature", "X-Ecomtrade24-Signature", "X-Webhook-Signature")
    values = ",".join(value for name in names for value in headers.get_all(name, [])).split(",")
    digests = [value.strip().removeprefix("sha256=").lower() for value in values]
    if fault("zip"):
        return any(digest and all(a == b for a, b in zip(digest, want)) for digest in digests)
    return any(hmac.compare_digest(digest.encode(), want.encode()) for digest in digests)

def settles(order, amount, currency):
    number = r"[0-9]+(\.[0-9]+)?" + ("(e[0-9]+)?" if fault("exponent") else "")
    equal = re.fullmatch(number, amount) and Decimal(amount) == Decimal(order["amount"])
    return equal and currency.isascii() and currency.upper() == order["currency"]

def apply(db, event):
    """Does what a verified webhook, or a status lookup, says."""
    ident, status = text(event, "order_id"), text(event, "status")
    session, txid = text(event, "session_id", unset="0"), text(event, "txid", unset="0")
    where, values = ("id = ?", [ident]) if not fault("sql") else (f"id = '{ident}'", [])
    where += " COLLATE NOCASE" if fault("case") else ""
    order = db.execute("SELECT * FROM orders WHERE " + where, values).fetchone()
    if not order or status == "test" or event.get("test") not in (None, False, "", "0", "false"):
        return
    row = db.execute("SELECT status FROM sessions WHERE order_id = ? AND session = ?", (ident, session)).fetchone()
    known = RANK[row["status"]] if row else 0
    if session and RANK.get(status, 0) > known:
        db.execute("REPLACE INTO sessions VALUES (?, ?, ?)", (ident, session, status))
    paid = status.strip().casefold() == "paid" if fault("fold") else status == "paid"
    settled = paid and settles(order, text(event, "amount"), text(event, "currency"))
    if settled and order["state"] == "paid" and fault("points"):
        db.execute("UPDATE orders SET points = points + 1 WHERE id = ?", (ident,))
    if settled and order["state"] != "paid" and not (fault("expired") and known == 4):
        db.execute("UPDATE totals SET stock = stock - 1, invoices = invoices + 1")
        db.execute("UPDATE orders SET state = 'paid', session = ?, txid = ?, shipments = shipments + 1, "
                   "points = points + 1, receipts = receipts + 1, invoice = (SELECT invoices FROM totals) "
                   "WHERE " + where, [session, txid, *values])
    elif settled and all(a == b or "" in (a, b) for a, b in ((order["session"], session), (order["txid"], txid))):
        db.execute("UPDATE orders SET session = ?, txid = ? WHERE id = ?",  # a repetition
                   (order["session"] or session, order["txid"] or txid, ident))
    elif paid or status not in RANK:  # a wrong or a second payment, or an unknown status: for a person
        db.execute("UPDATE orders SET review = 1 WHERE id = ?", (ident,))

def find(ident):
    busy = "EXISTS (SELECT 1 FROM sessions WHERE order_id = id AND status IN ('processing', 'review')) AS busy"
    with transaction() as db:
        return db.execute(f"SELECT *, {busy} FROM orders WHERE id = ?", (ident,)).fetchone()

def reconcile():
    """Looks up each session of the orders that are not paid: a webhook may be lost."""
    with transaction() as db:
        rows = [*db.execute("SELECT id, s.session FROM sessions s, orders WHERE id = order_id AND state <> 'paid'")]
    for ident, session in rows:
        with contextlib.suppress(ConnectionError):  # the next run tries again
            status = call("GET", "/gateway/status.php?session_id=" + quote(session, safe=""))
            if (text(status, "session_id"), text(status, "order_id")) == (session, ident):
                with transaction() as db:
                    apply(db, status)

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        try:
            status, body, header = (*self.route(), "", {})[:3]
        except Exception as err:  # its message may quote a body, so the log names its type
            self.log_error("%s", type(err).__name__)
            kinds = {ConnectionError: 502, ValueError: 400, RecursionError: 400}
            status, body, header = next((kinds[k] for k in kinds if isinstance(err, k)), 500), "", {}
        self.send_response(status)
        for name, value in header.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body.encode())
    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_POST

    def route(self):
        url = urlsplit(self.path)
        match "GET" if self.command == "HEAD" else self.command, *url.path.strip("/").split("/"):
            case method, "api", "webhook":
                return self.webhook() if method == "POST" else (405, "", {"Allow": "POST"})
            case "POST", "buy":
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode(errors="replace"))
                ident, email = "YO" + secrets.token_hex(12), form.get("email", [""])[0]
                with transaction() as db:
                    db.execute("INSERT INTO orders (id, email) VALUES (?, ?)", (ident, email))
                return 303, "", {"Location": checkout(find(ident))}
            case "POST", "cron", "reconcile":
                reconcile()
                return (204,)
            case "GET", "api", "totals":
                with transaction() as db:
                    return 200, json.dumps({"stock": db.execute("SELECT stock FROM totals").fetchone()[0]}), JSON
            case "GET", "api", "orders", ident if order := find(ident):
                shown = ("state", "shipments", "receipts", "points", "invoice")
                return 200, json.dumps({name: order[name] for name in shown} | {"review": order["review"] == 1}), JSON
            case "POST", "orders", ident, "pay" if order := find(ident):
                closed = order["state"] == "paid" or order["busy"] and not fault("again")
                return 303, "", {"Location": f"/thanks?order={ident}" if closed else checkout(order)}
            case "GET", "thanks" | "cancelled" if order := find(parse_qs(url.query).get("order", [""])[0]):
                return 200, "<p>Thank you!" if order["state"] == "paid" else "<p>It is not paid yet.", HTML
        return (404,)

    def webhook(self):
        body = self.rfile.read(min(int(self.headers["Content-Length"] or 0), (64 << 10) + 1))
        if len(body) > 64 << 10:
            return (413,)
        if not signed(self.headers, body):
            return (401,)
        event = parse(body)
        key = text(event, "session_id"), text(event, "status")
        if fault("seen") and (key in SEEN or SEEN.add(key)):
            return (200,)
        with transaction() as db:
            apply(db, event)
        return (200,)

sqlite3.connect(DIR + "/shop.db").executescript(TABLES)
with open(DIR + "/pid", "w") as file:
    file.write(str(os.getpid()))
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", urlsplit(URL).port), Handler).serve_forever()
