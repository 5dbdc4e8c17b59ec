package cause

// suite lists what is wrong with bbctl itself.
func suite() []Cause {
	return []Cause{
		{
			ID: LibraryBroken, Stage: StageSuite, Severity: Fail,
			Title: "a check of package monitoring failed on the embedded receiver",
			Why:   "Everything in that check is bbctl's own: the library, the scene that it plays and the receiver that takes it. So the fault is bbctl's, and says nothing about your application or your DSN.",
			Shows: "The check fails with `bbctl test --local` too, on every machine.",
			Find:  "`bbctl test --local --only CHECK --debug` repeats the check alone and logs what the library does.",
			Fix:   "report it with the output of bbctl test --local --format json and bbctl version; until then --skip CHECK leaves it out",
		},
	}
}
