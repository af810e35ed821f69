// What a thread has to know of processors, and cannot ask in Swift.
#ifndef BACKFLOW_C_PROCESSORS_H
#define BACKFLOW_C_PROCESSORS_H

// Tells the processor that a loop waits for another thread, which saves energy and lets the other half of a core work.
static inline void backflow_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

// The processor on which this thread runs, or −1 if the system does not tell.
int backflow_current_processor(void);

// Moves this thread to the other processors on which the process may run, if there are any and the system lets a thread choose.
void backflow_leave_processor(int processor);

#endif
