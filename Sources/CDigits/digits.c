// A resource of the package would be a directory next to the program, and finding it would require
// Foundation.
#include "CDigits.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
static const uint8_t bytes[] = {
#embed "digits.u8"
};

size_t backflow_digits_count(void) { return sizeof bytes; }

uint8_t backflow_digits_byte(size_t i) { return i < sizeof bytes ? bytes[i] : 0; }
