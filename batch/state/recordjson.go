package state

func (r Record) appendTo(a *appender) {
	a.text("key", r.Key)
	a.optionalText("id", r.ID)
	a.hex("fp", r.Print[:])
	a.text("phase", string(r.Phase))
	a.time("at", r.At)
	a.optionalTime("intent_at", r.Intent)
	a.optionalText("name", r.Name)
	if r.Sent != (Request{}) {
		a.object("sent", r.Sent.appendTo)
	}
	a.optionalNumber("attempts", int64(r.Attempt))
	a.optionalText("task_id", r.Task)
	a.optionalText("request_id", r.Request)
	a.optionalTexts("earlier_tasks", r.Earlier)
	a.optionalNumbers("earlier_at", r.EarlierAt)
	a.optionalTime("submitted_at", r.Submitted)
	a.optionalTime("finished_at", r.Finished)
	a.optionalTime("succeeded_at", r.Succeeded)
	a.optionalText("adopted", r.Adopted)
	a.optionalTexts("released_tasks", r.Released)
	a.optionalFlag("seed_unknown", r.SeedUnknown)
	a.optionalText("answer", r.Answer)
	a.optionalTime("heard_at", r.Heard)
	a.suspects(r.Suspects)
	a.optionalFlag("other_size", r.OtherSize)
	a.pictures(r.Pictures)
	a.optionalText("actual_prompt", r.ActualPrompt)
	a.optionalNumber("cost_micros", int64(r.Cost))
	a.optionalNumber("doubted_micros", int64(r.Doubted))
	a.optionalNumber("cost_before_micros", int64(r.Before))
	a.optionalNumber("replaced", int64(r.Replaced))
	a.optionalNumber("redone", int64(r.Redone))
	a.optionalNumber("redo", int64(r.Redo))
	a.optionalFlag("lost", r.Lost)
	a.optionalText("error_code", r.Code)
	a.optionalText("error_message", r.Message)
	a.optionalTexts("warnings", r.Warnings)
}

func (s Request) appendTo(a *appender) {
	a.text("model", s.Model)
	a.text("prompt", s.Prompt)
	a.optionalText("negative_prompt", s.Negative)
	a.text("size", s.Size)
	a.number("seed", s.Seed)
	a.number("n", int64(s.N))
	a.flag("prompt_extend", s.PromptExtend)
	a.flag("watermark", s.Watermark)
	a.optionalFlag("sync", s.Sync)
}

func (p Picture) appendTo(a *appender) {
	a.text("file", p.File)
	a.optionalNumber("width", int64(p.Width))
	a.optionalNumber("height", int64(p.Height))
	a.number("bytes", p.Bytes)
	a.text("sha256", p.SHA256)
	a.optionalText("original_sha256", p.Original)
	a.optionalText("damage", p.Damage)
}

func (s Suspect) appendTo(a *appender) {
	a.text("task_id", s.Task)
	a.optionalTime("created_at", s.Created)
}

func (a *appender) pictures(all []Picture) { optionalObjects(a, "pictures", all) }

func (a *appender) suspects(all []Suspect) { optionalObjects(a, "suspects", all) }
