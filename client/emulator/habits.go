package emulator

import "time"

// Habits are what no document tells of the service, the other way round. The zero value is what
// docs/api.md expects.
type Habits struct {
	// MaxPage is the largest page of the task list; 0 is 100.
	MaxPage int
	// UTCFilters reads the times of the list's filters as UTC, not as UTC+8.
	UTCFilters bool
	// OwnRequestIDs gives each row of the list another request id than the submission was answered
	// with.
	OwnRequestIDs bool
	// SignOnQuery signs the URLs of pictures anew in each answer, for 24 h from then on, not from
	// the end of the task.
	SignOnQuery bool
}

func (h Habits) maxPage() int {
	if h.MaxPage > 0 {
		return h.MaxPage
	}
	return maxPage
}

// zone is that of the list's filters.
func (h Habits) zone() *time.Location {
	if h.UTCFilters {
		return time.UTC
	}
	return beijing
}

// expiry is until when an answer of now permits the GET of a task's pictures.
func (h Habits) expiry(t *Task, now time.Time) time.Time {
	if h.SignOnQuery {
		return now.Add(24 * time.Hour)
	}
	return t.expiry()
}

// requestID is the one in a task's row of the list.
func (h Habits) requestID(t *Task) string {
	if h.OwnRequestIDs {
		return uuid(chance(uint64(hash(t.RequestID)), domainRequest, 1))
	}
	return t.RequestID
}
