// Package pictures looks after the folder of a batch's pictures: which are in place, which are
// damaged, edited or another item's, and what each is called.
package pictures
