// Preloaded by interrupt_saves.py to simulate a system whose renameat2 does not support exchanges and, if
// NO_LINKS is set, a file system without hard links.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

long syscall(long number, ...) {
  if (number == SYS_renameat2) {
    errno = EINVAL;
    return -1;
  }
  static long (*next)(long, ...);
  if (!next) next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int linkat(int folder, const char *name, int other_folder, const char *other_name, int flags) {
  if (getenv("NO_LINKS")) {
    errno = EPERM;
    return -1;
  }
  static int (*next)(int, const char *, int, const char *, int);
  if (!next) next = (int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat");
  return next(folder, name, other_folder, other_name, flags);
}
