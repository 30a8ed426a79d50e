// The process-wide settings of the C face, in the one place where the process has settings: memory,
// log, fatal errors and threads. Everything else hangs on a base.
//
// They are set at the start of a program (event_set_..., evthread_...) and read without locks.
#pragma once

#include <cstdarg>
#include <cstddef>

#include "base/threading.h"

namespace eddy::capi {

// --- Memory: all of the C face comes from here, so that event_set_mem_functions() covers it and tests
// can make the k-th allocation fail. Null with errno ENOMEM when exhausted; a size of 0 gives null
// without an error, as in libevent. mm_free(nullptr) is allowed.
void* mm_malloc(std::size_t size);
void* mm_calloc(std::size_t count, std::size_t size);
void* mm_realloc(void* old, std::size_t size);
char* mm_strdup(const char* text);
void mm_free(void* p);

// --- Log. `severity` is EVENT_LOG_DEBUG ... EVENT_LOG_ERR. Messages have no newline. errno is kept.
void log_message(int severity, const char* format, ...) __attribute__((format(printf, 2, 3)));
// The functions without x add ": " and the text of errno.
void log_warn(const char* format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char* format, ...) __attribute__((format(printf, 1, 2)));
// Fatal: a message, then the fatal callback with `exit_code`, then the end of the process.
[[noreturn]] void log_err(int exit_code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
[[noreturn]] void log_errx(int exit_code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// Severity and an argument list; `with_errno` not 0 adds ": " and that error's text.
void log_formatted(int severity, int with_errno, const char* format, std::va_list arguments)
    __attribute__((format(printf, 3, 0)));
[[noreturn]] void end_process(int exit_code);

// Whether event_enable_debug_logging() asked for messages of EVENT_LOG_DEBUG.
bool debug_logging_enabled();

// --- Threads: how to lock and wait, or null while threads are not enabled. The object lives as long as
// the process. With lock debugging the functions check how locks are used.
const threading* process_threading();

}  // namespace eddy::capi
