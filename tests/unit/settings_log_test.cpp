#include <event2/event.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "capi/settings.h"
#include "support/system.h"

// What generated code calls, declared as it declares them: no header has them.
extern "C" {
void event_warn(const char* format, ...);
void event_warnx(const char* format, ...);
void event_msgx(const char* format, ...);
void event_debugx_(const char* format, ...);
void event_sock_warn(int sock, const char* format, ...);
void event_err(int exit_code, const char* format, ...);
void event_errx(int exit_code, const char* format, ...);
void event_sock_err(int exit_code, int sock, const char* format, ...);
}

namespace {

namespace capi = eddy::engine::capi;
using messages = std::vector<std::pair<int, std::string>>;
messages seen;

class log : public ::testing::Test {
 protected:
  void SetUp() override {
    seen.clear();
    event_set_log_callback(
        [](int severity, const char* text) { seen.emplace_back(severity, text); });
  }
  void TearDown() override {
    event_set_log_callback(nullptr);
    event_enable_debug_logging(EVENT_DBG_NONE);
  }
};

TEST_F(log, hands_severity_and_text_to_the_callback) {
  capi::log_message(EVENT_LOG_MSG, "%s %d", "number", 5);
  capi::log_warnx("careful");
  errno = ENOENT;
  capi::log_warn("open %s", "file");
  EXPECT_EQ(seen, (messages{{EVENT_LOG_MSG, "number 5"},
                            {EVENT_LOG_WARN, "careful"},
                            {EVENT_LOG_WARN, "open file: No such file or directory"}}));
}

TEST_F(log, keeps_errno) {
  event_set_log_callback([](int, const char*) { errno = EBUSY; });
  errno = ENOENT;
  capi::log_warn("one");
  capi::log_warnx("two");
  EXPECT_EQ(errno, ENOENT);
}

TEST_F(log, cuts_long_messages_off) {
  const std::string longer(5000, 'x');
  capi::log_warnx("%s", longer.c_str());
  errno = ENOENT;
  capi::log_warn("%s", longer.c_str());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].second, longer.substr(0, 1023));
  EXPECT_EQ(seen[1].second, longer.substr(0, 1023));
}

TEST_F(log, makes_debug_messages_only_when_enabled) {
  EXPECT_FALSE(capi::debug_logging_enabled());
  event_debugx_("one");
  event_enable_debug_logging(EVENT_DBG_ALL);
  EXPECT_TRUE(capi::debug_logging_enabled());
  event_debugx_("two");
  event_enable_debug_logging(EVENT_DBG_NONE);
  event_debugx_("three");
  EXPECT_EQ(seen, (messages{{EVENT_LOG_DEBUG, "two"}}));
}

TEST_F(log, serves_generated_code) {
  errno = EINVAL;
  event_warn("%s: bad %d", "decode", 1);
  event_warnx("field %s", "missing");
  event_msgx("hello");
  errno = EPIPE;
  event_sock_warn(3, "send");
  event_warnx(nullptr);
  EXPECT_EQ(seen, (messages{{EVENT_LOG_WARN, "decode: bad 1: Invalid argument"},
                            {EVENT_LOG_WARN, "field missing"},
                            {EVENT_LOG_MSG, "hello"},
                            {EVENT_LOG_WARN, "send: Broken pipe"},
                            {EVENT_LOG_WARN, ""}}));
}

TEST(default_log, names_the_severity_on_the_standard_error_output) {
  ::testing::internal::CaptureStderr();
  capi::log_message(EVENT_LOG_DEBUG, "a%%");
  capi::log_message(EVENT_LOG_MSG, "b");
  capi::log_message(EVENT_LOG_WARN, "c");
  capi::log_message(EVENT_LOG_ERR, "d");
  capi::log_message(17, "e");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "[debug] a%\n[msg] b\n[warn] c\n[err] d\n[???] e\n");
}

TEST(fatal_death, exits_with_the_code_after_a_message) {
  EXPECT_EXIT((errno = ENOENT, event_err(7, "cannot")), ::testing::ExitedWithCode(7),
              "\\[err\\] cannot: No such file or directory");
  EXPECT_EXIT(event_errx(8, "cannot"), ::testing::ExitedWithCode(8), "\\[err\\] cannot");
  EXPECT_EXIT((errno = EPIPE, event_sock_err(9, 3, "send")), ::testing::ExitedWithCode(9),
              "\\[err\\] send: Broken pipe");
  EXPECT_EXIT(capi::log_errx(6, "inside"), ::testing::ExitedWithCode(6), "\\[err\\] inside");
}

TEST(fatal_death, aborts_on_misuse_so_that_a_debugger_shows_it) {
  EXPECT_EXIT(capi::log_errx(capi::misuse_code, "wrong use"), ::testing::KilledBySignal(SIGABRT),
              "wrong use");
}

void own_end(int code) {
  event_set_fatal_callback([](int given) { std::_Exit(given + 1); });
  event_errx(code, "over");
}

void callback_that_returns(int code) {
  event_set_fatal_callback([](int) {});
  event_errx(code, "over");
}

void restored_default(int code) {
  event_set_fatal_callback([](int) { std::_Exit(99); });
  event_set_fatal_callback(nullptr);
  event_errx(code, "over");
}

TEST(fatal_death, goes_through_the_callback_and_ends_even_if_that_returns) {
  EXPECT_EXIT(own_end(20), ::testing::ExitedWithCode(21), "over");
  EXPECT_EXIT(callback_that_returns(22), ::testing::ExitedWithCode(22), "over");
  constexpr int told = capi::misuse_code & (eddy::engine::test::exit_codes_have_8_bits ? 0xff : ~0);
  EXPECT_EXIT(callback_that_returns(capi::misuse_code), ::testing::ExitedWithCode(told), "over");
  EXPECT_EXIT(restored_default(23), ::testing::ExitedWithCode(23), "over");
}

TEST(version, is_that_of_the_libevent_interface) {
  EXPECT_STREQ(event_get_version(), "2.1.12-stable");
  EXPECT_EQ(event_get_version_number(), 0x02010c00U);
  EXPECT_STREQ(event_get_version(), LIBEVENT_VERSION);
  EXPECT_EQ(event_get_version_number(), ev_uint32_t{LIBEVENT_VERSION_NUMBER});
}

}  // namespace
