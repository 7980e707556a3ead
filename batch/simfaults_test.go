package batch

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// drawFaults gives a service that misbehaves in one of many ways, each call with its own luck.
func drawFaults(random *rand.Rand) func(emulator.Call) emulator.Fault {
	p := []float64{0, 0.05, 0.2, 0.4}[random.IntN(4)]
	lag := time.Duration(random.IntN(18)) * time.Second // with the latest submission below, less than the settling time
	var mu sync.Mutex
	draw := func() (float64, int) {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64(), random.IntN(1000)
	}
	return func(c emulator.Call) emulator.Fault {
		luck, kind := draw()
		f := emulator.Fault{}
		if c.Op == "list" {
			f.LagList, f.ShuffleList = lag, kind%2 == 0
		}
		if luck > p {
			return f
		}
		switch c.Op {
		case "submit":
			return submitFaults[kind%len(submitFaults)]
		case "query":
			return queryFaults[kind%len(queryFaults)]
		case "list":
			bad := listFaults[kind%len(listFaults)]
			bad.LagList = lag
			return bad
		case "image":
			return imageFaults[kind%len(imageFaults)]
		}
		return f
	}
}

var (
	submitFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Delay: 5 * time.Second},
		{Status: 500, Code: "InternalError"}, {Status: 500, Code: "InternalError", DoneFirst: true}, {Status: 503}, {Status: 502, DoneFirst: true},
		{Status: 504}, {Status: 429, Code: "Throttling.RateQuota"}, {Status: 429, Code: "Throttling.BurstRate"}, {FailCode: "InternalError.Algo"},
		{Late: 3 * time.Second}, {LoseAnswer: true, Late: 10 * time.Second}, {Hang: true}, {Delay: 90 * time.Second},
	}
	queryFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Reset: true}, {Garbage: true}, {Truncate: true}, {Status: 500, Code: "InternalError"}, {Status: 502},
		{Status: 429, Code: "Throttling.RateQuota"}, {Unknown: true}, {WrongTask: true}, {ExpireURL: true}, {TaskStatus: "SUSPENDED"}, {Delay: 3 * time.Second},
	}
	listFaults = []emulator.Fault{
		{LoseRequest: true}, {LoseAnswer: true}, {Garbage: true}, {Truncate: true}, {Status: 500, Code: "InternalError"}, {Status: 502},
		{Status: 429, Code: "Throttling.RateQuota"}, {Delay: 3 * time.Second},
	}
	imageFaults = []emulator.Fault{
		{LoseRequest: true}, {Reset: true}, {Truncate: true}, {Garbage: true}, {FlipByte: true}, {BadCRC: true}, {Status: 500}, {NoCRC: true}, {Delay: 3 * time.Second},
	}
)
