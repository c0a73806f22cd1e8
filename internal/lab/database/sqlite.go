package database

// SQLiteDSN returns the data source name with which modernc.org/sqlite opens a file as the inbox needs it: durable, and
// with writers that wait for each other.
func SQLiteDSN(path string) string {
	return "file:" + path + "?_txlock=immediate&_pragma=busy_timeout(10000)" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
}
