package emulator

import (
	"net/url"
	"strconv"
)

// maxPage bounds page_size. The service's bound is not known; a larger size is answered with this
// one, and the answer says so.
const maxPage = 100

// A paging is the part of a list that a query asks for.
type paging struct{ page, size int }

// readPaging reads page_no, which begins with 1, and page_size, of which most is the largest.
func readPaging(q url.Values, size, most int) (paging, *refusal) {
	no, noRefusal := number(q.Get("page_no"), "page_no", 1)
	n, sizeRefusal := number(q.Get("page_size"), "page_size", size)
	return paging{no, min(n, most)}, firstRefusal(noRefusal, sizeRefusal)
}

// bounds returns which of n rows are on the page.
func (p paging) bounds(n int) (from, to int) {
	return min((p.page-1)*p.size, n), min(p.page*p.size, n)
}

// number reads a positive number of a query.
func number(text, name string, byDefault int) (int, *refusal) {
	if text == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<20 {
		return 0, missing(name)
	}
	return n, nil
}
