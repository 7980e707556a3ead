package output

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strconv"
	"strings"
)

// byteOrderMark makes Excel read a CSV file as UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// WriteCSV writes the results as CSV that opens in Excel: UTF-8 with a byte order mark, the
// fields of [Result], then the manifest's columns. A column of the manifest that has the name
// of a field, in any case, is called manifest.NAME. A cell that a spreadsheet could take for a
// formula starts with "'"; the exact values are in the JSON lines.
func WriteCSV(w io.Writer, columns []string, rows iter.Seq2[Result, error]) error {
	if err := writeCSV(w, columns, rows); err != nil {
		return fmt.Errorf("write CSV report: %w", err)
	}
	return nil
}

func writeCSV(w io.Writer, columns []string, rows iter.Seq2[Result, error]) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out, fields := csv.NewWriter(w), csvFields()
	if err := out.Write(csvHeader(fields, columns)); err != nil {
		return err
	}
	var row Result
	line := make([]string, len(fields)+len(columns))
	for r, err := range rows {
		if err == nil {
			err = r.checkColumns(columns)
		}
		if err != nil {
			return err
		}
		row = r
		for i, f := range fields {
			line[i] = f.cell(reflect.ValueOf(&row).Elem())
		}
		own := line[len(fields):]
		clear(own)
		for i, cell := range r.Columns {
			own[i] = noFormula(cell)
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("item %q: %w", r.ID, err)
		}
	}
	out.Flush()
	return out.Error()
}

// A csvField is a field of [Result] by its number, and its column.
type csvField struct {
	index int
	name  string
}

func csvFields() (fields []csvField) {
	for i := range reflect.TypeFor[Result]().NumField() {
		if name := reflect.TypeFor[Result]().Field(i).Tag.Get("csv"); name != "-" {
			fields = append(fields, csvField{i, name})
		}
	}
	return fields
}

func csvHeader(fields []csvField, columns []string) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	for _, name := range manifestNames(names, columns) {
		names = append(names, noFormula(name))
	}
	return names
}

// cell returns the field of a Result as it stands in a cell. Numbers stay numbers; those of a
// picture that does not exist are empty, not 0.
func (f csvField) cell(result reflect.Value) string {
	v := result.Field(f.index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int64:
		ofPicture := f.name == "width" || f.name == "height" || f.name == "bytes"
		if ofPicture && v.IsZero() {
			return ""
		}
		return strconv.FormatInt(v.Int(), 10)
	}
	if f.name == "cost" {
		if _, err := strconv.ParseFloat(v.String(), 64); err == nil {
			return v.String()
		}
	}
	return noFormula(v.String())
}

// manifestNames returns the names of the manifest's columns beside those of the fields.
// Programs that read CSV by name, some regardless of case, must find each name once: PowerShell
// rejects a file with names that differ only in case.
func manifestNames(fields, columns []string) []string {
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = name
		for _, field := range fields {
			if strings.EqualFold(name, field) {
				names[i] = "manifest." + name
			}
		}
	}
	return names
}
