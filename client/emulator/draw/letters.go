package draw

// write draws a text with dots of scale pixels. Its letters must be among those of glyph.
func (c *canvas) write(text string, x, y, scale int, ink uint8) {
	for i := range len(text) {
		for row, bits := range glyph(text[i]) {
			for col := range 5 {
				if bits>>(4-col)&1 == 1 {
					c.rect(x+(i*7+col)*scale, y+row*scale, scale, scale, ink)
				}
			}
		}
	}
}

// writtenWidth returns the width in pixels of a text drawn by write.
func writtenWidth(text string, scale int) int { return (len(text)*7 - 2) * scale }

// glyph returns the seven rows of a letter, five dots each, the highest bit on the left. It knows
// the letters of REHEARSAL and QWEN-IMAGE only.
func glyph(letter byte) [7]uint8 {
	switch letter {
	case 'R':
		return [7]uint8{0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001}
	case 'E':
		return [7]uint8{0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111}
	case 'H':
		return [7]uint8{0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001}
	case 'A':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001}
	case 'S':
		return [7]uint8{0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110}
	case 'L':
		return [7]uint8{0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111}
	case 'Q':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101}
	case 'W':
		return [7]uint8{0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001}
	case 'N':
		return [7]uint8{0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001}
	case 'I':
		return [7]uint8{0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}
	case 'M':
		return [7]uint8{0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001}
	case 'G':
		return [7]uint8{0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110}
	case '-':
		return [7]uint8{0, 0, 0, 0b01110, 0, 0, 0}
	}
	return [7]uint8{}
}
