// Fault-disk shows a folder at a mount point of its own and fails what it is told to fail, so that programs can be tried
// on a disk that misbehaves. Usage: fault-disk FOLDER MOUNTPOINT. It prints "ready" when the disk is mounted. Each line
// of standard input is a JSON list of faults, which takes the place of the list before; the answer is the number of
// operations failed so far. When standard input ends, so does the disk.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// fault says which operations on which paths fail, and how.
type fault struct {
	// Lookup, getattr, open, create, read, write, fsync, mkdir, unlink, rename, opendir; none: all of them.
	Operations []string `json:"operations"`
	// A regular expression for the path from the root of the disk; a renamed file goes by its new name.
	Path string `json:"path"`
	// What the operation fails with.
	Errno uint32 `json:"errno"`
	// Do not answer at all while this fault holds, then do as if nothing had been.
	Hang bool `json:"hang"`

	path *regexp.Regexp
	over chan struct{}
}

var (
	mutex  sync.Mutex
	faults []*fault
	failed atomic.Int64
)

// replaceFaults lets everybody go on who hangs by a fault of before.
func replaceFaults(next []*fault) {
	for _, one := range next {
		one.path = regexp.MustCompile(one.Path)
		one.over = make(chan struct{})
	}
	mutex.Lock()
	before := faults
	faults = next
	mutex.Unlock()
	for _, one := range before {
		close(one.over)
	}
}

// faultOf returns what the operation is to fail with, 0 for nothing.
func faultOf(ctx context.Context, operation, path string) syscall.Errno {
	mutex.Lock()
	var found *fault
	for _, one := range faults {
		if (len(one.Operations) == 0 || slices.Contains(one.Operations, operation)) && one.path.MatchString(path) {
			found = one
			break
		}
	}
	mutex.Unlock()
	if found == nil {
		return 0
	}
	failed.Add(1)
	if found.Hang {
		select {
		case <-found.over:
			return 0
		case <-ctx.Done():
			return syscall.EINTR
		}
	}
	return syscall.Errno(found.Errno)
}

type node struct {
	fs.LoopbackNode
}

func (n *node) name() string { return n.Path(nil) }

func (n *node) child(name string) string { return filepath.Join(n.name(), name) }

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := faultOf(ctx, "lookup", n.child(name)); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Lookup(ctx, name, out)
}

func (n *node) Getattr(ctx context.Context, f fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	if errno := faultOf(ctx, "getattr", n.name()); errno != 0 {
		return errno
	}
	return n.LoopbackNode.Getattr(ctx, f, out)
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if errno := faultOf(ctx, "open", n.name()); errno != 0 {
		return nil, 0, errno
	}
	handle, more, errno := n.LoopbackNode.Open(ctx, flags)
	// Nothing comes out of the kernel's memory: every read can fail.
	return handle, more | fuse.FOPEN_DIRECT_IO, errno
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if errno := faultOf(ctx, "create", n.child(name)); errno != 0 {
		return nil, nil, 0, errno
	}
	inode, handle, more, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	return inode, handle, more | fuse.FOPEN_DIRECT_IO, errno
}

func (n *node) Read(ctx context.Context, f fs.FileHandle, into []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	if errno := faultOf(ctx, "read", n.name()); errno != 0 {
		return nil, errno
	}
	return f.(fs.FileReader).Read(ctx, into, offset)
}

func (n *node) Write(ctx context.Context, f fs.FileHandle, data []byte, offset int64) (uint32, syscall.Errno) {
	if errno := faultOf(ctx, "write", n.name()); errno != 0 {
		return 0, errno
	}
	return f.(fs.FileWriter).Write(ctx, data, offset)
}

func (n *node) Fsync(ctx context.Context, f fs.FileHandle, flags uint32) syscall.Errno {
	if errno := faultOf(ctx, "fsync", n.name()); errno != 0 {
		return errno
	}
	if file, ok := f.(fs.FileFsyncer); ok {
		return file.Fsync(ctx, flags)
	}
	return 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := faultOf(ctx, "mkdir", n.child(name)); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	if errno := faultOf(ctx, "unlink", n.child(name)); errno != 0 {
		return errno
	}
	return n.LoopbackNode.Unlink(ctx, name)
}

func (n *node) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if errno := faultOf(ctx, "rename", filepath.Join(parent.EmbeddedInode().Path(nil), newName)); errno != 0 {
		return errno
	}
	return n.LoopbackNode.Rename(ctx, name, parent, newName, flags)
}

func (n *node) OpendirHandle(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if errno := faultOf(ctx, "opendir", n.name()); errno != 0 {
		return nil, 0, errno
	}
	handle, more, errno := n.LoopbackNode.OpendirHandle(ctx, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	return &folder{handle.(openFolder), n}, more, 0
}

// openFolder is what the kernel asks of an open folder.
type openFolder interface {
	fs.FileReaddirenter
	fs.FileSeekdirer
	fs.FileReleasedirer
	fs.FileFsyncdirer
}

// folder goes before the loopback's own handle, which is synced past the node's Fsync.
type folder struct {
	openFolder
	node *node
}

func (f *folder) Fsyncdir(ctx context.Context, flags uint32) syscall.Errno {
	if errno := faultOf(ctx, "fsync", f.node.name()); errno != 0 {
		return errno
	}
	return f.openFolder.Fsyncdir(ctx, flags)
}

func main() {
	if len(os.Args) != 3 {
		fail("usage: fault-disk FOLDER MOUNTPOINT")
	}
	folder, mountpoint := os.Args[1], os.Args[2]
	root := &fs.LoopbackRoot{Path: folder}
	root.NewNode = func(data *fs.LoopbackRoot, _ *fs.Inode, _ string, _ *syscall.Stat_t) fs.InodeEmbedder {
		return &node{fs.LoopbackNode{RootData: data}}
	}
	root.RootNode = root.NewNode(root, nil, "", nil)
	// The kernel keeps no names and no attributes either.
	options := &fs.Options{MountOptions: fuse.MountOptions{FsName: "fault-disk", DirectMount: true, AllowOther: true}}
	if _, err := fs.Mount(mountpoint, root.RootNode, options); err != nil {
		fail(err.Error())
	}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var next []*fault
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			fail(err.Error())
		}
		replaceFaults(next)
		fmt.Println(failed.Load())
	}
	replaceFaults(nil)
	// Not the server's Unmount: it waits until the kernel lets go of the disk, and whoever got a namespace of mounts meanwhile,
	// a container or a node of a test cluster, has a copy. When this process ends, the copy is of no use.
	if err := syscall.Unmount(mountpoint, syscall.MNT_DETACH); err != nil {
		fail(err.Error())
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
