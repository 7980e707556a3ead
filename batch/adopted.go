package batch

import (
	"slices"
	"sync"
)

// What is known of the picture of an adopted task. The list and the task tell the model and the words, not the
// seed: of two items with the same words, either may have sent the task that is found.

// A wording counts the items of the manifest by their words. It is made when a task is first adopted, which is rare.
type wording struct {
	once   sync.Once
	hashes names // of the words of each item
	err    error
}

// alike is how many items of the manifest have these words.
func (r *run) alike(words string) (int, error) {
	r.wording.once.Do(func() { r.wording.hashes, r.wording.err = r.hashWords() })
	hashes := r.wording.hashes
	hash := hashID(words)
	from, _ := slices.BinarySearch(hashes, hash)
	to := from
	for to < len(hashes) && hashes[to] == hash {
		to++
	}
	return to - from, r.wording.err
}

func (r *run) hashWords() (names, error) {
	hashes := make(names, 0, len(r.idents))
	for _, it := range r.items() {
		if it.err != nil {
			return nil, it.err
		}
		if !it.Skip {
			hashes = append(hashes, hashID(wordsOf(modelOf(it.Item), it.Prompt)))
		}
	}
	slices.Sort(hashes)
	return hashes, nil
}

// seedUnknown reports whether a task that is adopted may have been sent with another seed than the item's. The id
// of the request is proof, and so are the words where no other item has them and no submission of this one was
// given up.
func (r *run) seedUnknown(rec *record, by string) (bool, error) {
	if by != "prompt" {
		return false, nil
	}
	n, err := r.alike(wordsOf(rec.Sent.Model, rec.Sent.Prompt))
	return n > 1 || rec.Doubted > 0, err
}
