package batch

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// This file is what other people do to a simulated batch: send its words themselves, and have their hands on its pictures.

// rivalWorkspace tells the tasks of the other client in the books. The list does not tell it.
const rivalWorkspace = "rival"

// requests are what a manifest asks for, item by item.
func (s *sim) requests(manifest string) []client.Request {
	m, err := manifests.Open(manifest, manifests.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer m.Close()
	var all []client.Request
	for it, err := range m.Items() {
		if err != nil {
			s.t.Fatal(err)
		}
		request, _, err := Rules{}.Request(it)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, request)
	}
	return all
}

// A rival is another client of the account, with our words and seeds of its own: a batch in another folder, or one that makes
// tasks and looks at no picture.
type rival struct {
	sim      *sim
	manifest string
	requests []client.Request
	disk     *disktest.Disk
	turn     chan struct{}  // holds a token while its batch is not run; a mutex would stop the bubble's clock
	at       sync.WaitGroup // visits that are not over
}

func (s *sim) newRival(sheet simSheet) *rival {
	r := &rival{sim: s, manifest: sheet.other, requests: s.requests(sheet.other), disk: disktest.New(), turn: make(chan struct{}, 1)}
	r.turn <- struct{}{}
	return r
}

// come makes the visits of a run: those during it go on beside it.
func (r *rival) come(w *world, run int, after bool) {
	for _, v := range w.visits {
		switch {
		case v.run != run || v.after != after:
		case after:
			r.submit(v)
		default:
			r.at.Go(func() { r.submit(v) })
		}
	}
}

func (r *rival) submit(v visit) {
	time.Sleep(v.delay)
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Workspace: rivalWorkspace, Dial: r.sim.net.Dial, Insecure: true})
	if err != nil {
		r.sim.t.Error(err)
		return
	}
	defer c.Close()
	if v.whole {
		if err := r.run(c, v.after); err != nil {
			r.sim.t.Errorf("the other batch ends with %v", err)
		}
		return
	}
	for _, row := range v.rows {
		request := r.requests[row]
		if v.size != "" {
			request.Size = v.size
		}
		c.Submit(context.Background(), request) // what is refused is as good as not sent
		time.Sleep(time.Second)
	}
}

// run is the other batch, from main to exit; its second run has nothing to do. With shared it is of the same user, and both keep
// their tasks in one ledger; the simulated cache folder serves one process at a time.
func (r *rival) run(c *client.Client, shared bool) error {
	<-r.turn
	defer func() { r.turn <- struct{}{} }()
	m, err := manifests.Open(r.manifest, manifests.Options{})
	if err != nil {
		return err
	}
	defer m.Close()
	o := Options{Manifest: m, Client: c, Disk: r.disk, Key: client.NewKey(canary), reserve: 1 << 10,
		Settings: state.Settings{Manifest: m.Name(), BaseURL: c.BaseURL(), Region: "beijing", Workspace: rivalWorkspace}}
	if shared && r.sim.cache != nil {
		o.Cache = r.sim.cache
	}
	b, err := Open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Run(context.Background())
}

// A touched file is one that somebody had his hands on.
type touched struct {
	kind, file    string
	before, after []byte
	over          bool // it was touched again, or its folder was
}

// touch does to pictures what the world draws after a run.
func (s *sim) touch(w *world, run int) {
	for _, t := range w.touches {
		if t.run != run {
			continue
		}
		files := s.donePictures()
		if len(files) == 0 {
			continue
		}
		file, other := files[t.nth%len(files)], files[(t.nth+1)%len(files)]
		time.Sleep(time.Millisecond) // nobody's hand is faster than the clock of a file system
		if t.kind == "swapped" {
			_, mineTold := pictures.ReadIdentity(s.disk, file)
			_, theirsTold := pictures.ReadIdentity(s.disk, other)
			if file == other || !mineTold || !theirsTold { // one that tells nothing would be an edit
				continue
			}
			mine, theirs := s.content(file), s.content(other)
			s.change("swapped", file, theirs)
			s.change("swapped", other, mine)
			continue
		}
		s.change(t.kind, file, changed(t.kind, s.content(file)))
	}
}

func (s *sim) content(file string) []byte {
	b, _ := s.disk.Content(file)
	return b
}

// donePictures are the files that the state knows as done, of tasks, and that are there.
func (s *sim) donePictures() []string {
	s.disk.Decide = nil
	st, found, err := state.OpenFile(s.disk)
	if err != nil || !found {
		return nil
	}
	defer st.Close()
	var files []string
	for i := range st.Count() {
		rec, err := st.Get(i)
		if err != nil || rec.Phase != state.Done || rec.Task == "" { // of a picture without a task there is no other
			continue
		}
		for _, p := range rec.Pictures {
			if len(s.content(p.File)) > 0 {
				files = append(files, p.File)
			}
		}
	}
	return files
}

// changed is a picture after what somebody did to it; nil is deleted.
func changed(kind string, b []byte) []byte {
	const head = 8 + 12 + 13 // signature and header
	switch kind {
	case "cut":
		return b[:len(b)*2/3]
	case "emptied":
		return []byte{}
	case "edited":
		return imagefile.Annotate(bytes.Clone(b), []imagefile.Text{{Keyword: "Comment", Value: "a little brighter"}})
	case "stripped": // by a program that keeps no texts
		rest := b[head:]
		for len(rest) > 12 && string(rest[4:8]) != "IDAT" {
			size := int(rest[0])<<24 | int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
			if string(rest[4:8]) == "PLTE" || 12+size > len(rest) { // or it was cut before
				break
			}
			rest = rest[12+size:]
		}
		return append(bytes.Clone(b[:head]), rest...)
	}
	return nil
}

// change puts other bytes in the place of a picture, and notes it.
func (s *sim) change(kind, file string, after []byte) {
	for i := range s.touched {
		s.touched[i].over = s.touched[i].over || s.touched[i].file == file
	}
	s.touched = append(s.touched, touched{kind: kind, file: file, before: s.content(file), after: after})
	if after != nil {
		s.disk.Put(file, after)
		return
	}
	s.disk.Decide = nil
	if err := s.disk.Remove(file); err != nil {
		s.t.Fatal(err)
	}
	s.disk.SyncDir(pictures.ImagesDir)
}

// loseState takes the state file away, as a person does who was told to.
func (s *sim) loseState() {
	s.disk.Decide = nil
	if s.disk.Remove(state.FileName) != nil {
		return
	}
	s.disk.SyncDir(".")
	s.lostAt = time.Now()
	s.traceless = !slices.ContainsFunc(s.disk.Files(), func(file string) bool {
		_, told := pictures.ReadIdentity(s.disk, file)
		return told || file == "state.reserve"
	})
}
