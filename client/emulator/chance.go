package emulator

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// The uses of random numbers. Each has its own domain, so that a new use changes no other's
// numbers.
const (
	domainTask = iota + 1
	domainRequest
	domainService
	domainSeed
	domainObject
	domainFault
	domainTail
)

// chance returns a source of random numbers for the n-th thing of a domain.
func chance(seed uint64, domain, n int) *rand.Rand {
	return rand.New(rand.NewPCG(seed^uint64(domain)<<56, uint64(n)))
}

// uuid draws an id in the form of the service's task and request ids.
func uuid(r *rand.Rand) string {
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x",
		a>>32, a>>16&0xffff, a&0xfff|0x4000, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// lognormal draws a service time with a mean and a coefficient of variation, plus 3 to 4 s for
// prompt_extend (QI, 2025-09). With cv 0 it is exactly mean, plus 3.5 s.
func lognormal(r *rand.Rand, mean time.Duration, cv float64, extend bool) time.Duration {
	z, u := r.NormFloat64(), r.Float64()
	if cv == 0 {
		z, u = 0, 0.5
	}
	variance := math.Log1p(cv * cv)
	d := float64(mean) * math.Exp(z*math.Sqrt(variance)-variance/2)
	if extend {
		d += float64(3*time.Second) + u*float64(time.Second)
	}
	return time.Duration(d).Round(time.Millisecond)
}

// hash returns a number for a list of texts.
func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum64()
}
