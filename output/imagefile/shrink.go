package imagefile

import (
	"encoding/binary"
	"image"
)

// Two pixels of four channels of 8 bits are added up in two uint64, which have 16 bits for each
// channel: the even ones, and the odd ones. Weights add up to 256, so that none overflows.
const (
	lanes = 0x00ff00ff00ff00ff
	half  = 0x0080008000800080 // rounds each lane
)

// A span is what a pixel of the small picture covers of a line of the large one: pixels from
// first on, the outer ones in part.
type span struct {
	first   int
	weights []uint64
}

// spans divides a line of pixels evenly among fewer ones.
func spans(from, to int) []span {
	all := make([]span, to)
	weights := make([]uint64, 0, from+2*to)
	for i := range all {
		begin, end := i*from, (i+1)*from // in parts of 1/to of a pixel
		s := span{first: begin / to}
		k, done := len(weights), 0
		for x := s.first; x*to < end; x++ {
			share := (min((x+1)*to, end) - begin) * 256 / from
			weights = append(weights, uint64(share-done))
			done = share
		}
		s.weights = weights[k:len(weights):len(weights)]
		all[i] = s
	}
	return all
}

// shrink returns a picture in fewer pixels, each the mean of those that it covers. It takes a
// tenth of the time that decoding the picture takes.
func shrink(m *image.RGBA, to image.Rectangle) *image.RGBA {
	width, height := m.Bounds().Dx(), m.Bounds().Dy()
	if width <= to.Dx() && height <= to.Dy() {
		return m
	}
	small := image.NewRGBA(to)
	across, sum := spans(width, to.Dx()), newLine(width)
	for y, s := range spans(height, to.Dy()) {
		sum.clear()
		for i, weight := range s.weights {
			sum.add(m.Pix[(s.first+i)*m.Stride:][:width*4], weight)
		}
		sum.narrow(small.Pix[y*small.Stride:][:to.Dx()*4], across)
	}
	return small
}

// A line is the weighted sum of rows of pixels.
type line struct {
	even, odd []uint64 // of two pixels each
	pixels    []uint64 // the mean, one pixel each: channels 0, 2, 1 and 3
}

func newLine(width int) *line {
	pairs := (width + 1) / 2
	return &line{make([]uint64, pairs), make([]uint64, pairs), make([]uint64, 2*pairs)}
}

func (l *line) clear() { clear(l.even); clear(l.odd) }

func (l *line) add(row []byte, weight uint64) {
	even, odd := l.even, l.odd[:len(l.even)]
	i := 0
	for ; len(row) >= 8; i++ {
		pair := binary.LittleEndian.Uint64(row)
		even[i] += (pair & lanes) * weight
		odd[i] += (pair >> 8 & lanes) * weight
		row = row[8:]
	}
	if len(row) > 0 { // the last pixel of an odd number
		last := uint64(binary.LittleEndian.Uint32(row))
		even[i] += (last & lanes) * weight
		odd[i] += (last >> 8 & lanes) * weight
	}
}

// narrow writes the means of the line to a row of the small picture.
func (l *line) narrow(row []byte, across []span) {
	const low = 1<<32 - 1
	for i, even := range l.even {
		even, odd := (even+half)>>8&lanes, (l.odd[i]+half)>>8&lanes
		l.pixels[2*i] = even&low | odd<<32
		l.pixels[2*i+1] = even>>32 | odd&^low
	}
	for x, s := range across {
		pixels, sum := l.pixels[s.first:][:len(s.weights)], uint64(half)
		for i, weight := range s.weights {
			sum += pixels[i] * weight
		}
		sum = sum >> 8 & lanes
		binary.LittleEndian.PutUint32(row[4*x:], uint32(sum)|uint32(sum>>32)<<8)
	}
}
