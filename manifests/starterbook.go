package manifests

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// The sheets of the starter. The lists to choose from stand in a hidden one, as a list in the
// rule of a cell has at most 255 characters.
const (
	promptsSheet = "Prompts"
	helpSheet    = "Columns 列说明"
	listsSheet   = "Lists"
)

// starterRows is how many rows the rules of the starter reach down.
const starterRows = 2000

// widths are those of starterColumns, in characters.
var widths = []float64{16, 70, 30, 20, 12, 12, 8, 12, 40}

var helpWidths = []float64{18, 70, 60, 45}

// inChinese says what the fields are.
var inChinese = [fields]string{
	fieldID:        "这一张的名称：图片文件名和报告里都用它，不可重复。留空则用提示词的开头命名。",
	fieldPrompt:    "要画什么，中文英文均可，最多 800 字。不能留空。",
	fieldNegative:  "不希望画面里出现什么，最多 500 字。",
	fieldModel:     "用哪个模型；qwenbatch models 列出模型、尺寸和价格。",
	fieldSize:      "宽高比（16:9）或像素（1328*1328）。请保持为文本格式，否则 Excel 会把 16:9 变成时间。",
	fieldSeed:      "随机种子，0 到 2147483647。同一种子和提示词会得到相近的图；留空则自动抽取一次并记录。",
	fieldCount:     "同一提示词画几张，每张单独提交、单独计费：id、id-2、id-3……",
	fieldN:         "一次请求出几张图（仅部分模型支持一张以上）。",
	fieldExtend:    "是否让服务端先用大模型改写提示词；不填则改写，false 为不改写。",
	fieldWatermark: "是否在图片右下角加水印。",
	fieldFile:      "图片文件名，可不写 .png；留空则用 id。",
	fieldSkip:      "填 true 则跳过这一行，报告里仍保留。",
	fieldImage: "要编辑或参考的图片：清单旁边的文件、只匹配一个文件的通配符（photos/A-17*），或 http(s) 网址。多张用分号隔开，" +
		"顺序就是提示词里“图1”“图2”的顺序。也可以直接把图片放进单元格。",
	fieldExtendMode:   "qwen-image-3.0 改写提示词的方式：direct 或 agent；agent 只用于纯文字。",
	fieldThinking:     "qwen-image-3.0 改写提示词时是否思考；默认思考，false 为不思考。",
	fieldThinkingMode: "wan2.7 是否先思考；默认思考，false 为不思考。",
	fieldPalette:      "wan2.7 的配色，按官方文档的格式写成 JSON 列表。",
	fieldRegions:      "wan2.7 要编辑的区域，JSON 列表，每张图片对应其中一个列表。",
}

// A bookWriter collects the first error of many small steps.
type bookWriter struct {
	*excelize.File
	err error
}

func (b *bookWriter) do(err error) { b.err = errors.Join(b.err, err) }

func (b *bookWriter) style(s excelize.Style) int {
	id, err := b.NewStyle(&s)
	b.do(err)
	return id
}

// workbook is the starter in XLSX.
func (c Choices) workbook() ([]byte, error) {
	b := &bookWriter{File: excelize.NewFile()}
	defer b.Close()
	b.do(b.SetSheetName("Sheet1", promptsSheet))
	for _, name := range []string{helpSheet, listsSheet} {
		_, err := b.NewSheet(name)
		b.do(err)
	}
	b.prompts(c)
	b.help()
	b.lists(c)
	var out bytes.Buffer
	if b.err == nil {
		b.do(b.Write(&out))
	}
	return out.Bytes(), b.err
}

// row writes texts into a row, numbers as numbers.
func (b *bookWriter) row(name string, number int, values []string) {
	for i, text := range values {
		at, _ := excelize.CoordinatesToCellName(i+1, number)
		if n, err := strconv.Atoi(text); err == nil {
			b.do(b.SetCellInt(name, at, int64(n)))
		} else if text != "" {
			b.do(b.SetCellStr(name, at, text))
		}
	}
}

// header writes the first row, which stays in sight.
func (b *bookWriter) header(name string, values []string, columns []float64) {
	b.row(name, 1, values)
	last, _ := excelize.ColumnNumberToName(len(values))
	b.do(b.SetCellStyle(name, "A1", last+"1", b.style(excelize.Style{
		Font:      &excelize.Font{Family: "Calibri", Size: 11, Bold: true, Color: "FFFFFF"},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"3B3B98"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
	})))
	b.do(b.SetRowHeight(name, 1, 24))
	for i, width := range columns {
		column, _ := excelize.ColumnNumberToName(i + 1)
		b.do(b.SetColWidth(name, column, column, width))
	}
	landscape, one, many, fit := "landscape", 1, 0, true
	b.do(b.SetPageLayout(name, &excelize.PageLayoutOptions{
		Orientation: &landscape, FitToWidth: &one, FitToHeight: &many}))
	b.do(b.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.do(b.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2",
		ActivePane: "bottomLeft"}))
}

// prompts is the sheet to fill in. Cells are text, but for the numbers: Excel makes a time of
// 16:9 otherwise.
func (b *bookWriter) prompts(c Choices) {
	b.header(promptsSheet, starterColumns, widths)
	text := b.style(excelize.Style{NumFmt: 49,
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	whole := b.style(excelize.Style{NumFmt: 1,
		Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top"}})
	for i, name := range starterColumns {
		style := text
		if f, ok := fieldNamed(name); ok && isNumber(f) {
			style = whole
		}
		letter, _ := excelize.ColumnNumberToName(i + 1)
		b.do(b.SetCellStyle(promptsSheet, letter+"2",
			fmt.Sprintf("%s%d", letter, len(starterItems)+1), style))
		b.do(b.styleBelow(letter, style))
	}
	for i, it := range starterItems {
		b.row(promptsSheet, i+2, c.cells(it))
		b.height(promptsSheet, i+2, c.cells(it), widths)
	}
}

// styleBelow is the style of the cells that are empty yet; the header keeps its own.
func (b *bookWriter) styleBelow(column string, style int) error {
	ofHeader, err := b.GetCellStyle(promptsSheet, column+"1")
	return errors.Join(err, b.SetColStyle(promptsSheet, column, style),
		b.SetCellStyle(promptsSheet, column+"1", column+"1", ofHeader))
}

// height makes a row as high as its texts need: not every program does so by itself.
func (b *bookWriter) height(name string, number int, values []string, columns []float64) {
	lines := 1
	for i, text := range values {
		wide := 0
		for _, r := range text {
			wide++
			if unicode.Is(unicode.Han, r) || unicode.In(r, unicode.Po) && r > unicode.MaxLatin1 {
				wide++
			}
		}
		lines = max(lines, int(float64(wide)*1.1/columns[i])+1)
	}
	b.do(b.SetRowHeight(name, number, 16*float64(lines)))
}

// help explains every column that there is.
func (b *bookWriter) help() {
	b.header(helpSheet, []string{"Column 列", "What it says", "说明", "Example 例"}, helpWidths)
	wrap := b.style(excelize.Style{Alignment: &excelize.Alignment{
		Vertical: "top", WrapText: true}})
	for f, k := range fieldTable {
		b.row(helpSheet, f+2, []string{k.name, k.about, inChinese[f]})
		b.do(b.SetCellStr(helpSheet, fmt.Sprintf("D%d", f+2), exampleText(k)))
		b.height(helpSheet, f+2, []string{k.about, inChinese[f]}, helpWidths[1:])
	}
	last := len(fieldTable) + 2
	b.row(helpSheet, last,
		[]string{"…", "Any other column is yours: it is carried through to the reports.",
			"其他列可随意添加，会原样带入报告。"})
	b.do(b.SetCellStyle(helpSheet, "A2", fmt.Sprintf("D%d", last), wrap))
}

// exampleText is an example as it stands in a cell.
func exampleText(k knownKey) string {
	if k.kind != kindList {
		return fmt.Sprint(k.examples[0])
	}
	text, err := json.Marshal(k.examples[0])
	if err != nil {
		panic(err) // unreachable unless an example is no JSON
	}
	return string(text)
}

// lists holds what the columns model, size and watermark offer; anything else may be typed all
// the same.
func (b *bookWriter) lists(c Choices) {
	for i, list := range []struct {
		column string
		words  []string
	}{{"model", c.Models}, {"size", c.sizes()}, {"watermark", []string{"true", "false"}}} {
		name, _ := excelize.ColumnNumberToName(i + 1)
		b.do(b.SetCellStr(listsSheet, name+"1", list.column))
		for j, word := range list.words {
			b.do(b.SetCellStr(listsSheet, fmt.Sprintf("%s%d", name, j+2), word))
		}
		if len(list.words) > 0 {
			b.offer(list.column, fmt.Sprintf(
				"%s!$%s$2:$%s$%d", listsSheet, name, name, len(list.words)+1))
		}
	}
	b.do(b.SetSheetVisible(listsSheet, false))
}

// offer puts a list to choose from on a column.
func (b *bookWriter) offer(column, list string) {
	for i, name := range starterColumns {
		if name != column {
			continue
		}
		letter, _ := excelize.ColumnNumberToName(i + 1)
		rule := excelize.NewDataValidation(true)
		rule.Sqref = fmt.Sprintf("%s2:%s%d", letter, letter, starterRows)
		rule.SetSqrefDropList(list)
		b.do(b.AddDataValidation(promptsSheet, rule))
	}
}
