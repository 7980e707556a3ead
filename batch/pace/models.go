package pace

import "sync"

// Models holds the pace of each model of a run. It is safe for concurrent use.
type Models struct {
	make func(model string) *Model

	mu  sync.Mutex
	all map[string]*Model
}

// NewModels returns paces that make creates, each when it is first asked for.
func NewModels(make func(model string) *Model) *Models {
	return &Models{make: make, all: map[string]*Model{}}
}

// Of returns the pace of a model, always the same one.
func (m *Models) Of(model string) *Model {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.all[model]
	if p == nil {
		p = m.make(model)
		m.all[model] = p
	}
	return p
}

// Close closes the pace of a model, or with "" all that there are.
func (m *Models) Close(model string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, p := range m.all {
		if model == "" || name == model {
			p.Close()
		}
	}
}
