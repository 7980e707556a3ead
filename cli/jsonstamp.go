package cli

// A jsonStamp begins every record. A version above 1 would have other meanings.
type jsonStamp struct {
	JSONVersion int `json:"json_version"`
}

var stamp = jsonStamp{1}
