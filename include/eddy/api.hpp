// eddy/api.hpp - what the headers of the coroutine face share: how they reach into the library, and
// what the compiler can do.
#pragma once

#if __cplusplus < 202002L
#error "eddy's C++ headers need C++20: compile with -std=c++20, or set CMAKE_CXX_STANDARD to 20"
// What follows would fail a thousand times over: a header that is not there ends the compiler's
// work.
#include <eddy/needs/c++20.hpp>
#endif
#if defined(__clang__) && !defined(__apple_build_version__) && __clang_major__ < 16 || \
    defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#error "eddy's C++ headers need GCC 12, Clang 16 or later: older ones lack parts of C++20"
#include <eddy/needs/a_later_compiler.hpp>
#endif

// On what the headers call in libeddy.so. On Windows eddy is a static library.
#if defined(_WIN32)
#define EDDY_API
#else
#define EDDY_API __attribute__((visibility("default")))
#endif

// A coroutine that ends hands over to who awaits it without growing the stack, if the compiler
// makes that a jump. Clang always does; GCC before 15 does with -O2 and without sanitizers only, so
// there a task that ends before it ever waited tells so by a flag instead, which costs a few
// instructions and holds at every level of optimisation. Units of both kinds may be linked
// together: functions that are not the same in both have names of their own in each.
#if defined(__clang__) || __GNUC__ >= 15
#define EDDY_SYMMETRIC_TRANSFER 1
#define EDDY_NAMED_BY_TRANSFER [[gnu::abi_tag("transfer")]]
#else
#define EDDY_SYMMETRIC_TRANSFER 0
#define EDDY_NAMED_BY_TRANSFER
#endif
