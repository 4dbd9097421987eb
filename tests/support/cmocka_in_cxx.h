// cmocka for C++ test programs. Its header lacks extern "C", needs four other headers before it, and defines a macro
// fail(). Include it last.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#include <cmocka.h>
}
