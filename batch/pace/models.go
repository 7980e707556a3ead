package pace

import "sync"

// Models are the paces of all models that are submitted to. A pace is made when it is asked for
// first.
type Models struct {
	make func(model string) *Model

	mu  sync.Mutex
	all map[string]*Model
}

// NewModels returns paces that are made by a function.
func NewModels(make func(model string) *Model) *Models {
	return &Models{make: make, all: map[string]*Model{}}
}

// Of is the pace of a model.
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

// Close closes the pace of a model, or with "" all that have been made.
func (m *Models) Close(model string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, p := range m.all {
		if model == "" || name == model {
			p.Close()
		}
	}
}
