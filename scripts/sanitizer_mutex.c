// Informs ThreadSanitizer about Synchronization.Mutex. scripts/sanitize loads this library into the tests.
//
// On Linux, the mutex is a word that an uncontended thread changes by a compare-and-exchange, which is compiled into
// the caller and visible to ThreadSanitizer. A thread that has to wait, or to wake another, calls _lockSlow or
// _unlockSlow of the Swift library, which is compiled without ThreadSanitizer and leaves the word to the kernel
// (FUTEX_LOCK_PI). ThreadSanitizer then misses the order of two critical sections and reports whatever they protect:
// the state of StoragePool, and any block of memory that the pool moves from one thread to another. A suppression
// would have to list all uses of these and would hide real races. This library therefore reports that the lock is
// acquired or released.
//
// The functions below precede those of the same name in the Swift library, and call them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Undefined in a process without ThreadSanitizer, such as swift test itself.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Methods with Swift's calling convention. The handle begins with the word.
#define METHOD __attribute__((swiftcall))
#define HANDLE __attribute__((swift_context)) void *handle

METHOD void lock_slow(uint32_t thread, HANDLE) __asm__(LOCK_SLOW);
METHOD void lock_slow(uint32_t thread, HANDLE)
{
    METHOD void (*original)(uint32_t, HANDLE) = dlsym(RTLD_NEXT, LOCK_SLOW);
    original(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

METHOD bool try_lock_slow(HANDLE) __asm__(TRY_LOCK_SLOW);
METHOD bool try_lock_slow(HANDLE)
{
    METHOD bool (*original)(HANDLE) = dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
    bool is_locked = original(handle);
    if (is_locked && __tsan_acquire) __tsan_acquire(handle);
    return is_locked;
}

METHOD void unlock_slow(HANDLE) __asm__(UNLOCK_SLOW);
METHOD void unlock_slow(HANDLE)
{
    METHOD void (*original)(HANDLE) = dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(handle);
    original(handle);
}
