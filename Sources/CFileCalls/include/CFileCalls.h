#pragma once

// Calls of the file system that are not POSIX's, or that Swift's module of the C library leaves out.

// Exchanges what two names in two open directories name, in one step. Returns 0 or errno; ENOTSUP where
// the system or the file system has no such step.
int backflow_exchange(int folder, const char *name, int other_folder, const char *other_name);

// Why an entry can be neither renamed nor removed, whatever the rights.
enum { backflow_obstacle_none, backflow_obstacle_mount_point, backflow_obstacle_immutable };

// What stands in the way of moving the entry `name` of an open directory, which may be a mount point of
// the same file system. None where the system does not tell.
int backflow_obstacle(int folder, const char *name);

// The name in what `readdir` returned. Swift would copy the array that is declared, which may be longer
// than the record.
const char *backflow_entry_name(const void *entry);
