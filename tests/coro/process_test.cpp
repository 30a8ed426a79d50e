// Other programs: started, talked to, waited for, ended; on every backend.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/sys.h"
#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class processes : public coroutines_on_every_backend {};

// A program of our own, which does what the words say (tests/support/child): there is no shell
// everywhere.
template <class... Words>
command child(const Words&... words) {
  return command(EDDY_TEST_CHILD, words...);
}

// The system has no pidfd.
class without_pidfd : public engine::sys::interceptor {
 public:
  without_pidfd() { engine::sys::set_interceptor(this); }
  ~without_pidfd() override { engine::sys::set_interceptor(nullptr); }
  int before(engine::sys::call which, int, std::size_t&) override {
    return which == engine::sys::call::pidfd ? ENOSYS : 0;
  }
};

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

TEST_P(processes, are_run_to_their_end_and_what_they_write_is_collected) {
  on.run([]() -> task<> {
    const finished f = co_await run(child("copy", "complain", "complaint", "exit", "3"), "given");
    EXPECT_EQ(f.output, "given");
    EXPECT_EQ(f.errors, "complaint\n");
    EXPECT_FALSE(f.status);
    EXPECT_EQ(f.status.code(), 3);
    EXPECT_EQ(f.status.to_string(), "exited with 3");
    EXPECT_TRUE((co_await run(child())).status);
  }());
}

TEST_P(processes, exchange_more_than_pipes_hold) {
  on.run([]() -> task<> {
    const std::string all = pattern(0, 1 << 20);
    const finished f = co_await run(child("copy"), all);
    EXPECT_TRUE(f.output == all);
    EXPECT_TRUE(f.status);
  }());
}

TEST_P(processes, that_do_not_read_or_write_too_much_end_all_the_same) {
  on.run([]() -> task<> {
    const std::string all(1 << 20, 'x');
    EXPECT_TRUE((co_await run(child(), all)).status);
    const auto too_much = co_await as_result(run(child("say_without_end"), {}, 10'000));
    EXPECT_EQ(too_much.error(), std::errc::value_too_large);
    EXPECT_EQ(too_much.error().on(), EDDY_TEST_CHILD);
  }());
}

TEST_P(processes, that_cannot_be_started_say_why) {
  try {
    process nowhere(command("/nowhere/at/all"));
    ADD_FAILURE() << "it was started";
  } catch (const exception& e) {
    EXPECT_STREQ(e.what(), "start /nowhere/at/all: No such file or directory");
  }
  process_options elsewhere;
  elsewhere.directory = "/nowhere";
  EXPECT_EQ(code_of([&] { process p(child(), elsewhere); }), std::errc::no_such_file_or_directory);
}

TEST_P(processes, are_talked_to_line_by_line) {
  on.run([]() -> task<> {
    process_options pipes;
    pipes.input = pipes.output = stdio::pipe();
    process talker(child("answer_lines"), pipes);
    for (const char* line : {"one", "two"}) {
      co_await talker.input().write(line, "\n");
      const auto answer = co_await talker.output().read_line();
      EXPECT_EQ(std::string(answer->data(), answer->size()), "<" + std::string(line) + ">\n");
    }
    talker.input().close();
    EXPECT_FALSE((co_await talker.output().read_line()).has_value());
    EXPECT_TRUE(co_await talker.wait());
    EXPECT_TRUE(co_await talker.wait()) << "again";
    EXPECT_FALSE(talker.kill());
  }());
}

TEST_P(processes, that_are_killed_say_by_what) {
  on.run([]() -> task<> {
    process sleeper(child("sleep"));
    EXPECT_TRUE(sleeper.kill(SIGTERM));
    const exit_status how = co_await sleeper.wait();
    EXPECT_FALSE(how);
    EXPECT_EQ(how.signal(), SIGTERM);
    EXPECT_EQ(how.code(), -1);
    EXPECT_EQ(how.to_string(), "killed by signal 15");
  }());
}

TEST_P(processes, outlive_a_wait_that_is_cancelled_and_do_not_outlive_their_object) {
  on.run([]() -> task<> {
    pid_t pid = -1;
    {
      process sleeper(child("sleep"));
      pid = sleeper.pid();
      const auto late = co_await as_result(with_timeout(1ms, sleeper.wait()));
      EXPECT_EQ(late.error(), std::errc::timed_out);
      EXPECT_TRUE(exists(pid));
      process moved = std::move(sleeper);
      EXPECT_EQ(moved.pid(), pid);
    }
    while (exists(pid)) co_await sleep_short();
  }());
}

TEST_P(processes, are_waited_for_by_several) {
  on.run([]() -> task<> {
    process copier(child("copy"), {.input = stdio::pipe()});
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 3; ++i) s.spawn([&]() -> task<> { EXPECT_TRUE(co_await copier.wait()); });
      co_await sleep_short();
      copier.input().close();
    });
  }());
}

TEST_P(processes, are_waited_for_where_there_is_no_pidfd) {
  EDDY_NEEDS(sigchld_is_there);
  const without_pidfd missing;
  on.run([]() -> task<> {
    EXPECT_EQ((co_await run(child("exit", "7"))).status.code(), 7);
    process sleeper(child("sleep"));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([&]() -> task<> { EXPECT_EQ((co_await sleeper.wait()).signal(), SIGKILL); });
      co_await sleep_short();
      sleeper.kill(SIGKILL);
    });
  }());
}

TEST_P(processes, get_the_directory_and_the_environment_that_they_are_given) {
  ::setenv("EDDY_TEST_KEPT", "kept", 1);
  ::setenv("EDDY_TEST_SET", "old", 1);
  char folder[] = "/tmp/eddy_process_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  std::ofstream(std::string(folder) + "/found") << "x";
  on.run([](std::string where) -> task<> {
    process_options o;
    o.directory = where;
    o.set_environment.push_back("EDDY_TEST_SET=new \xd0\xb6");
    const auto asked = child("list", "variable", "EDDY_TEST_KEPT", "variable", "EDDY_TEST_SET");
    EXPECT_EQ((co_await run(asked, o)).output, "found\nkept\nnew \xd0\xb6\n");
    o.inherit_environment = false;
    EXPECT_EQ((co_await run(asked, o)).output, "found\n\nnew \xd0\xb6\n");
  }(folder));
  std::filesystem::remove_all(folder);
}

TEST_P(processes, get_their_words_as_they_are) {
  on.run([]() -> task<> {
    const std::string_view words[] = {"",           " ",
                                      "a b",        "\"",
                                      "\\",         "\\\\",
                                      "\\\"",       "a\\\\\"b",
                                      "a\\\\ b",    "end \\",
                                      "end \\\\",   "\"quoted\"",
                                      "\t\n",       "*?%PATH%",
                                      "a\"b c\"d",  "'single'",
                                      "^&|<>",      "\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80",
                                      "-x=\"y z\"", "\\\\share\\a b\\"};
    command all = child("words");
    std::string expected;
    for (const std::string_view word : words) {
      all.add(word);
      expected += "[" + std::string(word) + "]";
    }
    EXPECT_EQ((co_await run(all)).output, expected);
  }());
}

TEST_P(processes, get_no_descriptor_but_their_three_and_no_blocked_signal) {
  EDDY_NEEDS(proc_is_there);
  const int leaks = ::fcntl(STDERR_FILENO, F_DUPFD, 50);  // not close-on-exec
  ASSERT_GE(leaks, 50);
  sigset_t blocked, before;
  ::sigfillset(&blocked);
  ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
  std::string open, status;
  try {
    on.run([](std::string& fds, std::string& about) -> task<> {
      // (Programs that start no others, and so have nothing else open or blocked in between.)
      fds = (co_await run(command("ls", "/proc/self/fd"))).output;
      about = (co_await run(command("cat", "/proc/self/status"))).output;
    }(open, status));
  } catch (...) {
    ADD_FAILURE();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(leaks);
  EXPECT_EQ(open, "0\n1\n2\n3\n") << "3 is the directory that is listed";
  EXPECT_NE(status.find("SigBlk:\t0000000000000000\n"), std::string::npos) << status;
}

TEST_P(processes, hold_nothing_open_that_they_were_not_given) {
  on.run([]() -> task<> {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, 0), 0);  // not close-on-exec
    process sleeper(child("sleep"));
    ::close(ends[1]);
    char byte;
    EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "nobody else could write";
    ::close(ends[0]);
    co_return;
  }());
}

TEST_P(processes, get_descriptors_of_ours_in_any_order) {
  on.run([]() -> task<> {
    pipe_ends p = make_pipe();
    process_options o;
    o.input = stdio::null();
    o.output = stdio::of(STDERR_FILENO);
    o.errors = stdio::of(p.writing.native_handle());
    process writer(child("complain", "to stderr"), o);
    const auto line = co_await p.reading.read_line();
    EXPECT_EQ(std::string(line->data(), line->size()), "to stderr\n");
    EXPECT_TRUE(co_await writer.wait());
  }());
}

TEST_P(processes, that_are_detached_are_left_alone) {
  on.run([]() -> task<> {
    pid_t pid = -1;
    {
      process sleeper(child("sleep"));
      pid = sleeper.pid();
      sleeper.detach();
    }
    EXPECT_TRUE(exists(pid));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    co_return;
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(processes);

}  // namespace
}  // namespace eddy::test
