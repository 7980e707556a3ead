// Package client is a Go client of Alibaba's Qwen-Image HTTP API (DashScope, also called Model
// Studio and 百炼).
//
// It submits asynchronous image tasks, waits for them, queries, lists and cancels them, calls the
// synchronous interface and downloads the pictures. A picture takes these lines, with the key in
// DASHSCOPE_API_KEY, and each of them may fail:
//
//	c, err := client.FromEnv()
//	task, err := c.Submit(ctx, client.Request{Prompt: "a red fox"})
//	task, err = c.Wait(ctx, task)
//	for _, url := range task.URLs() {
//		png, err := c.Download(ctx, url)
//	}
//
// or, in one call that cannot be found again if its answer is lost, and for models that have no
// other interface:
//
//	task, err := c.Generate(ctx, client.Request{Model: "qwen-image-max", Prompt: "a red fox"})
//
// A request may show the model pictures, to edit them or to follow them; they are read only while they
// are sent:
//
//	task, err := c.Generate(ctx, client.Request{Model: "qwen-image-edit-plus",
//		Prompt: "a white background", Images: []client.Image{client.ImageFile("shirt.jpg")}})
//
// [Client.Tasks] lists the account's tasks, [Client.Cancel] cancels one that has not begun.
// Package emulator serves the same API in a test; see its Start.
//
// # Guarantee
//
// One call of [Client.Submit] or [Client.Generate] is at most one POST on the wire, and its
// error says whether that POST can have created anything: what is created is paid for, and the
// API has no idempotency key. [ErrNotSent] and an *[APIError] prove that nothing was created; a
// *[DoubtError] leaves it open. The proof for a connection that broke is the number of bytes
// handed to the network, counted below TLS. See docs/paying-once.md, for what follows
// from each.
//
// # Model
//
// A [Client] has three transports: one for submissions (HTTP/1.1, no reuse of a connection that
// may be stale, no redirects), one for queries, and one for pictures, which carries no key,
// checks every address it dials and bounds the memory of all downloads together. Every answer
// is read whole, with a bound, and then decoded: the table of codes says how far an error
// reaches ([Reach]) and whether a refused submission made something. Texts from outside are
// cleaned before they reach an error. The models, sizes, prices and regions are tables of this
// package.
//
// A Client is safe for concurrent use. It has no goroutine of its own beside those of net/http,
// and its only shared state is connections, the memory of large pictures, and when its waits may
// ask.
//
// # Limits
//
// It sends no submission twice, does not pace submissions and remembers no task; package batch
// does. Reads are tried again only where Config.ReadRetries says so, and while [Client.Wait] waits.
// It knows no files but those of the pictures that a request shows.
//
// Facts about the service are from the user's document "qwen-image-api-reference" (2025-09, zh)
// and from the vendor's pages as collected in 2026-11; recorded traffic wins where they differ.
// No claim here was tested against the live service.
package client
