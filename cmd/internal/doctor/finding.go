// Package doctor looks for what is wrong with an integration, from outside: the gateway that the merchant calls, and
// the merchant's own webhook endpoint.
package doctor

// Result is how a check ended.
type Result string

// The results of a check.
const (
	OK      Result = "ok"
	Failed  Result = "failed"
	Skipped Result = "skipped" // it could not be checked, or was not to be
)

// Finding is what one check found.
type Finding struct {
	Part     string `json:"part"` // "gateway" or "endpoint"
	Check    string `json:"check"`
	Result   Result `json:"result"`
	Fault    Fault  `json:"fault,omitempty"`    // what is wrong, if it failed
	What     string `json:"what"`               // what was seen
	Means    string `json:"means,omitempty"`    // what the fault leads to
	Mend     string `json:"mend,omitempty"`     // what to do about it
	Response int    `json:"response,omitempty"` // the status that decided; 0 means none
	TookMS   int64  `json:"took_ms,omitempty"`
}
