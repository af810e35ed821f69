// The file digits.u8, described in digits.md, as part of the program.
#ifndef CDIGITS_H
#define CDIGITS_H

#include <stddef.h>
#include <stdint.h>

size_t backflow_digits_count(void);

// Returns byte i, or 0 beyond the end.
uint8_t backflow_digits_byte(size_t i);

#endif
