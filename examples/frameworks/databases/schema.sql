-- The shop's own tables. The inbox's tables come from Migrate or from `ecomtrade24 schema postgres`.
CREATE TABLE orders (
	id       VARCHAR(100) PRIMARY KEY,
	amount   VARCHAR(32)  NOT NULL, -- a decimal number, as the session was created with
	currency VARCHAR(10)  NOT NULL,
	paid     BOOLEAN      NOT NULL DEFAULT FALSE
);
CREATE TABLE reviews (
	event_key VARCHAR(64)  PRIMARY KEY, -- Change.Key
	order_id  VARCHAR(100) NOT NULL,
	why       VARCHAR(500) NOT NULL
);
CREATE TABLE deliveries (
	id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	order_id VARCHAR(100) NOT NULL
);
