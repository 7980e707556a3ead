package manifests

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// The examples that no editor writes are made here: go test -run TestMadeExamples . -update
func TestMadeExamples(t *testing.T) {
	golden(t, "examples/sheet.xlsx", exampleSheet(t))
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(chineseExample, "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "examples/chinese-gb18030.csv", []byte(gb))
}

// As Chinese Excel saves "CSV (comma delimited)".
const chineseExample = `编号,提示词,反向提示词,尺寸,种子,数量,备注
春联,一副红底金字的春联贴在木门两侧，上联“春风得意花千里”，下联“秋月扬辉桂一枝”，横批“四季平安”,模糊，多余的笔画,3:4,42,,节日
龙井,一张茶叶新品海报，白瓷盖碗，热气袅袅，背景是云雾中的茶山，竖排大字“明前龙井”,低分辨率,3:4,,2,海报
小熊猫,一只小熊猫戴着圆框眼镜，坐在图书馆窗边看书，阳光斜照，柔和的插画风格,,1:1,7,,动物
`

// exampleSheet has what sheets have: another sheet in front, a title in merged cells, an empty column, a hidden row.
func exampleSheet(t *testing.T) []byte {
	b := newBook(t)
	b.SetSheetName("Sheet1", "Read me")
	b.SetCellStr("Read me", "A1", "The products are on the next sheet.")
	b.NewSheet("Products")
	b.SetCellStr("Products", "B1", "Autumn catalogue")
	b.MergeCell("Products", "B1", "G1")
	b.rows("Products", "B3",
		cells{"SKU", "Product", "Style", "背景", "Shelf mark", "Size"},
		cells{"A-17", "a white porcelain teapot", "soft watercolour", "a wooden table", "K 3", "4:3"},
		cells{"A-18", "a pair of red wool mittens", nil, "fresh snow", "K 4", nil},
		cells{"B-02", "一把竹编茶则", "工笔画", "宣纸", "L 1", "3:4"},
		cells{"B-03", "a brass desk lamp", nil, "a pile of old books", "L 1", nil},
	)
	title := b.newStyle(excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}})
	head := b.newStyle(excelize.Style{Font: &excelize.Font{Bold: true}})
	b.SetCellStyle("Products", "B1", "G1", title)
	b.SetCellStyle("Products", "B3", "G3", head)
	b.SetColWidth("Products", "A", "A", 3)
	b.SetColWidth("Products", "B", "G", 24)
	b.SetRowVisible("Products", 6, false)
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (b book) newStyle(s excelize.Style) int {
	id, err := b.NewStyle(&s)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func TestExamplesSay(t *testing.T) {
	for name, want := range map[string]string{
		"examples/over-a-sheet.yaml": `4 id=a-17 prompt="a white porcelain teapot, soft watercolour, on a wooden table, shelf K 3" model=qwen-image-plus size=4:3 watermark=false file=A-17.png columns=["A-17" "a white porcelain teapot" "soft watercolour" "a wooden table" "K 3"]
5 id=a-18 prompt="a pair of red wool mittens, studio photograph, on fresh snow, shelf K 4" model=qwen-image-plus size=1:1 watermark=false file=A-18.png columns=["A-18" "a pair of red wool mittens" "" "fresh snow" "K 4"]
6 id=b-02 prompt="一把竹编茶则, 工笔画, on 宣纸, shelf L 1" model=qwen-image-plus size=3:4 watermark=false file=B-02.png columns=["B-02" "一把竹编茶则" "工笔画" "宣纸" "L 1"]
7 id=b-03 prompt="a brass desk lamp, studio photograph, on a pile of old books, shelf L 1" model=qwen-image-plus size=1:1 watermark=false file=B-03.png columns=["B-03" "a brass desk lamp" "" "a pile of old books" "L 1"]`,
		"examples/chinese-gb18030.csv": `2 id=春联 prompt="一副红底金字的春联贴在木门两侧，上联“春风得意花千里”，下联“秋月扬辉桂一枝”，横批“四季平安”" negative_prompt="模糊，多余的笔画" size=3:4 seed=42 columns=["节日"]
3 id=龙井 prompt="一张茶叶新品海报，白瓷盖碗，热气袅袅，背景是云雾中的茶山，竖排大字“明前龙井”" negative_prompt="低分辨率" size=3:4 columns=["海报"]
3.2 id=龙井-2 prompt="一张茶叶新品海报，白瓷盖碗，热气袅袅，背景是云雾中的茶山，竖排大字“明前龙井”" negative_prompt="低分辨率" size=3:4 columns=["海报"]
4 id=小熊猫 prompt="一只小熊猫戴着圆框眼镜，坐在图书馆窗边看书，阳光斜照，柔和的插画风格" size=1:1 seed=7 columns=["动物"]`,
	} {
		m := open(t, name)
		if got := showAll(t, m); got != want {
			t.Errorf("%s has\n%s\nwant\n%s", name, got, want)
		}
		m.Close()
	}
	m := open(t, "examples/matrix.yaml")
	defer m.Close()
	if totals, err := m.Check(); err != nil || totals.Rows != 3 || totals.Items != 14 || totals.Added != 11 {
		t.Errorf("matrix.yaml has %+v, %v", totals, err)
	}
	if csv := open(t, "examples/chinese-gb18030.csv"); csv.Encoding() != "gb18030" {
		t.Errorf("chinese-gb18030.csv is read as %s", csv.Encoding())
	}
}
