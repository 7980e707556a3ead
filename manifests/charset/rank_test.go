package charset

import (
	"strings"
	"testing"
)

// sheetsIn are short sheets by the encoding in which the people who write them save: of a header and one or two prompts.
var sheetsIn = map[string][]string{
	"gb18030": {
		"一只猫", "红色的灯塔", "水墨画，远山近水", "一只坐着的橘黄色的猫，表情愉悦", "雪夜里的小木屋", "赛博朋克城市夜景", "穿汉服的少女在桥上撑伞", "极简风格的咖啡海报",
		"一副典雅庄重的对联悬挂于厅堂之中", "宇航员骑马", "白底产品图：陶瓷杯", "敦煌飞天壁画", "秋天的银杏大道，阳光", "熊猫吃竹子", "未来主义飞行汽车", "奶茶店菜单设计",
		"一条龙盘旋于云海", "蒸汽朋克机械鸟", "老人与海", "西湖断桥残雪", "小狗", "饕餮纹青铜鼎", "麻辣火锅特写", "故宫角楼黄昏", "a cat 猫 on a 沙发",
	},
	"big5": {
		"一隻貓", "紅色的燈塔", "水墨畫，遠山近水", "一隻坐著的橘色貓，表情愉悅", "雪夜裡的小木屋", "賽博龐克城市夜景", "穿旗袍的少女撐傘", "極簡風格的咖啡海報",
		"臺北夜市的霓虹燈", "太空人騎馬", "白底產品圖：陶瓷杯", "廟會舞獅", "秋天的銀杏大道，陽光", "黑熊吃蜂蜜", "未來主義飛行車", "珍珠奶茶菜單設計",
		"一條龍盤旋於雲海", "蒸氣龐克機械鳥", "老人與海", "日月潭的晨霧", "小狗", "青花瓷瓶特寫", "麻辣火鍋", "九份老街黃昏", "維多利亞港夜景",
	},
	"shift_jis": {
		"猫", "赤い灯台", "雪の夜の小屋", "窓辺に座るオレンジ色の猫", "桜の木の下の少女", "東京の夜景、ネオン", "富士山と湖", "コーヒーのポスター",
		"水彩画、静かな森", "宇宙飛行士が馬に乗る", "商品写真：白い背景のマグカップ", "浮世絵風の波", "秋の京都", "パンダ", "未来の空飛ぶ車", "居酒屋のメニュー",
		"雲の上の竜", "蒸気機関車と少年", "老人と海", "夕暮れの海岸線", "犬", "着物の女性の肖像", "ラーメンのクローズアップ", "城", "ｱﾆﾒ風の女の子",
	},
	"euc-kr": {
		"고양이", "빨간 등대", "눈 내리는 밤의 오두막", "창가에 앉은 주황색 고양이", "벚꽃 아래 소녀", "서울의 야경, 네온", "한라산과 호수", "커피 포스터",
		"수채화, 조용한 숲", "말을 탄 우주비행사", "제품 사진: 흰 배경의 머그컵", "한복을 입은 여인", "가을의 경복궁", "판다", "하늘을 나는 자동차", "식당 메뉴 디자인",
		"구름 위의 용", "증기기관차와 소년", "노인과 바다", "해질녘 해안선", "강아지", "달항아리", "라면 클로즈업", "성", "부산 바다의 아침",
	},
	"windows-1252": {
		"Schöne Straße in München, Gemälde", "Brötchen und Käse auf Grünkohl", "Une élégante dame âgée dans une forêt enneigée", "Um cão e um gato no sofá, ilustração",
		"Un niño con un pingüino", "Città di notte, perché no", "En röd stuga i skogen på vintern", "Et lite fjøs ved sjøen", "Ein Mädchen mit Körbchen",
		"Le château près de la rivière", "São Paulo à noite", "El corazón de la montaña", "Æbler på et bord", "Ein Bär", "café", "Zwei Füchse im Schnee", "Crème brûlée sur une table",
		"Pão de açúcar ao pôr do sol", "¿Qué pasa en la ciudad?", "Un garçon à vélo", "Größe: über 3 m – Türme", "L’été à la plage", "Ein „schönes“ Haus", "20 °C in Köln", "Façade d’église",
	},
	"windows-1251": {
		"кот", "Красный маяк", "Кот сидит на окне", "Зимний лес, снег", "Девушка с зонтом", "Ночной город, неон", "Медведь в лесу", "Чашка кофе на столе", "Старик и море", "Космонавт на коне",
		"Осень в Москве", "Дракон над облаками", "Летающий автомобиль", "Собака", "Портрет женщины в платке", "Акварель, тихая река", "Паровоз и мальчик", "Закат на побережье", "Борщ крупным планом",
		"Замок на холме", "Кіт на вікні", "Їжак у лісі", "Реклама кружки, белый фон", "Жар-птица", "Белая ночь в Петербурге",
	},
	"windows-1250": {
		"Czerwona latarnia morska, śnieg", "Kot siedzący na oknie", "Dziewczyna z parasolką w Łodzi", "Żółw i zając", "Stary człowiek i morze, błękit", "Źrebię na łące", "Wąż w trawie", "Książę na koniu",
		"Kočka na okně", "Příliš žluťoučký kůň", "Červený maják v bouři", "Dívka s deštníkem, večer", "Zámek na kopci, podzim", "Štěně", "Půvabná řeka", "Město v noci, světla",
		"Őszi erdő, köd", "Piros világítótorony", "Egy macska az ablakban ül, tűz", "Hűvös este Budapesten", "Pisica stă pe fereastră", "Un băiat și o fată", "Šuma u jesen, čovjek", "Žaba i kraljević", "Gołębie nad miastem",
	},
	"euc-jp": {
		"猫が窓辺に座っている", "赤い灯台", "雪の夜の小屋", "窓辺のオレンジ色の猫", "桜の木の下の少女", "東京の夜景、ネオン", "富士山と湖の朝", "コーヒーのポスター",
		"水彩画、静かな森", "馬に乗る宇宙飛行士", "白い背景のマグカップ", "浮世絵風の波", "秋の京都の寺", "パンダ", "空飛ぶ車", "居酒屋のメニュー",
		"雲の上の竜", "蒸気機関車と少年", "老人と海", "夕暮れの海岸線", "かわいい犬", "着物の女性の肖像", "ラーメンのクローズアップ", "お城", "花火の夜",
	},
}

// TestShortSheets ranks the 200 short sheets. Most are read right, and none is taken for Chinese by far that is not: what is
// not certain is told as a guess.
func TestShortSheets(t *testing.T) {
	right, all := 0, 0
	for name, prompts := range sheetsIn {
		mine, _ := Named(name)
		for _, p := range prompts {
			text := encodedSheet(t, mine, p)
			readings := Rank(text)
			all++
			best := readings[0]
			if best.Text == decoded(t, mine, text) {
				right++
				continue
			}
			t.Logf("%s is read as %s: %s", p, best.Name, Odd(best.Text, 3))
			if Certain(readings) {
				t.Errorf("%s (%s) is taken for Chinese without a doubt", p, name)
			}
		}
	}
	if t.Logf("%d of %d are right", right, all); all != 200 || right < 194 {
		t.Errorf("%d of %d short sheets are read right, want 194 of 200", right, all)
	}
}

func encodedSheet(t *testing.T, c Charset, prompt string) []byte {
	t.Helper()
	prompt = strings.NewReplacer("ș", "ş", "ț", "ţ").Replace(prompt) // windows-1250 has the older letters
	text, err := c.Encoding.NewEncoder().Bytes([]byte("id,prompt\n1," + prompt + "\n"))
	if err != nil {
		t.Fatalf("%s: %s: %v", c.Name, prompt, err)
	}
	return text
}

func decoded(t *testing.T, c Charset, text []byte) string {
	t.Helper()
	out, err := c.Encoding.NewDecoder().Bytes(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// People and programs have many names for an encoding.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"cp1252": "windows-1252", "ANSI": "windows-1252", "latin1": "windows-1252", "ISO-8859-1": "windows-1252", "Latin-1": "windows-1252", "Windows-1252": "windows-1252",
		"shift_jis": "shift_jis", "sjis": "shift_jis", "Shift-JIS": "shift_jis", "cp932": "shift_jis", "euc-kr": "euc-kr", "EUC_KR": "euc-kr", "cp949": "euc-kr",
		"big5": "big5", "Big5-HKSCS": "big5", "cp950": "big5", "gbk": GB18030, "GB2312": GB18030, "cp936": GB18030, "gb18030": GB18030, "utf8": "utf-8", "UTF-16": "utf-16le", "euc-jp": "euc-jp",
		"cp1251": "windows-1251", "cp1250": "windows-1250", "macroman": "macintosh",
	} {
		if c, ok := Named(name); !ok || c.Name != want {
			t.Errorf("Named(%q) = %s, %t, want %s", name, c.Name, ok, want)
		}
	}
	if _, ok := Named("utf-7"); ok {
		t.Error("utf-7 is known")
	}
}

// What one encoding of one byte a character reads can be written back, so that an earlier reading can be told.
func TestBytesComeBack(t *testing.T) {
	c, _ := Named("windows-1252")
	for b := range 256 {
		text, _ := c.Encoding.NewDecoder().Bytes([]byte{byte(b)})
		if strings.ContainsRune(string(text), '\ufffd') {
			continue // not in use
		}
		if back, err := c.Encoding.NewEncoder().Bytes(text); err != nil || len(back) != 1 || back[0] != byte(b) {
			t.Errorf("%x is %q and comes back as %x, %v", b, text, back, err)
		}
	}
}

func TestOdd(t *testing.T) {
	if got := strings.Join(Odd("id,Schöne Straße in \"München\", Straße\n", 3), " "); got != "Schöne Straße München" {
		t.Errorf("Odd gives %s", got)
	}
}
