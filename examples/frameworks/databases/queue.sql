CREATE TABLE queue (
	id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	header   JSONB       NOT NULL, -- the signatures, as they came
	body     BYTEA       NOT NULL, -- the raw bytes
	next_try TIMESTAMPTZ NOT NULL DEFAULT now()
)
