// Package doctor checks an integration from outside: the connection to the gateway, and the shop's webhook endpoint.
package doctor

// Result is the outcome of a check.
type Result string

// The results of a check.
const (
	OK      Result = "ok"
	Failed  Result = "failed"
	Skipped Result = "skipped" // not checked
)

// Finding describes the outcome of one check.
type Finding struct {
	Part     string `json:"part"` // "gateway" or "endpoint"
	Check    string `json:"check"`
	Result   Result `json:"result"`
	Fault    string `json:"fault,omitempty"`    // the code of the problem, if the check failed
	What     string `json:"what"`               // what the endpoint or gateway did
	Means    string `json:"means,omitempty"`    // the consequence
	Fix      string `json:"fix,omitempty"`      // how to fix it
	Response int    `json:"response,omitempty"` // the HTTP status; 0 means none
	TookMS   int64  `json:"took_ms,omitempty"`
}
