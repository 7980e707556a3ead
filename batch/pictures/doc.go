// Package pictures looks after images/, the folder of a batch's pictures: it puts them in place,
// says which are there, damaged or edited, finds what an interrupted run has left, and decides
// what each is called.
//
// # What is told apart
//
// A [Folder] is written to, an [Inventory] is what a look at it has shown. A record of the state
// file names its pictures, and each PNG of ours carries an [Identity]. From both together
// the package tells:
//
//   - A picture in place: the file that a record names is what was saved.
//   - An edited one: the file is whole, another than was saved, and not known to be another
//     item's. It is somebody's work, and nothing replaces it.
//   - A missing one: the file is gone, or damaged: cut, unreadable, no picture, or another
//     item's. It was paid for. What becomes of its item is decided by package batch.
//   - A found one: no record names the file, or that of another item, and it says that it is of an
//     open task ([Found]), or of an item that the state file does not know, or knows elsewhere
//     ([Folder.Unknown]).
//
// A file that says that it is another item's picture, and is where that item's record has it or
// would have it, is never moved on behalf of an item whose record names it, too.
//
// A look lists names, lengths and times. It opens a file only where its length is not as recorded
// or its times are later than what the state file has seen, and reads it to the end only where
// its bytes may differ.
//
// # The order in which things become durable
//
//   - [Folder.Put] writes a part, syncs it and renames it; [Folder.Sync] makes the names durable.
//     Only then may a record name the picture. A crash before that leaves a part or a picture
//     that says whose it is: [Found.Find] gives it to its task, and removes other parts.
//   - [Folder.KeepOlder] and [Found.MakeRoom] write a copy to images/replaced, sync it and its
//     name, and remove the file from its place. A crash leaves the file, or both. A damaged file
//     that cannot be read is renamed.
//   - [Rename] renames the pictures of a round, syncs the folder and then writes the records. A
//     crash leaves records of old names, whose pictures are found again by their identities.
//   - [Inventory.Record] writes what was found, and then, with the next mark of the state file,
//     up to which time all was seen: after a crash in between, files are examined once more.
//
// No picture is ever deleted, and none is replaced: a file whose name is taken gets "~2".
//
// # Owners and locks
//
// A Folder is for all goroutines of one run. It has a lock for each name, which is held while a
// name is looked at and then taken or freed; in it, no other lock but those of the state file is
// taken. An Inventory is written by Look, and a Found by Add and Find, by one goroutine while no
// other uses them. Rename and Find require that no picture is being put.
//
// # What it does not do
//
// The package asks the service nothing, downloads nothing and spends nothing. It changes the
// phase of no item, writes no texts into pictures, and touches no file outside images/ but
// through the state file.
package pictures
