CREATE TABLE IF NOT EXISTS orders (
	id        TEXT PRIMARY KEY,
	email     TEXT    NOT NULL,
	session   TEXT    NOT NULL DEFAULT '', -- the newest
	paid      BOOLEAN NOT NULL DEFAULT FALSE,
	review    BOOLEAN NOT NULL DEFAULT FALSE,
	shipments INT     NOT NULL DEFAULT 0,
	invoice   INT     NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS sessions (order_id TEXT, id TEXT, status TEXT NOT NULL, PRIMARY KEY (order_id, id));
CREATE SEQUENCE IF NOT EXISTS invoices;
