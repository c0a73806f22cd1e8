// Package schema is the shop's schema for ent.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	entschema "entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Order is one of the shop's orders.
type Order struct{ ent.Schema }

// Fields are the columns.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		field.String("id"), field.String("amount"), field.String("currency"), field.Bool("paid").Default(false),
	}
}

// Review is an item for manual review.
type Review struct{ ent.Schema }

// Fields are the columns; the id is Change.Key.
func (Review) Fields() []ent.Field {
	return []ent.Field{field.String("id").StorageKey("event_key"), field.String("order_id"), field.String("why")}
}

// Delivery is an event that has arrived.
type Delivery struct{ ent.Schema }

// Fields are the columns.
func (Delivery) Fields() []ent.Field { return []ent.Field{field.Int64("id"), field.String("order_id")} }

// Annotations set the table's name as in schema.sql.
func (Delivery) Annotations() []entschema.Annotation {
	return []entschema.Annotation{entsql.Annotation{Table: "deliveries"}}
}
