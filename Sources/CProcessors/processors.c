#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>
#endif

#include "CProcessors.h"

#if defined(__linux__)

int backflow_current_processor(void) { return sched_getcpu(); }

void backflow_leave_processor(int processor)
{
    cpu_set_t processors;
    if (processor < 0 || processor >= CPU_SETSIZE || sched_getaffinity(getpid(), sizeof processors, &processors) != 0) return;
    CPU_CLR(processor, &processors);
    if (CPU_COUNT(&processors) > 0) sched_setaffinity(0, sizeof processors, &processors);
}

#else

int backflow_current_processor(void) { return -1; }

void backflow_leave_processor(int processor) { (void)processor; }

#endif
