#include "descriptors.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

// Tests that count allocations may define this, to leave out what a kernel takes for itself.
extern "C" [[gnu::weak]] void simulated_kernel_takes_memory(bool begins);

namespace eddy::simulated {
namespace {

void takes_memory(bool begins) {
  if (simulated_kernel_takes_memory != nullptr) simulated_kernel_takes_memory(begins);
}

std::mutex& lock() {
  static auto* one = new std::mutex;
  return *one;
}

// Never destroyed: close(2) may come until the very end.
std::map<int, std::shared_ptr<object>>& objects() {
  static auto* all = new std::map<int, std::shared_ptr<object>>;
  return *all;
}

sigset_t before_fork;

sigset_t block_all_signals() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

void before_the_fork() {
  const sigset_t before = block_all_signals();
  lock().lock();
  before_fork = before;
}

void after_the_fork() {
  const sigset_t before = before_fork;
  lock().unlock();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void in_the_child() {
  std::erase_if(objects(), [](auto& entry) {
    if (entry.second->survives_fork()) return false;
    if (is_still(entry.first, entry.second->file)) __real_close(entry.first);
    return true;
  });
  after_the_fork();
}

[[maybe_unused]] const int handlers =
    ::pthread_atfork(before_the_fork, after_the_fork, in_the_child);

void forget(std::map<int, std::shared_ptr<object>>::iterator entry) {
  entry->second->closed = true;
  entry->second->wake();
  objects().erase(entry);
}

timespec as_timespec(std::int64_t nanoseconds) {
  return {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}

// A pipe's writing end with nobody to read.
int open_handle() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  __real_close(ends[0]);
  return ends[1];
}

}  // namespace

in_kernel::in_kernel() {
  before_ = block_all_signals();
  lock().lock();
  takes_memory(true);
}

in_kernel::~in_kernel() {
  const int error = errno;
  takes_memory(false);
  lock().unlock();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

int in_kernel::sleep(std::vector<pollfd>& of, std::int64_t nanoseconds) {
  const timespec most = as_timespec(nanoseconds);
  lock().unlock();
  const int ready =
      ::ppoll(of.data(), of.size(), nanoseconds == forever ? nullptr : &most, &before_);
  const int error = errno;
  lock().lock();
  errno = error;
  return ready;
}

bool look_at(int fd, struct statx& facts) {
  return fd >= 0 && ::syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &facts) == 0;
}

bool identity::take(int fd) {
  struct statx facts;
  if (!look_at(fd, facts)) return false;
  device = makedev(facts.stx_dev_major, facts.stx_dev_minor);
  inode = facts.stx_ino;
  access = ::fcntl(fd, F_GETFL) & O_ACCMODE;
  return true;
}

bool is_still(int fd, const identity& file) {
  identity there;
  return there.take(fd) && there == file;
}

object::~object() {
  if (waker >= 0) __real_close(waker);
}

void object::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t told = ::write(waker, &one, sizeof one);
}

void object::woken() const {
  // All who sleep have to hear of that.
  if (closed) return;
  std::uint64_t count;
  [[maybe_unused]] const ssize_t heard = ::read(waker, &count, sizeof count);
}

void object::renew_waker() {
  if (waker >= 0) __real_close(waker);
  waker = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int publish(std::shared_ptr<object> made) {
  made->renew_waker();
  if (made->waker < 0) return -1;
  const int fd = open_handle();
  if (fd < 0) return -1;
  made->descriptor = fd;
  made->file.take(fd);
  const auto before = objects().find(fd);
  if (before != objects().end()) forget(before);
  objects().emplace(fd, std::move(made));
  return fd;
}

std::shared_ptr<object> find(int fd) {
  const auto entry = objects().find(fd);
  if (entry == objects().end()) return nullptr;
  if (is_still(fd, entry->second->file)) return entry->second;
  forget(entry);
  return nullptr;
}

std::int64_t now(clockid_t clock) {
  timespec at;
  ::clock_gettime(clock, &at);
  return at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec;
}

bool end_of(const timespec* timeout, std::int64_t& moment) {
  moment = forever;
  if (timeout == nullptr) return true;
  if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1'000'000'000)
    return false;
  constexpr std::int64_t a_day = 24 * 3600;
  const std::int64_t seconds = std::min<std::int64_t>(timeout->tv_sec, 365 * a_day);
  moment = now() + seconds * 1'000'000'000 + timeout->tv_nsec;
  return true;
}

std::int64_t left_until(std::int64_t moment) {
  return moment == forever ? forever : std::max<std::int64_t>(0, moment - now());
}

}  // namespace eddy::simulated

extern "C" int __wrap_close(int fd) {
  {
    const eddy::simulated::in_kernel here;
    auto& all = eddy::simulated::objects();
    const auto entry = all.find(fd);
    const bool is_one = entry != all.end();
    if (is_one) eddy::simulated::forget(entry);
    for (auto& [number, each] : all) each->closing(fd);
    if (is_one) return __real_close(fd);
  }
  // This may take its time.
  return __real_close(fd);
}
