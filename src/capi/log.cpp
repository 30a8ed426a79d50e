// Messages and fatal errors of the C face.
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <event2/event.h>

#include "capi/base.h"
#include "capi/process_state.h"
#include "capi/settings.h"

namespace eddy::engine::capi {
namespace {

// As in libevent: the longest message, with its final NUL.
constexpr std::size_t message_size = 1024;

const char* severity_name(int severity) {
  switch (severity) {
    case EVENT_LOG_DEBUG:
      return "debug";
    case EVENT_LOG_MSG:
      return "msg";
    case EVENT_LOG_WARN:
      return "warn";
    case EVENT_LOG_ERR:
      return "err";
    default:
      return "???";
  }
}

void hand_over(int severity, const char* message) {
  if (event_log_cb log = process.log.load(std::memory_order_relaxed)) {
    log(severity, message);
    return;
  }
  // One call, so that messages of several threads do not mix within a line.
  std::fprintf(stderr, "[%s] %s\n", severity_name(severity), message);
}

void append_error_text(char* message, int error) {
  const std::size_t length = std::strlen(message);
  char room[128];
  std::snprintf(message + length, message_size - length, ": %s",
                strerror_r(error, room, sizeof room));
}

}  // namespace

void log_formatted(int severity, int error, const char* format, std::va_list arguments) {
  const int errno_before = errno;
  char message[message_size] = "";
  if (format != nullptr) std::vsnprintf(message, sizeof message, format, arguments);
  if (error != without_error_text) append_error_text(message, error);
  hand_over(severity, message);
  errno = errno_before;
}

void end_process(int exit_code) {
  if (event_fatal_cb fatal = process.fatal.load(std::memory_order_relaxed))
    fatal(exit_code);
  else if (exit_code == misuse_code)
    std::abort();
  std::exit(exit_code);
}

void log_message(int severity, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  log_formatted(severity, without_error_text, format, arguments);
  va_end(arguments);
}

void log_warn(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  log_formatted(EVENT_LOG_WARN, errno, format, arguments);
  va_end(arguments);
}

void log_warnx(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  log_formatted(EVENT_LOG_WARN, without_error_text, format, arguments);
  va_end(arguments);
}

void log_err(int exit_code, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  log_formatted(EVENT_LOG_ERR, errno, format, arguments);
  va_end(arguments);
  end_process(exit_code);
}

void log_errx(int exit_code, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  log_formatted(EVENT_LOG_ERR, without_error_text, format, arguments);
  va_end(arguments);
  end_process(exit_code);
}

}  // namespace eddy::engine::capi

extern "C" {

void event_set_log_callback(event_log_cb cb) {
  eddy::engine::capi::process.log.store(cb, std::memory_order_relaxed);
}

void event_set_fatal_callback(event_fatal_cb cb) {
  eddy::engine::capi::process.fatal.store(cb, std::memory_order_relaxed);
}

void event_enable_debug_logging(ev_uint32_t which) {
  if (which != EVENT_DBG_NONE) eddy::engine::capi::calls_are_looked_at = true;
  eddy::engine::capi::process.debug_mask.store(which, std::memory_order_relaxed);
}

}  // extern "C"
