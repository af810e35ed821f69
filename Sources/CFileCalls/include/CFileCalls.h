#pragma once

// Calls of the file system that are not POSIX's, or that Swift's module of the C library leaves out.

// Exchanges what two names in two open directories name, in one step. Returns 0 or errno; ENOTSUP where
// the system or the file system has no such step.
int backflow_exchange(int folder, const char *name, int other_folder, const char *other_name);

// Whether the open directory is a mount point, also one of the same file system. 0 where the system
// does not tell.
int backflow_is_mount_point(int descriptor);

// Records in an extended attribute of the open file that Backflow wrote it under this name. Returns 0
// or errno.
int backflow_set_mark(int descriptor, const char *name);

// Whether Backflow wrote the open file under this name.
int backflow_has_mark(int descriptor, const char *name);
