package manifests

import (
	"regexp"
	"slices"
	"strings"
)

// sheetErrors are what spreadsheets show for a formula that failed, in the languages that
// translate it.
var sheetErrors = strings.Fields(`
	#REF! #NAME? #N/A #VALUE! #DIV/0! #NUM! #NULL! #SPILL! #CALC! #GETTING_DATA #FIELD! #BLOCKED!
	#UNKNOWN! #CONNECT! #BUSY! #PYTHON! #EXTERNAL! #ERROR! #TIMEOUT!
	#BEZUG! #NV #WERT! #ZAHL! #LEER! #ÜBERLAUF! #KALK! #FELD!
	#NOM? #VALEUR! #NOMBRE! #NUL! #PROPAGATION! #CHAMP!
	#¡REF! #¿NOMBRE? #¡VALOR! #¡NUM! #¡NULO! #¡DIV/0! #¡DESBORDAMIENTO!
	#NOME? #VALOR! #NÚM! #NULO! #N/D #VALORE! #RIF! #NULLO!
	#VERW! #NAAM? #WAARDE! #GETAL! #N/B #DEEL/0! #LEEG!
	#ССЫЛКА! #ИМЯ? #ЗНАЧ! #ЧИСЛО! #ПУСТО! #Н/Д #ДЕЛ/0!`)

// otherSheetErrors are codes of LibreOffice, cells of Google Sheets that were exported too
// early, and columns that were too narrow to show what is in them.
var otherSheetErrors = regexp.MustCompile(`(?i)^(err:\d{3}|(正在)?(loading|加载)中?(\.{2,}|…+)|#{3,})$`)

// isSheetError reports whether a text is the error of a formula.
func isSheetError(text string) bool {
	return len(text) <= 24 && (slices.Contains(sheetErrors, strings.ToUpper(text)) ||
		otherSheetErrors.MatchString(text))
}

// nothings are what programs write for a value that is not there.
var nothings = strings.Fields(`nan -nan nat na n/a <na> null <null> (null) [null] none <none> nil
	undefined [undefined] \n #n/a!`)

// standsForNothing reports whether a text is what a program writes for no text.
func standsForNothing(text string) bool {
	return len(text) <= 16 && slices.Contains(nothings, strings.ToLower(text)) ||
		strings.EqualFold(text, "[object Object]")
}

// totals are what stands in a row of totals or subtotals, in lower case and without a colon.
var totals = []string{"total", "totals", "grand total", "subtotal", "sub-total", "sum", "summe",
	"gesamt", "gesamtsumme", "somme", "合计", "总计", "小计", "总数", "合計", "總計", "小計"}

// isTotal reports whether a text is the name of a row of totals.
func isTotal(text string) bool {
	return len(text) <= 24 && slices.Contains(totals,
		strings.ToLower(strings.TrimSpace(strings.TrimRight(text, ":："))))
}
