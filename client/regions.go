package client

import (
	"net/url"
	"strings"
)

// A Region is a place of the service. Keys, hosts and model lists are per region and never
// interchangeable (REG, BASE, 2026-11).
type Region struct {
	Name string // "beijing"
	ID   string // "cn-beijing"
	// Shared is the host for keys of all workspaces, "" if the region has only hosts of a
	// workspace.
	Shared string
	// Mainland says that the Beijing price list holds; elsewhere the international one does.
	Mainland bool

	also string // a further host with the region's price list
}

// regions are the rows of the vendor's "regions" and "base-url" pages (2026-11). The hosts of
// docs.qwencloud.com and platform.qianwenai.com are read in other clients (2026-10).
var regions = []Region{
	{Name: "beijing", ID: "cn-beijing", Shared: "dashscope.aliyuncs.com", Mainland: true,
		also: "maas.qianwenaiapi.com"},
	{Name: "singapore", ID: "ap-southeast-1", Shared: "dashscope-intl.aliyuncs.com",
		also: "maas.qwencloudapi.com"},
	{Name: "virginia", ID: "us-east-1", Shared: "dashscope-us.aliyuncs.com"},
	{Name: "frankfurt", ID: "eu-central-1"},
	{Name: "tokyo", ID: "ap-northeast-1"},
	{Name: "hongkong", ID: "cn-hongkong", Shared: "cn-hongkong.dashscope.aliyuncs.com"},
}

// Regions returns the known regions; the first is the default.
func Regions() []Region { return append([]Region(nil), regions...) }

// LookupRegion finds a region by its name or id; "" is Beijing.
func LookupRegion(name string) (Region, bool) {
	if name == "" {
		return regions[0], true
	}
	for _, r := range regions {
		if strings.EqualFold(name, r.Name) || strings.EqualFold(name, r.ID) {
			return r, true
		}
	}
	return Region{}, false
}

// RegionAt finds the region of a base URL by its host: a shared host, one of a workspace, or one
// of the vendor's other names. Prices depend on it.
func RegionAt(baseURL string) (Region, bool) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return Region{}, false
	}
	host := strings.ToLower(u.Hostname())
	for _, r := range regions {
		if host != "" && (host == r.Shared || host == r.also ||
			strings.HasSuffix(host, "."+r.ID+".maas.aliyuncs.com")) {
			return r, true
		}
	}
	return Region{}, false
}

// BaseURL returns the region's base URL: the shared host, or, where the region has none, the
// workspace's own, which takes only that workspace's keys (BASE, 2026-11). It is "" where a
// workspace is needed and missing or no workspace id.
func (r Region) BaseURL(workspace string) string {
	if r.Shared != "" {
		return "https://" + r.Shared + "/api/v1"
	}
	if !isTaskID(workspace) { // the key goes to the host that this makes
		return ""
	}
	return "https://" + workspace + "." + r.ID + ".maas.aliyuncs.com/api/v1"
}
