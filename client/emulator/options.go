package emulator

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Options says how the emulated service behaves. The zero value is a service in real time with the
// documented limits that accepts any key.
type Options struct {
	// Key is the only accepted key. Default: any non-empty key; all keys belong to one account.
	Key string
	// Speed is how many times faster than real time everything runs: service times, quotas and
	// expiry scale together. Default: 1.
	Speed float64
	// NoQuota lifts every rate limit, the number of tasks that run at once and the length of the
	// queue.
	NoQuota bool
	// Service is the mean time a task runs, before scaling, without the time of prompt_extend.
	// Default: the model's.
	Service time.Duration
	// CV is the coefficient of variation of service times. Default: 0.15. Negative: exactly 0.
	CV float64
	// Tail makes every tenth task, by chance, run five times as long.
	Tail bool
	// Seed determines service times, ids and the seeds of requests without one.
	Seed uint64
	// Books is the file that keeps the books across restarts. Default: memory only.
	Books string
	// Offset is how far the service's clock is ahead of the machine's when new books begin.
	// Default: 0.
	Offset time.Duration
	// ImageURL is where Images is reached; result URLs start with it. Default:
	// http://pictures.localhost.
	ImageURL string
	// Fault is asked once for every call what goes wrong with it, from several goroutines, without
	// any lock held. Default: nothing goes wrong.
	Fault func(Call) Fault
	// Quota replaces the documented quota of a model, and with the model "" the account's queries
	// per second. It is asked on every call and may change its answer. A lock is held: it must not
	// call the Server. Where it reports false, the documented quota holds.
	Quota func(model string) (Quota, bool)
	// Listing replaces what the model list tells of a model. Where it is nil or reports false, that is
	// the documented price of the mainland and no retirement.
	Listing func(model string) (Listing, bool)
	// Habits is where the service differs from what docs/api.md expects. Default: nowhere.
	Habits Habits
	// Unlisted reports whether the list hides a task. It is asked on every list call with a lock
	// held: it must not call the Server, nor change the task. Default: the list shows all.
	Unlisted func(*Task) bool
	// Tiny serves a blank picture of the size of the task in place of a drawn one.
	Tiny bool
	// BeforeAnswer is called when the books are written and before the answer is sent, without any
	// lock held.
	BeforeAnswer func(Call)
}

// A Listing is what the model list tells of a model.
type Listing struct {
	Price   string    // of a picture, "" where none is told
	Retires time.Time // zero where no retirement is announced
}

// filled returns the options with their defaults, and the URL of the picture host.
func (o Options) filled() (Options, *url.URL, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Speed < 0 {
		return o, nil, fmt.Errorf("emulator: speed %v is negative", o.Speed)
	}
	if o.ImageURL == "" {
		o.ImageURL = "http://pictures.localhost"
	}
	o.ImageURL = strings.TrimRight(o.ImageURL, "/")
	images, err := parseImageURL(o.ImageURL)
	return o, images, err
}

func parseImageURL(text string) (*url.URL, error) {
	images, err := url.Parse(text)
	if err != nil || images.Host == "" || images.RawQuery != "" {
		return nil, fmt.Errorf("emulator: picture host %q is not the base of a URL", text)
	}
	return images, nil
}

// quotaOf returns the quota that holds for a model now, and with "" the account's.
func (o *Options) quotaOf(model string) Quota {
	if o.NoQuota {
		return Quota{}
	}
	if o.Quota != nil {
		if q, ok := o.Quota(model); ok {
			return q.filled()
		}
	}
	if model == "" {
		return Quota{Queries: accountQueries, Per: time.Second}
	}
	if m, ok := modelNamed(model); ok {
		return m.quota
	}
	return Quota{}
}
