package shoptest_test

// alsoFound are further scenarios that find a fault, by the fault: with them each scenario is seen to fail.
var alsoFound = map[string][]string{
	"% and _ in an order ID are wildcards": {
		"an order ID with _ pays nothing",
	},
	"Pay again uses the currency that the visitor has chosen by now, with the old number": {
		"a right payment in a second session after too little pays",
		"an old session's end does not touch the payment in a new one",
		"the payment in the older of two tabs pays",
	},
	"a declined order cannot be paid": {
		"failed, then processing, then paid pays",
		"failed, then paid pays",
		"a declined card and the first session's late payment pay once",
	},
	"a late status opens a finished order again, and the next paid ships again": {
		"paid, then processing ships once",
		"paid, then pending ships once",
	},
	"a lookup finds the order by another kind of number than a webhook": {
		"a session ID beyond 2^53 is looked up",
	},
	"a lookup ships again what a webhook has shipped": {
		"what a lookup found is not shipped again",
		"a lookup after the webhook ships nothing more",
		"a lookup beside the webhook ships once",
	},
	"a lookup ships whatever its status is": {
		"a lookup that gets no status changes nothing",
	},
	"a lookup's amount is not compared": {
		"a lookup of a test pays nothing",
		"a lookup of too little pays nothing",
	},
	"a missing amount counts as the amount due": {
		"an amount that is a list pays nothing",
		"an amount that is true pays nothing",
		"a lookup's response without an amount pays nothing",
	},
	"a panic in the work is answered 200": {
		"a payment after another status pays, whichever statement fails",
		"a right payment after too little pays, whichever statement fails",
		"a payment in a second session pays, whichever statement fails",
	},
	"a part of an order ID is enough": {
		"an order ID that is a prefix pays nothing",
	},
	"a payment after the reservation has ended is rejected": {
		"a payment from next year pays",
		"a payment after the session expired pays",
	},
	"a payment of an unknown order is the newest order's": {
		"an order ID in full-width letters pays nothing",
		"the digits of an order ID in a text pay nothing",
	},
	"a payment pays all open orders of the buyer": {
		"an order ID inside the metadata pays no order",
	},
	"a payment that comes before any other status is dropped": {
		"Statements sees the webhook's statements",
	},
	"a refund sends the receipt again": {
		"refunded is not paid",
		"a refund of a partial payment does not pay",
	},
	"a response about another session or order counts": {
		"a lookup's response about another order pays nothing",
	},
	"a response that has the word paid in it is a payment": {
		"a lookup that gets ok:false changes nothing",
	},
	"a response that is not JSON fails its order": {
		"a lookup that gets a PHP warning changes nothing",
		"a lookup that gets half a body changes nothing",
	},
	"a restart forgets the orders that are not paid": {
		"a restart loses no webhook that is under way",
	},
	"a second payment earns points again": {
		"two sessions paid at the same moment ship once",
		"two presses of Pay at once pay once",
	},
	"a second payment is reported to nobody": {
		"the second of two paid sessions goes to manual review",
	},
	"a session is looked up once and never again": {
		"a lookup that gets a proxy's page changes nothing",
	},
	"a session is marked as handled before its amount is compared": {
		"a right payment after too little pays",
	},
	"a test pays": {
		"a true test as 1 pays nothing",
		"a true test as a string pays nothing",
	},
	"a test webhook sends a receipt": {
		"a right payment after a test pays",
	},
	"a webhook is acknowledged before it is stored": {
		"a webhook that could not be stored three times ships once",
	},
	"a webhook of an earlier session crashes the handler": {
		"the payment in the oldest of four sessions pays",
	},
	"a webhook without a sent_at is rejected": {
		"a payment with a null sent_at pays",
		"a payment with sent_at as a number pays",
		"a payment with sent_at as MySQL writes it pays",
	},
	"amounts are rounded": {
		"a float's digits do not pay",
		"a wrong payment pays nothing, whichever statement fails",
	},
	"an empty signature is accepted": {
		"the prefix alone is no signature",
	},
	"an expired order cannot be paid": {
		"everything in reverse",
	},
	"an expired session gives the stock of a paid order back": {
		"totals move once for a payment that is repeated",
	},
	"an invoice's number that is taken leaves the order unpaid without an error": {
		"two orders paid at once, each eight times, ship once",
	},
	"an order ID that begins like an order's is that order's": {
		"an order ID that is longer pays nothing",
	},
	"an order is found by its buyer": {
		"an order paid at once with another that expires is paid",
		"a purchase while the database fails loses no payment",
		"a purchase whose statement fails stops no other",
	},
	"an order that awaits a review cannot be paid": {
		"a message with nothing but its order ships nothing",
	},
	"an order whose payment is processing cannot be paid": {
		"Pay again while a payment is processing loses nothing",
	},
	"an unknown order gets a 500": {
		"an order ID that names an object's own members is no error",
		"an order ID beyond 64 bits is no error",
	},
	"an unusual order ID stops the shop": {
		"an order ID with quotes and markup is no error",
		"an order ID in other letters is no error",
	},
	"any second payment completes a partial one": {
		"the same partial payment twice does not pay",
	},
	"canceled takes a payment back": {
		"paid, then cancelled ships once",
	},
	"declined takes a payment back": {
		"paid, then declined ships once",
	},
	"each processing makes another invoice": {
		"everything twice",
	},
	"each session ships": {
		"a payment without its session is counted once",
	},
	"every final status is paid": {
		"a status inside the metadata pays nothing",
		"a status inside a buyer's e-mail address pays nothing",
		"the last of two statuses counts",
		"a payment inside a list pays nothing",
		"expired is not paid",
		"cancelled is not paid",
		"declined is not paid",
	},
	"every payment is the newest order's": {
		"session IDs beyond 2^53 are kept apart",
		"a buyer who presses Buy twice at once pays for each order once",
	},
	"every status but the known unpaid ones is paid": {
		"completed is not paid",
		"paıd is not paid",
		"paid in full-width letters is not paid",
		"paid with a Cyrillic letter is not paid",
		"unpaid is not paid",
		"not_paid is not paid",
		"an unknown status is not paid",
		"partially_paid is not paid",
		"authorized is not paid",
		"a message without a status ships nothing",
		"an unknown status is no error",
		"a very long status is no error",
	},
	"every status that starts with paid is paid": {
		"paid with an invisible letter is not paid",
	},
	"expired takes a payment back": {
		"the same payment after other statuses ships once",
		"another status takes nothing back, whichever statement fails",
	},
	"long order IDs are read as floats": {
		"an order ID as a decimal pays nothing",
		"eight buyers at once can all pay",
	},
	"members in the query string replace those in the body, as in $_REQUEST": {
		"the query string names no status",
	},
	"one failure of the gateway closes the checkout until a restart": {
		"Log returns what the shop logs",
		"a proxy's page instead of the gateway stops one purchase and no more",
		"a gateway that is too busy stops one purchase and no more",
		"a rejected key stops one purchase and no more",
		"a 200 that reports an error stops one purchase and no more",
	},
	"one read is taken for the entire body": {
		"a webhook that comes slowly is accepted",
	},
	"only payment.session is handled": {
		"the older member type instead of event pays",
	},
	"only the digits of an order ID count": {
		"an order ID with a NUL behind it pays nothing",
		"a list of order IDs pays nothing",
	},
	"only the start of the signature is compared": {
		"an upper-case signature is accepted",
	},
	"payments are kept in memory": {
		"a restart right after the response loses no payment",
	},
	"payments are known by their transaction, and none is another transaction": {
		"a payment without its transaction is counted once",
	},
	"processing is paid": {
		"the return page of a payment that is processing does not say paid",
	},
	"spaces around an order ID are ignored": {
		"an order ID with a space behind it pays nothing",
		"an order ID with a line break behind it pays nothing",
	},
	"storing a repeated webhook sets it back to pending": {
		"a repetition with a newer sent_at ships nothing more",
		"the same payment in another spelling ships once",
		"a repetition that could not be stored changes nothing",
		"a repeated payment ships once, whichever statement fails",
		"a repeated payment keeps its invoice number",
	},
	"the amount is not compared": {
		"a huge amount pays nothing",
		"an amount with a currency sign does not pay",
		"an amount without its fraction does not pay",
	},
	"the currency is not compared": {
		"another currency goes to manual review",
		"a lookup of another currency pays nothing",
	},
	"the key of a webhook is stored before its work, and is not removed if that fails": {
		"a very long amount is no error",
	},
	"the order is read before it is locked": {
		"the return and the webhook at the same time ship once",
	},
	"the receipt is sent when Pay is pressed": {
		"a payment whose lookup fails is not lost",
	},
	"the return page believes ?status=paid": {
		"a return with a forged signature pays nothing",
	},
	"the return page's lookup does not compare the amount": {
		"a return pays nothing if the gateway reports another payment",
	},
	"the secret is not part of the signature": {
		"a webhook signed with an empty secret pays nothing",
		"a signature that is no hex pays nothing",
		"a status changed after signing pays nothing",
		"an amount changed after signing pays nothing",
		"an order changed after signing pays nothing",
		"a test changed into a payment pays nothing",
	},
	"the zone of sent_at is ignored, so a payment looks expired": {
		"a payment with sent_at in another zone pays",
	},
	"each webhook sends a receipt, also if the status is the same": {
		"everything at once",
	},
	"order IDs are cast to integers": {
		"an order ID with * pays nothing",
	},
	"a webhook without a transaction crashes the handler": {
		"a transaction as a number pays",
	},
	"more than the amount due is accepted without review": {
		"an infinite amount does not pay",
	},
	"a declined payment sends the receipt, and the payment after it sends none": {
		"failed is not paid",
	},
	"paid is committed before the shipment": {
		"a payment that is looked up pays, once, whichever statement fails",
	},
	"the goods leave only when the buyer comes back": {
		"a purchase and its payment move the totals",
	},
}
