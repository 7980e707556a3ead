package manifests

// images are the pictures that a row names. What is wrong with one is told with its name.
func (j *rowJudge) images() (all []Image) {
	names := imageNames(j.text(fieldImage), j.rules.finder.exists)
	for _, name := range names {
		image, trouble := j.rules.finder.find(name)
		if trouble != "" {
			j.mistake(fieldImage, name+": "+trouble)
		}
		all = append(all, image)
	}
	return all
}
