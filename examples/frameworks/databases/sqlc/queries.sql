-- name: FindOrder :one
SELECT id, amount, currency FROM orders WHERE id = $1;

-- name: PayOrder :execrows
UPDATE orders SET paid = TRUE WHERE id = $1 AND NOT paid;

-- name: AddReview :exec
INSERT INTO reviews (event_key, order_id, why) VALUES ($1, $2, $3);

-- name: AddDelivery :exec
INSERT INTO deliveries (order_id) VALUES ($1);
