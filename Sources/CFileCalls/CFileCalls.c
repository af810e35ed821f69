#define _GNU_SOURCE
#include "CFileCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

int backflow_exchange(int folder, const char *name, int other_folder, const char *other_name) {
#if defined(__APPLE__)
  int result = renameatx_np(folder, name, other_folder, other_name, RENAME_SWAP);
#elif defined(SYS_renameat2)
  // By number: not every C library has a function for it. 2 is RENAME_EXCHANGE.
  long result = syscall(SYS_renameat2, folder, name, other_folder, other_name, 2u);
#else
  int result = (errno = ENOTSUP, -1);
#endif
  if (result == 0) return 0;
  return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP ? ENOTSUP : errno;
}

int backflow_is_mount_point(int descriptor) {
#if defined(__linux__) && defined(STATX_BASIC_STATS) && defined(AT_EMPTY_PATH)
  struct statx status;
  if (statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0) return 0;
  return (status.stx_attributes & 0x2000) != 0;  // STATX_ATTR_MOUNT_ROOT
#else
  (void)descriptor;
  return 0;
#endif
}

static const char *const mark = "user.backflow.parameter";

int backflow_set_mark(int descriptor, const char *name) {
#if defined(__APPLE__)
  return fsetxattr(descriptor, mark, name, strlen(name), 0, 0) == 0 ? 0 : errno;
#else
  return fsetxattr(descriptor, mark, name, strlen(name), 0) == 0 ? 0 : errno;
#endif
}

int backflow_has_mark(int descriptor, const char *name) {
  char value[256];
#if defined(__APPLE__)
  ssize_t length = fgetxattr(descriptor, mark, value, sizeof value, 0, 0);
#else
  ssize_t length = fgetxattr(descriptor, mark, value, sizeof value);
#endif
  return length >= 0 && (size_t)length == strlen(name) && memcmp(value, name, (size_t)length) == 0;
}
