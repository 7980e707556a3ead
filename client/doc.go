// Package client is a Go client of Alibaba's Qwen-Image HTTP API (DashScope, also called Model Studio and 百炼).
//
// It submits asynchronous image tasks, queries, lists and cancels them, calls the synchronous interface and downloads
// the pictures. Its guarantee: one call of [Client.Submit] or [Client.Generate] is at most one POST on the wire, and the
// error says whether that POST can have created anything, because what is created is paid for and the API has no
// idempotency key. See [ErrNotSent] and [ErrInDoubt].
//
// It does not retry, pace, poll in a loop or remember anything; package batch does.
//
// Facts about the service are from the user's document "qwen-image-api-reference" (2025-09, zh) and from the vendor's
// pages as collected in 2026-11; recorded traffic wins where they differ. No claim here was tested against the live
// service.
package client
