package manifests

// saidBefore are the settings of an item that this version may read in another way than an earlier
// one has.
type saidBefore struct{ prompt, negative, size string }

// EarlierFingerprint is the fingerprint that an earlier version gave to the item, where it read
// the same row in another way; false where it read the same, or nothing. A picture that was
// paid under it is the item's: a new reading pays nothing again.
func (it *Item) EarlierFingerprint() ([16]byte, bool) {
	if it.was == nil {
		return [16]byte{}, false
	}
	earlier := *it
	earlier.Prompt, earlier.NegativePrompt, earlier.Size = it.was.prompt, it.was.negative,
		it.was.size
	earlier.NegativeSaid = it.NegativeSaid || it.was.negative != ""
	return earlier.Fingerprint(), true
}

// readAs notes what an earlier version made of the row of an item.
func (it *Item) readAs(was saidBefore) {
	if was != (saidBefore{it.Prompt, it.NegativePrompt, it.Size}) {
		it.was = &was
	}
}
