#include <eddy/process.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <eddy/operation.hpp>
#include <eddy/scope.hpp>
#include <eddy/signal.hpp>
#include <eddy/with_timeout.hpp>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/sys.h"
#include "base/sys_process.h"

namespace eddy {
namespace {

error of_program(int number, const command& c) {
  return error::of_errno(number, "start", c.words().front());
}

// What a program gets, and what of it is ours.
struct ends {
  owned_descriptor theirs, ours;
  int fd = -1;  // what it gets
};

ends make_ends(const stdio& what, int number, const command& c) {
  ends e;
  if (what.what() == stdio::kind::inherited) {
    e.fd = number;
  } else if (what.what() == stdio::kind::given) {
    e.fd = what.fd();
  } else if (what.what() == stdio::kind::nothing) {
    e.theirs = owned_descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!e.theirs) of_program(errno, c).raise();
    e.fd = e.theirs.get();
  } else {
    int both[2];
    const int theirs = number == 0 ? 0 : 1;
    if (engine::sys::pipe_to_program(both, theirs) != 0) of_program(errno, c).raise();
    e.theirs = owned_descriptor(both[theirs]);
    e.ours = owned_descriptor(both[1 - theirs]);
    e.fd = e.theirs.get();
  }
  return e;
}

// Null at its end.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

// They would be cut off there.
bool have_zeroes(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

stream stream_of(owned_descriptor& fd) { return fd ? stream(fd.release()) : stream(); }

// The system's record of a program that was killed and does not end at once, which may last (it
// waits for a disk): by a thread, so that nobody else has to wait.
void reap_in_background(pid_t pid) noexcept {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([pid] { ::waitpid(pid, nullptr, 0); }).detach();
  } catch (const std::exception&) {  // no thread, or no memory for one
    // Its record stays until this process ends.
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

std::string exit_status::to_string() const {
  return signal_ != 0 ? "killed by signal " + std::to_string(signal_)
                      : "exited with " + std::to_string(code_);
}

process::process(const command& c, const process_options& options) {
  if (have_zeroes(c.words()) || have_zeroes(options.set_environment) ||
      have_zeroes({options.directory}))
    of_program(EINVAL, c).raise();
  ends all[] = {make_ends(options.input, 0, c), make_ends(options.output, 1, c),
                make_ends(options.errors, 2, c)};
  const std::vector<char*> words = pointers_to(c.words());
  const std::vector<char*> variables = pointers_to(options.set_environment);
  // Before there is a program to be lost.
  input_ = stream_of(all[0].ours);
  output_ = stream_of(all[1].ours);
  errors_ = stream_of(all[2].ours);
  engine::sys::program p;
  p.words = words.data();
  p.variables = variables.data();
  p.inherits_variables = options.inherit_environment;
  p.directory = options.directory.empty() ? nullptr : options.directory.c_str();
  p.own_group = options.own_group;
  for (int i = 0; i < 3; ++i) p.standard[i] = all[i].fd;
  if (const int error = engine::sys::start_program(p, &pid_)) {
    pid_ = -1;
    of_program(error, c).raise();
  }
  pidfd_ = owned_descriptor(engine::sys::open_process(pid_));
}

process::process(process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      ended_(other.ended_),
      status_(other.status_),
      pidfd_(std::move(other.pidfd_)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

process& process::operator=(process&& other) noexcept {
  process moved(std::move(other));
  std::swap(pid_, moved.pid_);
  std::swap(ended_, moved.ended_);
  std::swap(status_, moved.status_);
  std::swap(pidfd_, moved.pidfd_);
  std::swap(input_, moved.input_);
  std::swap(output_, moved.output_);
  std::swap(errors_, moved.errors_);
  return *this;
}

process::~process() {
  if (pid_ < 0 || ended_) return;
  (void)::kill(pid_, SIGKILL);  // its number is its own until it is reaped
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) reap_in_background(pid_);
}

// True when it has ended. Throws.
bool process::reap() {
  if (ended_) return true;
  siginfo_t how{};
  int result = 0;
  do result = ::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOHANG);
  while (result != 0 && errno == EINTR);
  if (result != 0) error::of_errno(errno, "wait for process", std::to_string(pid_)).raise();
  if (how.si_pid == 0) return false;
  status_ =
      how.si_code == CLD_EXITED ? exit_status(how.si_status, 0) : exit_status(0, how.si_status);
  ended_ = true;
  return true;
}

task<exit_status> process::wait() {
  if (pid_ < 0) error(std::errc::no_child_process, "wait for a process").raise();
  if (pidfd_) {
    while (!reap()) co_await readable(pidfd_.get());
    co_return status_;
  }
  signal_set child_ended(SIGCHLD);
  // The first wait begins to watch: what came before is seen by `reap`, what comes after is told.
  (void)co_await as_result(with_timeout(std::chrono::nanoseconds(0), child_ended.next()));
  while (!reap()) (void)co_await child_ended.next();
  co_return status_;
}

bool process::kill(int signal) {
  if (pid_ < 0 || reap()) return false;
  if (::kill(pid_, signal) == 0) return true;
  error::of_errno(errno, "send a signal to process", std::to_string(pid_)).raise();
}

namespace {

task<> collect(stream& from, std::string& to, std::size_t limit, const std::string& program) {
  char space[16 << 10];
  for (;;) {
    const std::size_t got = co_await from.read_some(space);
    if (got == 0) co_return;
    if (got > limit - to.size())
      error(std::make_error_code(std::errc::value_too_large), "read what is written by", program)
          .raise();
    to.append(space, got);
  }
}

bool reads_no_more(const error& e) {
  return e == std::errc::broken_pipe || e == std::errc::connection_reset ||
         e == std::errc::connection_aborted;
}

// A program that does not read all of it has its reasons.
task<> feed(stream& to, byte_view input) {
  auto sent = co_await as_result(to.write(input));
  if (sent) sent = co_await as_result(to.flush());
  to.close();
  if (!sent && !reads_no_more(sent.error())) sent.error().raise();
}

}  // namespace

task<finished> run(command c, byte_view input, std::size_t limit) {
  const process_options usual;
  co_return co_await run(std::move(c), usual, input, limit);
}

task<finished> run(command c, const process_options& chosen, byte_view input, std::size_t limit) {
  process_options options = chosen;
  options.input = input.empty() ? stdio::null() : stdio::pipe();
  options.output = options.errors = stdio::pipe();
  process child(c, options);
  finished f;
  co_await with_scope([&](scope& s) -> task<> {
    if (!input.empty()) s.spawn(feed(child.input(), input));
    s.spawn(collect(child.output(), f.output, limit, c.words().front()));
    s.spawn(collect(child.errors(), f.errors, limit, c.words().front()));
    f.status = co_await child.wait();
  });
  co_return f;
}

}  // namespace eddy
