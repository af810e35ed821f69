#define _GNU_SOURCE
#include "CFileCalls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

int backflow_exchange(int folder, const char *name, int other_folder, const char *other_name) {
#if defined(__APPLE__)
  int result = renameatx_np(folder, name, other_folder, other_name, RENAME_SWAP);
#elif defined(SYS_renameat2)
  // Some C libraries have no function for this call. 2 is RENAME_EXCHANGE.
  long result = syscall(SYS_renameat2, folder, name, other_folder, other_name, 2u);
#else
  int result = (errno = ENOTSUP, -1);
#endif
  if (result == 0) return 0;
  return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP ? ENOTSUP : errno;
}

int backflow_obstacle(int folder, const char *name) {
#if defined(__linux__) && defined(STATX_BASIC_STATS)
  struct statx status;
  int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (statx(folder, name, flags, STATX_BASIC_STATS, &status) != 0) return backflow_obstacle_none;
  // STATX_ATTR_MOUNT_ROOT; STATX_ATTR_IMMUTABLE and STATX_ATTR_APPEND.
  if (status.stx_attributes & 0x2000) return backflow_obstacle_mount_point;
  return status.stx_attributes & 0x30 ? backflow_obstacle_immutable : backflow_obstacle_none;
#else
  (void)folder;
  (void)name;
  return backflow_obstacle_none;
#endif
}

const char *backflow_entry_name(const void *entry) { return ((const struct dirent *)entry)->d_name; }
