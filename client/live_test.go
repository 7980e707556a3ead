package client_test

import (
	"context"
	"testing"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// The emulator tells of each of its models what this package's table says: price, limits, and whether it takes pictures.
func TestListModelsOfTheEmulator(t *testing.T) {
	service := emulator.Start(t)
	c, err := client.New(client.Config{BaseURL: service.BaseURL, Key: client.NewKey(service.Key)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	beijing, _ := client.LookupRegion("beijing")
	told := map[string]bool{}
	for m, err := range c.ListModels(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		told[m.Name] = true
		if price, ok := m.Price(); !ok || client.LookupModel(m.Name).Known && price < client.LookupModel(m.Name).Listed(beijing, client.Size{W: 1024, H: 1024}) {
			t.Errorf("%s costs %v, %v, want the table's price", m.Name, price, ok)
		}
	}
	var names []string
	for _, m := range client.Models() {
		names = append(names, m.Name)
		if !told[m.Name] {
			t.Errorf("%s is not listed", m.Name)
		}
	}
	all, err := c.Catalogue(context.Background(), append(names, "wanx-v1", "fantasy"))
	if err != nil || len(all) != len(names)+1 {
		t.Errorf("Catalogue = %d models, %v, want %d", len(all), err, len(names)+1)
	}
	for _, m := range client.Models() {
		if got := all.Model(m.Name); got.Submissions != m.Submissions || got.Running != m.Running || got.Price(beijing, m.Default()) != m.Price(beijing, m.Default()) {
			t.Errorf("%s as told: %+v, want as in the table", m.Name, got)
		}
	}
	if m := all.Model("wanx-v1"); !m.Known || m.Async != client.TextToImage || m.Own == 0 {
		t.Errorf("wanx-v1 = %+v, want async and a price", m)
	}
}
