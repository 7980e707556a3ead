package inputs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A Memory remembers what was learnt of files. Within a process a file is looked at once; from run
// to run what [Memory.Load] has taken counts where size and time are the same. It may be used from
// several goroutines.
type Memory struct {
	mu    sync.Mutex
	known map[string]entry // by absolute path
	seen  map[string]seen  // in this process
	read  int
}

// An entry is a line of what is remembered.
type entry struct {
	Path  string `json:"path"`
	Size  int64  `json:"size"`
	Time  int64  `json:"mtime_ns"`
	Facts Facts  `json:"facts"`
}

type seen struct {
	facts Facts
	err   error
}

// settled is how old a file has to be when it is read for its time to tell the next change of it:
// some disks count seconds, or two of them.
const settled = 3 * time.Second

// File looks at a file. The error of one that is no picture is an *Error.
func (m *Memory) File(path string) (Facts, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return Facts{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.seen[full]; ok {
		return s.facts, s.err
	}
	facts, err := m.look(full)
	if m.seen == nil {
		m.seen = map[string]seen{}
	}
	m.seen[full] = seen{facts, err}
	return facts, err
}

func (m *Memory) look(path string) (Facts, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Facts{}, err
	}
	if !info.Mode().IsRegular() {
		return Facts{}, &Error{"is no file"}
	}
	now := entry{Path: path, Size: info.Size(), Time: info.ModTime().UnixNano()}
	if was, ok := m.known[path]; ok && was.Size == now.Size && was.Time == now.Time {
		return was.Facts, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return Facts{}, err
	}
	defer f.Close()
	m.read++
	if now.Facts, err = Read(f); err != nil {
		return Facts{}, err
	}
	if time.Since(info.ModTime()) > settled && now.Facts.Bytes == now.Size {
		if m.known == nil {
			m.known = map[string]entry{}
		}
		m.known[path] = now
	}
	return now.Facts, nil
}

// FilesRead is how many files this process had to read.
func (m *Memory) FilesRead() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read
}

// Load takes what an earlier process has saved. A line that cannot be read is left out: the
// file is read again then.
func (m *Memory) Load(r io.Reader) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]entry{}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && len(e.Facts.SHA256) == 64 {
			m.known[e.Path] = e
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("what is remembered of pictures: %w", err)
	}
	return nil
}

// Save writes a line for each file that this process has looked at and that has not changed
// lately, by their paths.
func (m *Memory) Save(w io.Writer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var paths []string
	for path := range m.seen {
		if _, ok := m.known[path]; ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	for _, path := range paths {
		if err := e.Encode(m.known[path]); err != nil {
			return err
		}
	}
	return b.Flush()
}
