package manifests

import "testing"

func TestSizes(t *testing.T) {
	for text, want := range map[string]string{
		"1328*1328": "1328*1328", "1328x1328": "1328*1328", "1328X928": "1328*928", "1328×928": "1328*928",
		" 1328 * 928 ": "1328*928", "１３２８＊９２８": "1328*928", "1328ｘ928": "1328*928",
		"16:9": "16:9", "16：9": "16:9", "16 : 9": "16:9", "16:09": "16:9", "04:03": "4:3", "16:09:00": "16:9", "1:01": "1:1",
		"1472*1140": "1472*1140",
	} {
		if got, trouble := parseSize(text); got != want || trouble != "" {
			t.Errorf("parseSize(%q) = %q, %q, want %q", text, got, trouble, want)
		}
	}
	for _, text := range []string{"", "big", "1328", "*", "1328*", "*928", "0*928", "-1*928", "+1*2", "1328*928*2", "16:9:1", "1e3*928", "123456*1", "2K", "16:9 x"} {
		if got, trouble := parseSize(text); trouble == "" {
			t.Errorf("parseSize(%q) = %q, want a refusal", text, got)
		}
	}
}

func TestSeeds(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "42": 42, "2147483647": 2147483647, "４２": 42, "42.0": 42, "42.000": 42, "４２．０": 42} {
		if got, trouble := parseNumber(text, 0, maxSeed); got != want || trouble != "" {
			t.Errorf("parseNumber(%q) = %d, %q, want %d", text, got, trouble, want)
		}
	}
	for text, want := range map[string]string{
		"2147483648":           `2147483648 is not among 0…2147483647`,
		"99999999999999999999": `99999999999999999999 is not among 0…2147483647`,
		"-1":                   `-1 is not among 0…2147483647`,
		"1.23457E+09":          `"1.23457E+09" is not a whole number; a spreadsheet has shortened it: format the column as a number without decimals, and save again`,
		"1e3":                  `"1e3" is not a whole number; write 1000`,
		"1.5":                  `"1.5" is not a whole number`,
		"42.5":                 `"42.5" is not a whole number`,
		"42.":                  `"42." is not a whole number; write 42`,
		".0":                   `".0" is not a whole number; write 0`,
		"1e9.0":                `"1e9.0" is not a whole number; write 1000000000`,
		"1,234.0":              `"1,234.0" is not a whole number`,
		"010":                  `010 may be read as another number; write 10`,
		"00":                   `00 may be read as another number; write 0`,
		"-0":                   `-0 may be read as another number; write 0`,
		"+5":                   `+5 may be read as another number; write 5`,
		"0x10":                 `"0x10" is not a whole number`,
		"1_000":                `"1_000" is not a whole number; write 1000`,
		"1,000":                `"1,000" is not a whole number`,
		"1 000":                `"1 000" is not a whole number`,
		"NaN":                  `"NaN" is not a whole number`,
		"Inf":                  `"Inf" is not a whole number`,
		"random":               `"random" is not a whole number`,
	} {
		if got, trouble := parseNumber(text, 0, maxSeed); trouble != want {
			t.Errorf("parseNumber(%q) = %d, %q, want %q", text, got, trouble, want)
		}
	}
}

func TestBooleans(t *testing.T) {
	for text, want := range map[string]bool{
		"true": true, "TRUE": true, "Yes": true, "1": true, "是": true, "１": true,
		"false": false, "False": false, "NO": false, "0": false, "否": false,
	} {
		if got, ok := parseBool(text); got != want || !ok {
			t.Errorf("parseBool(%q) = %t, %t, want %t", text, got, ok, want)
		}
	}
	for _, text := range []string{"on", "off", "y", "2", "真", "是的", "-"} {
		if _, ok := parseBool(text); ok {
			t.Errorf("parseBool(%q) is accepted", text)
		}
	}
}

func TestValueMistakes(t *testing.T) {
	for _, r := range []refusal{
		{"every field of a row", "a.csv", "prompt,size,seed,count,n,watermark,prompt_extend,skip\na,1024,1.5,0,zwei,on,off,maybe\n",
			`a.csv:2:3: size: "1024" is not a size; write 1328*1328 or 16:9
a.csv:2:8: seed: "1.5" is not a whole number
a.csv:2:12: count: 0 is not among 1…1000000000
a.csv:2:14: n: "zwei" is not a whole number
a.csv:2:19: watermark: "on" is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否
a.csv:2:22: prompt_extend: "off" is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否
a.csv:2:26: skip: "maybe" is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否`},
		{"seed counts up too far", "a.csv", "prompt,seed,count\na,2147483646,2\nb,2147483646,3\n",
			"a.csv:3:3: seed: 2147483646 counts up beyond 2147483647 over 3 items"},
	} {
		r.test(t)
	}
}

func TestSeedCountsUp(t *testing.T) {
	readingCase{"", "a.csv", "id,prompt,seed,count\nx,a,2147483645,3\n,b,,2\n",
		`2 id=x prompt="a" seed=2147483645
2.2 id=x-2 prompt="a" seed=2147483646
2.3 id=x-3 prompt="a" seed=2147483647
3 prompt="b"
3.2 prompt="b"`}.test(t)
}
