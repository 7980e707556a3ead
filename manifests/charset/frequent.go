package charset

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// frequentSimplified are characters that stand in most Chinese texts, and those of descriptions
// of pictures.
const frequentSimplified = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔红绿蓝黄黑白紫灰橙粉金银彩色画图片照影摄幅风景油画水墨插漫卡通写实背景前景特写镜头光线阳夜晚早晨黄昏日落雨雪雾云花草树木叶森林河湖海洋岸沙滩山峰街道城市建筑房屋窗户门墙桌椅床灯书本猫狗鸟鱼马牛羊兔熊虎狮龙男女孩老人少年穿着戴衣服裙帽鞋坐站走跑飞看微笑表情愉悦可爱漂亮古典现代未来科幻中国式传统春夏秋冬节茶咖啡酒杯碗盘水果苹香蕉蔬菜食物细节高清质感极简构图海报标志文字对联典雅庄重悬挂厅堂屋堂静谧温暖柔和明亮暗复古梦幻木质玻璃石头瓷毛绒橘只条张朵座辆件双台棵片束间幢位头匹群里外旁侧左右顶部底端远近边缘雾气霓虹灯笼桥船帆车站铁轨灯塔雪山星空月亮彩虹童话故事机器宇航员太空城堡公主骑士精灵魔法画风格色调质真实渲染广角俯视仰视产品展示白底包装模特写字"

// frequentTraditional is the same for traditional characters.
const frequentTraditional = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運筆紅綠藍黃黑紫灰橙粉銀彩畫圖片照影攝幅風景油墨插漫卡通寫實背景鏡線陽夜晚早晨昏落雨雪霧雲花草樹木葉森林河湖洋岸沙灘峰街城築房屋窗戶牆桌椅床燈貓狗鳥魚牛羊兔熊虎獅龍男孩穿戴衣服裙帽鞋坐站跑飛微笑情愉悅可愛漂亮古典未科幻統春夏秋冬節茶咖啡酒杯碗盤蘋香蕉蔬菜食細質感極簡構海報標誌對聯典雅莊重懸掛廳堂靜謐溫暖柔明亮暗復夢璃石瓷毛絨橘隻條張朵座輛雙台棵束幢匹群旁側左右頂底端遠近緣霓虹籠橋船帆車鐵軌塔星童故器宇航員堡公主騎士精靈魔法調渲染廣角俯視仰產示裝模"

// frequentKanji are those of Japanese texts.
const frequentKanji = "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争談能無再位置企真流格有疑口過局少放税検藤町常校料沢裁状工建語球営空職証土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断井何南石足違消境神番規術護展態導鮮備宅害配副算視条幹独警宮究育席輸訪楽起万着乗店述残想線率病農州武声質念待試族象銀域助労例衛然早張映限親額監環験追審商葉義伝働形景落欧担好退準賞訴辺造英被株頭技低毎医復仕去姿味負閣韓渡失移差衆個門写評課末守若脳極種美岡影命含福蔵量望松非撃佐核観察整段横融型白深字答夜製票況音申様財港識注呼渉達猫犬花雪雨森城絵絹油彩静夕暮光空街窓椅子机茶色赤青緑黒紫灰"

// frequentSyllables are those of Korean texts.
const frequentSyllables = "이다는에의을가고하지은를로한도사기리아그자나어인서시대들있해일라전수니부정과만스제장고구보원여주상유소적게면오우성나공무요비치동중경신세안조국연방마문관내드계선재영양물미거진산실았었였했것등되된될와위모러트르저할함히화회현행형호환활황후더데도돌동된두들때또라람랑래려력련렬령례로록론류륙률름릉린림립마막만많말망매머먼며명모목몽무묵문물미민밀바박반발밤방배백번벌범법베벽변별병보복본봉부북분불붉브빛빨뿐사산살삼상새색생서석선설섬성세소속손솔송쇠수순술숲쉬슬습승시식신실심아악안앉않알암앞야약양어억언얼엄없에여역연열염엽영예오옥온올완왕외요용우운울움원월위유육은음의이익인일임입잇자작잔잠장재쟁저적전절점정제조족존종좌주준줄중즉증지직진질집짓차착찬창채책처천철첫청체초촌총최추축출충취측치친칠침칭카커코크큰키타탄탑태터테토통투트특티파판팔패퍼페편평포폭표푸품풍프피필하학한할함합항해햇향허험혁현혈협형혜호혹혼홀홍화확환활황회획효후훈흐흑흔흘희흰힘고양이강아지꽃나무바다하늘구름그림사진배경유화수채풍경도시거리밤낮비눈노란파란초록검은흰빨간소녀소년여자남자할머니창문책상의자커피찻잔등대"

var (
	isFrequentJapanese = isFrequent(frequentKanji)
	isFrequentKorean   = isFrequent(frequentSyllables)
)

// lead is the first byte of a character of two bytes, 0 where it has none of these; trail is the
// second one.
func bytesOf(e encoding.Encoding, r rune) (lead, trail byte) {
	b, err := e.NewEncoder().Bytes([]byte(string(r)))
	if err != nil || len(b) != 2 {
		return 0, 0
	}
	return b[0], b[1]
}

// gb2312Level is 0 for the characters that schools teach, 1 for the others of GB2312.
func gb2312Level(r rune) int {
	lead, trail := bytesOf(simplifiedchinese.GB18030, r)
	return level(trail >= 0xa1 && 0xb0 <= lead && lead <= 0xd7,
		trail >= 0xa1 && 0xd8 <= lead && lead <= 0xf7)
}

// big5Level is the same of Big5.
func big5Level(r rune) int {
	lead, _ := bytesOf(traditionalchinese.Big5, r)
	return level(0xa4 <= lead && lead <= 0xc6, 0xc9 <= lead && lead <= 0xf9)
}

// jisLevel is the same of JIS X 0208.
func jisLevel(r rune) int {
	lead, _ := bytesOf(japanese.EUCJP, r)
	return level(0xb0 <= lead && lead <= 0xcf, 0xd0 <= lead && lead <= 0xf4)
}

// kscLevel is 0 for the syllables of KS X 1001 and 1 for those that Windows has added.
func kscLevel(r rune) int {
	lead, trail := bytesOf(korean.EUCKR, r)
	return level(trail >= 0xa1 && 0xb0 <= lead && lead <= 0xc8, true)
}

func level(taught, known bool) int {
	switch {
	case taught:
		return 0
	case known:
		return 1
	}
	return 2
}
