package manifests

import (
	"slices"
	"strings"
	"unicode"

	"github.com/qwenbatch/qwenbatch/manifests/spell"
)

// aliases are the names that headers have for fields, as plainName writes them. The first is
// the field's own.
var aliases = [fields][]string{
	fieldID: {"id", "编号", "編號", "标识"},
	fieldPrompt: {"prompt", "prompts", weakPrompt, "positiveprompt", "提示词", "正向提示词", "正面提示词",
		"提示语", "提示詞", "正向提示詞"},
	fieldNegative: {"negativeprompt", "negativeprompts", "negative", "反向提示词", "负向提示词",
		"负面提示词", "反面提示词", "反向提示詞", "負向提示詞", "負面提示詞"},
	fieldModel: {"model", "modelname", "模型", "模型名称"},
	fieldSize: {"size", "imagesize", "resolution", "ratio", "aspectratio", "尺寸", "图片尺寸",
		"分辨率", "比例", "宽高比", "解析度", "寬高比"},
	fieldSeed:      {"seed", "种子", "随机种子", "随机数种子", "種子", "隨機種子"},
	fieldCount:     {"count", "copies", "数量", "张数", "數量", "張數"},
	fieldN:         {"n"},
	fieldExtend:    {"promptextend", "智能改写", "提示词改写", "提示词扩写", "提示词扩展"},
	fieldWatermark: {"watermark", "水印"},
	fieldFile: {"file", "filename", "picname", "文件", "文件名", "文件名称", "图片名",
		"图片名称", "檔名", "檔案名稱"},
	fieldSkip: {"skip", "跳过", "跳過"},
	fieldImage: {"image", "images", "reference", "参考图", "原图", "图片", "底图", "inputimage",
		"sourceimage", "参考图片", "參考圖", "原圖", "圖片", "底圖"},
	fieldExtendMode:   {"promptextendmode"},
	fieldThinking:     {"enablethinking"},
	fieldThinkingMode: {"thinkingmode"},
	fieldPalette:      {"colorpalette"},
	fieldRegions:      {"bboxlist"},
}

// weakPrompt is an alias of the prompt that other sheets use for other texts.
const weakPrompt = "text"

// meanings are the fields of all aliases.
var meanings = func() map[string]field {
	all := map[string]field{}
	for f, names := range aliases {
		for _, name := range names {
			all[name] = field(f)
		}
	}
	return all
}()

// fieldMeant is the field that a header means, by its name or an alias.
func fieldMeant(name string) (field, bool) {
	plain := plainName(name)
	if f, ok := meanings[plain]; ok {
		return f, true
	}
	// image1, image2: one of several
	f, ok := meanings[strings.TrimRight(plain, "0123456789")]
	return f, ok && f == fieldImage
}

// hints are words that stand in headers of a field's column and mean nothing else there. English
// ones are whole words of the header.
var hints = [fields][]string{
	fieldNegative:  {"negative", "反向", "负向", "负面"},
	fieldSize:      {"size", "sizes", "resolution", "aspect", "尺寸", "分辨率", "宽高比"},
	fieldSeed:      {"seed", "seeds", "种子"},
	fieldWatermark: {"watermark", "水印"},
}

// fieldNearly is the field that a header misspells, a letter in four at most and no name so
// short that any word is near, or else speaks of.
func fieldNearly(name string) (field, bool) {
	plain := plainName(name)
	for f, names := range aliases {
		for _, known := range names {
			most := len([]rune(known)) / 4
			if known != weakPrompt && most > 0 && spell.Distance(plain, known) <= most {
				return field(f), true
			}
		}
	}
	for f, words := range hints {
		if speaksOf(name, words...) {
			return field(f), true
		}
	}
	return 0, false
}

// speaksOf reports whether a header has one of some words in it. English ones must be whole.
func speaksOf(name string, words ...string) bool {
	plain, whole := plainName(name), wordsOf(name)
	return slices.ContainsFunc(words, func(w string) bool {
		if w[0] < 0x80 {
			return slices.Contains(whole, w)
		}
		return strings.Contains(plain, w)
	})
}

// wordsOf are the words of a header in lower case: image_size, imageSize and "Image size" have
// two.
func wordsOf(name string) []string {
	var b strings.Builder
	before := ' '
	for _, r := range foldWidth(name) {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) })
}
