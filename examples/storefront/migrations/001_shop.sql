-- The shop's own tables, in SQL that PostgreSQL and SQLite both speak. Times are Unix seconds, amounts decimal text.
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
CREATE INDEX shop_orders_newest ON shop_orders (created_at DESC, id);
CREATE INDEX shop_orders_open ON shop_orders (created_at) WHERE state = 'open';

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
	session_id TEXT   NOT NULL PRIMARY KEY,
	order_id   TEXT   NOT NULL REFERENCES shop_orders (id) ON DELETE CASCADE,
	status     TEXT   NOT NULL, -- the gateway's word, as far as it has been heard
	created_at BIGINT NOT NULL
);
CREATE INDEX shop_sessions_order_id ON shop_sessions (order_id);

-- What the inbox handed on, and what a person decided about it. There is no foreign key: a payment may name an order
-- that does not exist, and then it is for the person to look at.
CREATE TABLE shop_payments (
	id         TEXT   NOT NULL PRIMARY KEY,
	at         BIGINT NOT NULL,
	kind       TEXT   NOT NULL,
	order_id   TEXT   NOT NULL,
	session_id TEXT   NOT NULL,
	status     TEXT   NOT NULL,
	txid       TEXT   NOT NULL,
	amount     TEXT   NOT NULL,
	currency   TEXT   NOT NULL,
	event_key  TEXT   NOT NULL,
	problem    TEXT   NOT NULL, -- empty: nothing to look at
	decision   TEXT   NOT NULL, -- empty: not yet
	decided_by TEXT   NOT NULL,
	decided_at BIGINT NOT NULL,
	note       TEXT   NOT NULL
);
CREATE INDEX shop_payments_newest ON shop_payments (at DESC, id);
CREATE INDEX shop_payments_order_id ON shop_payments (order_id);
CREATE INDEX shop_payments_waiting ON shop_payments (at) WHERE problem <> '' AND decision = '';
