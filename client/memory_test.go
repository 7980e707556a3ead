package client

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestT12EndlessPictures downloads eight pictures without end at once, and then eight of the largest size: what all of them
// hold is bounded together, each comes to its end, and the large ones come whole.
func TestT12EndlessPictures(t *testing.T) {
	for _, endless := range []bool{true, false} {
		t.Run(fmt.Sprintf("endless %v", endless), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var held, most atomic.Int64 // bytes that are handed out of pictures that have not ended
				dial := pipeServer(func(c net.Conn) {
					c.Read(make([]byte, 1000))
					length := ""
					if !endless {
						length = fmt.Sprintf("Content-Length: %d\r\n", MaxPicture)
					}
					io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n"+length+"\r\n")
					sent, chunk := int64(0), make([]byte, 1<<16)
					for endless || sent < MaxPicture {
						n, err := c.Write(chunk)
						sent += int64(n)
						if now := held.Add(int64(n)); now > most.Load() {
							most.Store(now)
						}
						if err != nil {
							break
						}
					}
					held.Add(-sent)
					c.Close()
				})
				c, _ := New(Config{BaseURL: "http://api.test", Insecure: true, Dial: dial})
				defer c.Close()
				var downloads sync.WaitGroup
				for range 8 {
					downloads.Go(func() {
						body, err := c.Download(context.Background(), "http://pictures.test/x.png")
						if endless != (err != nil) || !endless && len(body) != MaxPicture {
							t.Errorf("Download = %d bytes, %v", len(body), err)
						}
					})
				}
				downloads.Wait()
				if bound := int64(8*smallPicture + largePictures + 8<<20); most.Load() > bound {
					t.Errorf("%d MB were held at a time, want at most %d", most.Load()>>20, bound>>20)
				}
			})
		})
	}
}
