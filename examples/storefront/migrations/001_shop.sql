-- The shop's own tables, in SQL for both PostgreSQL and SQLite. Times are Unix seconds; amounts are decimal text.
-- +goose Up
CREATE TABLE shop_orders (
	id         TEXT   NOT NULL PRIMARY KEY,
	state      TEXT   NOT NULL, -- open, paid or expired
	amount     TEXT   NOT NULL,
	currency   TEXT   NOT NULL,
	email      TEXT   NOT NULL,
	created_at BIGINT NOT NULL,
	paid_at    BIGINT NOT NULL  -- 0: not yet
);
CREATE INDEX shop_orders_newest ON shop_orders (created_at, id);
CREATE INDEX shop_orders_state ON shop_orders (state, created_at, id);
CREATE INDEX shop_orders_email ON shop_orders (LOWER(email), created_at, id);

CREATE TABLE shop_lines (
	order_id TEXT    NOT NULL REFERENCES shop_orders (id) ON DELETE CASCADE,
	product  TEXT    NOT NULL,
	title    TEXT    NOT NULL,
	price    TEXT    NOT NULL,
	quantity INTEGER NOT NULL,
	PRIMARY KEY (order_id, product)
);

-- One order can have several checkout sessions: a buyer whose card was declined tries again in a new one.
CREATE TABLE shop_sessions (
	session_id   TEXT   NOT NULL PRIMARY KEY,
	order_id     TEXT   NOT NULL REFERENCES shop_orders (id) ON DELETE CASCADE,
	status       TEXT   NOT NULL, -- the gateway's word, as far as it has been heard
	method       TEXT   NOT NULL, -- the buyer's choice; empty: the gateway's page asks
	checkout_url TEXT   NOT NULL, -- empty: a webhook was faster than the gateway's response
	open_until   BIGINT NOT NULL, -- when the buyer can no longer be sent there
	looked_up_at BIGINT NOT NULL DEFAULT 0, -- when a visit of the order's page last looked it up at the gateway
	created_at   BIGINT NOT NULL,
	changed_at   BIGINT NOT NULL  -- when the status changed
);
CREATE INDEX shop_sessions_order_id ON shop_sessions (order_id);

-- What the inbox passed on. There is no foreign key: a payment may name an order that does not exist, and then goes to
-- manual review.
CREATE TABLE shop_payments (
	id          TEXT    NOT NULL PRIMARY KEY,
	at          BIGINT  NOT NULL,
	kind        TEXT    NOT NULL,
	order_id    TEXT    NOT NULL,
	session_id  TEXT    NOT NULL,
	status      TEXT    NOT NULL,
	txid        TEXT    NOT NULL,
	amount      TEXT    NOT NULL,
	currency    TEXT    NOT NULL,
	event_key   TEXT    NOT NULL,
	problem     TEXT    NOT NULL, -- why it goes to manual review; empty: it does not
	urgency     INTEGER NOT NULL, -- of the problem; 1 comes first
	decision    TEXT    NOT NULL DEFAULT '', -- refunded, accepted, closed, or by the shop completed; empty: none yet
	decided_by  TEXT    NOT NULL DEFAULT '',
	decided_at  BIGINT  NOT NULL DEFAULT 0,
	note        TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX shop_payments_newest ON shop_payments (at, id);
CREATE INDEX shop_payments_order_id ON shop_payments (order_id, at, id);
CREATE INDEX shop_payments_session_id ON shop_payments (session_id, at, id);
CREATE INDEX shop_payments_txid ON shop_payments (txid, at, id);
CREATE INDEX shop_payments_waiting ON shop_payments (urgency, at, id) WHERE problem <> '' AND decision = '';
