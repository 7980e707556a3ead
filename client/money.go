package client

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in millionths of the currency; the price lists have up to six decimals
// (PRICE, 2026-11).
type Money int64

// String returns the exact decimal with at least two decimals: "0.20", "0.220177".
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	digits := fmt.Sprintf("%06d", m%1e6)
	for len(digits) > 2 && strings.HasSuffix(digits, "0") {
		digits = digits[:len(digits)-1]
	}
	return fmt.Sprintf("%s%d.%s", sign, m/1e6, digits)
}

// Round returns the amount to the cent: "0.22".
func (m Money) Round() string {
	if m < 0 {
		return "-" + (-m).Round()
	}
	cents := (m + 5000) / 10000
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

// parseMoney reads a plain decimal, "0.5" or "0.220177"; what is below a millionth is rounded up.
func parseMoney(s string) (Money, bool) {
	whole, part, _ := strings.Cut(strings.TrimSpace(s), ".")
	digits := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	}
	if whole == "" || len(whole) > 9 || !digits(whole) || !digits(part) {
		return 0, false
	}
	more := strings.TrimRight(part[min(len(part), 6):], "0") != ""
	n, err := strconv.ParseInt(whole+(part + "000000")[:6], 10, 64)
	if more {
		n++
	}
	return Money(n), err == nil
}
