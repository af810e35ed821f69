#pragma once

// Calls of the file system that are not in POSIX or that Swift's module of the C library omits.

// Atomically exchanges two entries of two open directories. Returns 0 or errno, and ENOTSUP if the
// system or the file system does not support it.
int backflow_exchange(int folder, const char *name, int other_folder, const char *other_name);

// The reason why an entry can be neither renamed nor removed, regardless of permissions.
enum { backflow_obstacle_none, backflow_obstacle_mount_point, backflow_obstacle_immutable };

// Returns the obstacle to moving the entry `name` of an open directory, which may be a mount point of
// the same file system. Returns none if the system does not report it.
int backflow_obstacle(int folder, const char *name);

// Returns the name in a result of `readdir`. Swift would copy the declared array, which may be longer
// than the record.
const char *backflow_entry_name(const void *entry);
