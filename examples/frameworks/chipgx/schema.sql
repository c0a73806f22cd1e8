CREATE TABLE IF NOT EXISTS orders (
	id        TEXT PRIMARY KEY,
	email     TEXT    NOT NULL,
	state     TEXT    NOT NULL DEFAULT 'open',
	shipments INT     NOT NULL DEFAULT 0,
	review    BOOLEAN NOT NULL DEFAULT FALSE,
	receipts  INT     NOT NULL DEFAULT 0,
	points    INT     NOT NULL DEFAULT 0,
	invoice   INT
);
CREATE TABLE IF NOT EXISTS sessions (
	id       TEXT PRIMARY KEY,
	order_id TEXT NOT NULL,
	status   TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS totals (
	id       INT PRIMARY KEY CHECK (id = 1),
	stock    INT NOT NULL,
	invoices INT NOT NULL
);
INSERT INTO totals VALUES (1, 100000, 0) ON CONFLICT DO NOTHING;
