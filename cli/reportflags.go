package cli

// A reportFlags is the flags that say which reports are written, and how.
type reportFlags struct {
	workbook *bool
	thumbs   bool
	junit    string
}

func (r *reportFlags) addTo(g group) {
	g.flags.Var(optionalBool{&r.workbook}, "xlsx",
		"write results.xlsx: your sheet with the pictures and results beside its rows (default "+
			"where the manifest is a workbook)")
	g.flags.Lookup("xlsx").NoOptDefVal = "true"
	g.flags.BoolVar(&r.thumbs, "thumbs", true,
		"make thumbnails, a run while the service works; without them report.html shows the "+
			"pictures themselves, and results.xlsx only links")
	g.flags.Var(textFlag{&r.junit, "FILE"}, "junit",
		"write a JUnit report, a case an item, for CI; its name ends in .xml (default none)")
}
