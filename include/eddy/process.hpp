// eddy/process.hpp - other programs: started, talked to, waited for, ended.
//
//   eddy::finished f = co_await eddy::run(eddy::command("git", "log", "-1"));
//   if (!f.status) throw std::runtime_error(f.status.to_string() + ": " + f.errors);
//
//   eddy::process sorter(eddy::command("sort"),
//                        {.input = eddy::stdio::pipe(), .output = eddy::stdio::pipe()});
//   co_await sorter.input().write("b\na\n");
//   sorter.input().close();
//   auto line = co_await sorter.output().read_line();
//   eddy::exit_status status = co_await sorter.wait();
//
// The program is looked for in PATH, unless its name has a '/'. It gets the three standard
// descriptors as the options say, and no other of this process; no signals blocked, and SIGPIPE as
// the system has it. That it cannot be started is the caller's error, at once: "start nowhere: No
// such file or directory".
//
// A process object belongs to one thread. When it is destroyed while the program runs, that is
// killed (SIGKILL), and the system's record of it removed in the background; `detach` lets it live.
// Elsewhere in the program nobody must wait for all children (wait(2), SIGCHLD ignored): the status
// would be lost, and `wait` fails with no_child_process then.
//
// On Windows words are put together as the C library takes them apart; ".exe" may be left out, and
// what is looked for is looked for in PATH alone. ".bat" and ".cmd" are refused (ENOEXEC): cmd.exe
// would take data for commands. The environment always has SystemRoot. SIGKILL and SIGTERM end a
// program at once, with the code 128 + the signal; other signals are refused (not_supported).
// Behind each pipe is a thread, which moves its bytes. Codes of exit have 32 bits: a crash's is
// negative.
//
// Sources: posix_spawn(3), pidfd_open(2) (Linux 5.3; SIGCHLD is used where it is missing),
// waitid(2).
#pragma once

#include <eddy/descriptor.hpp>
#include <eddy/stream.hpp>
#include <eddy/task.hpp>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace eddy {

// A program and its arguments; no shell is asked, nothing is expanded.
class command {
 public:
  // A program, by its path or to be found in $PATH, and its arguments.
  template <class... Words>
  explicit command(std::string_view program, const Words&... words) {
    add(program);
    (add(words), ...);
  }
  // One more argument.
  command& add(std::string_view word) {
    words_.emplace_back(word);
    return *this;
  }
  // The program, then its arguments.
  const std::vector<std::string>& words() const noexcept { return words_; }

 private:
  std::vector<std::string> words_;
};

// What one of the standard descriptors of a program is.
class stdio {
 public:
  // What `what` says.
  enum class kind : unsigned char { inherited, nothing, piped, given };

  // That of this process.
  static stdio inherit() noexcept { return stdio(kind::inherited, -1); }
  static stdio null() noexcept { return stdio(kind::nothing, -1); }  // /dev/null
  // This process has the other end: process::input and so on.
  static stdio pipe() noexcept { return stdio(kind::piped, -1); }
  // A duplicate of that descriptor, which stays the caller's. (On Windows programs expect files and
  // pipes: the plain reads of most fail on a socket of ours, and make_pipe() is made of those.)
  static stdio of(int fd) noexcept { return stdio(kind::given, fd); }

  // What it was made as, and of which descriptor (-1: none).
  kind what() const noexcept { return what_; }
  int fd() const noexcept { return fd_; }

 private:
  stdio(kind what, int fd) noexcept : what_(what), fd_(fd) {}
  kind what_;
  int fd_;
};

// How a program is started.
struct process_options {
  // Descriptors 0, 1 and 2.
  stdio input = stdio::inherit();
  stdio output = stdio::inherit();
  stdio errors = stdio::inherit();
  std::string directory{};                     // where it runs; empty: where this process does
  bool inherit_environment = true;             // or none but what follows
  std::vector<std::string> set_environment{};  // "NAME=value"
  bool own_group = false;  // a process group of its own: the terminal's Ctrl-C does not reach it
};

// How a program ended. True for one that exited with 0.
class exit_status {
 public:
  exit_status() noexcept = default;
  // The signal that ended it, or 0 and its code.
  exit_status(int code, int signal) noexcept : code_(code), signal_(signal) {}

  explicit operator bool() const noexcept { return code_ == 0 && signal_ == 0; }
  // With what it exited; -1, when it was killed.
  int code() const noexcept { return signal_ == 0 ? code_ : -1; }
  // The signal that killed it, or 0.
  int signal() const noexcept { return signal_; }
  // "exited with 3", "killed by signal 9".
  EDDY_API std::string to_string() const;

 private:
  int code_ = 0;
  int signal_ = 0;
};

class process {
 public:
  // Starts it: takes as long as the system needs to start a program. Throws.
  EDDY_API explicit process(const command& c, const process_options& options = {});
  EDDY_API process(process&& other) noexcept;
  EDDY_API process& operator=(process&& other) noexcept;
  EDDY_API ~process();

  // Its number; -1 after `detach`.
  pid_t pid() const noexcept { return pid_; }
  // The ends of its pipes; streams that are closed where there are none. Closing `input` tells it
  // that no more will come.
  stream& input() noexcept { return input_; }
  stream& output() noexcept { return output_; }
  stream& errors() noexcept { return errors_; }

  // Until it has ended; again and again the same. Cancelled, it leaves the program as it is. The
  // object must stay until it has ended.
  EDDY_API task<exit_status> wait();
  // Sends it a signal. False, when it has ended already. Throws.
  EDDY_API bool kill(int signal = SIGTERM);
  // Nobody waits for it and nobody kills it; when it ends its record stays until this process ends.
  void detach() noexcept { pid_ = -1; }

 private:
  bool reap();

  pid_t pid_ = -1;
  bool ended_ = false;
  exit_status status_;
  owned_descriptor pidfd_;
  stream input_, output_, errors_;
};

// What a program has written, and how it ended.
struct finished {
  // How it ended, and what it wrote to its standard output and error.
  exit_status status;
  std::string output;
  std::string errors;
};

// Runs a program to its end: gives it `input`, and collects what it writes. Fails with
// value_too_large when it writes more than `limit` bytes to one of the two; then, and when this is
// cancelled, it is killed. `input` must stay until it has ended.
inline constexpr std::size_t most_collected = 16 << 20;
EDDY_API task<finished> run(command c, byte_view input = {}, std::size_t limit = most_collected);
// The three descriptors of the options do not count; the rest does, and must stay until this has
// begun.
EDDY_API task<finished> run(command c, const process_options& options, byte_view input = {},
                            std::size_t limit = most_collected);

}  // namespace eddy
