// cmocka for C++ test programs: its header declares C functions without saying so, needs four
// headers before it, and defines a macro fail(). Include it last.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#include <cmocka.h>
}
