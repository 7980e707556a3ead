package emulator

// scene is what a picture is drawn from.
type scene struct {
	prompt        string
	seed          int64
	width, height int
	watermark     bool
}

func drawPicture(c scene) []byte { return plainPicture(c.width, c.height) }
