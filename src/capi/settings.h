// The process-wide settings of the C face, in the one place where the process has settings: memory,
// log, fatal errors and threads. Everything else hangs on a base.
//
// They are set at the start of a program (event_set_..., evthread_...) and read without locks.
#pragma once

#include <cstdarg>
#include <cstddef>

#include "base/threading.h"

namespace eddy::engine::capi {

// --- Memory: all of the C face comes from here, so that event_set_mem_functions() covers it and
// tests can make the k-th allocation fail. Null with errno ENOMEM when exhausted. A size of 0 gives
// null without an error, as in libevent. mm_free(nullptr) is allowed.
void* mm_malloc(std::size_t size);
void* mm_calloc(std::size_t count, std::size_t size);
void* mm_realloc(void* old, std::size_t size);
char* mm_strdup(const char* text);
void mm_free(void* p);

// --- Log. `severity` is EVENT_LOG_DEBUG ... EVENT_LOG_ERR. A message has no newline and is cut off
// at 1023 bytes, because making it must not need memory. errno is kept.
void log_message(int severity, const char* format, ...) __attribute__((format(printf, 2, 3)));

// The functions without x add ": " and the text of errno.
void log_warn(const char* format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Fatal: a message, then end_process().
[[noreturn]] void log_err(int exit_code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
[[noreturn]] void log_errx(int exit_code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// What the functions above are made of. `error` other than `without_error_text` adds ": " and that
// error's text; a null format stands for an empty one.
constexpr int without_error_text = -1;
void log_formatted(int severity, int error, const char* format, std::va_list arguments)
    __attribute__((format(printf, 3, 0)));

// Calls the fatal callback with `exit_code`, then exit(exit_code) in case it returns. Without a
// callback `misuse_code` calls abort(), so that a debugger or a core file shows who did it.
constexpr int misuse_code = static_cast<int>(0xdeaddeadU);
[[noreturn]] void end_process(int exit_code);

// Whether event_enable_debug_logging() asked for messages of EVENT_LOG_DEBUG. Ask before making one
// on a path that matters.
bool debug_logging_enabled();

// --- Threads: how to lock and wait, or null while threads are not enabled. The object lives as
// long as the process. `thread_id` and the four lock functions are never null; `cond_alloc` is when
// the program gave locks but no conditions. With lock debugging the functions check how locks are
// used.
const threading* process_threading();

// From now on, enabling threads after process_threading() gave null - that is, after a base was
// made that has no lock - is fatal. For event_enable_debug_mode().
void require_threads_before_bases();

}  // namespace eddy::engine::capi
