package manifests

// images are the pictures that a row names or that float over it. What is wrong with one is told
// with its name. Those that float are left out where the model takes none.
func (j *rowJudge) images(model string) (all []Image) {
	names := imageNames(j.text(fieldImage), j.rules.finder.exists)
	for _, name := range names {
		if _, floats := j.rules.finder.book[name]; floats && j.rules.takesFloating != nil &&
			!j.rules.takesFloating(model) {
			j.note(fieldImage, "the pictures that float over the sheet are left out, since the model "+
				"takes none; qwen-image-edit-plus does (--model)")
			continue
		}
		image, trouble := j.rules.finder.find(name)
		if trouble != "" {
			j.mistake(fieldImage, name+": "+trouble)
		}
		all = append(all, image)
	}
	return all
}
