// The tables of this build, those that this processor can run, and the one in use.

#include "kernel_tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const backflow_kernels_f32 *f32;
    const backflow_kernels_f64 *f64;
    bool (*is_supported)(void);
} Row;

static bool always(void) { return true; }

#if defined(__x86_64__)
static bool has_x86_64_v3(void) { return __builtin_cpu_supports("x86-64-v3"); }
static bool has_x86_64_v4(void) { return __builtin_cpu_supports("x86-64-v4"); }
#endif

// The simplest first, the best last.
static const Row rows[] = {
    {&backflow_table_f32_portable, &backflow_table_f64_portable, always},
#if defined(__x86_64__)
    {&backflow_table_f32_x86_64_v3, &backflow_table_f64_x86_64_v3, has_x86_64_v3},
    {&backflow_table_f32_x86_64_v4, &backflow_table_f64_x86_64_v4, has_x86_64_v4},
#endif
};
enum { row_count = sizeof(rows) / sizeof(rows[0]) };

// Row 0 runs on every processor, so a call before the constructor below is correct, only slower.
static const Row *selected = &rows[0];

// The beginning of a value of BACKFLOW_ISA that could not be used; a copy, because the environment may change.
static char refused[512];

__attribute__((constructor)) static void select_row(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    const char *wanted = getenv("BACKFLOW_ISA");
    if (wanted && !*wanted) wanted = NULL;
    for (size_t i = 0; i < row_count; i++) {
        if (!rows[i].is_supported()) continue;
        selected = &rows[i];
        if (wanted && strcmp(wanted, rows[i].f32->isa) == 0) return;
    }
    if (wanted) strncpy(refused, wanted, sizeof refused - 1);
}

const char *backflow_kernels_refused_isa(void) { return *refused ? refused : NULL; }

const backflow_kernels_f32 *backflow_kernels_selected_f32(void) { return selected->f32; }
const backflow_kernels_f64 *backflow_kernels_selected_f64(void) { return selected->f64; }

size_t backflow_kernels_count(void) { return row_count; }

const char *backflow_kernels_isa(size_t i) { return i < row_count ? rows[i].f32->isa : NULL; }

static bool is_available(size_t i) { return i < row_count && rows[i].is_supported(); }

const backflow_kernels_f32 *backflow_kernels_at_f32(size_t i) { return is_available(i) ? rows[i].f32 : NULL; }
const backflow_kernels_f64 *backflow_kernels_at_f64(size_t i) { return is_available(i) ? rows[i].f64 : NULL; }
