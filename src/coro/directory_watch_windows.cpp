// Changes of directories by ReadDirectoryChangesW. Each directory has one request, whose end the
// system's thread pool tells by a byte to a socket; all else is done on the thread that awaits.
// Until its answer was taken there is no other request, and the system keeps what happens.
//
// Sources: "ReadDirectoryChangesW", "FILE_NOTIFY_INFORMATION", "SetThreadpoolWait" of Microsoft's
// documentation.
#include <sys/socket.h>
#include <eddy/directory.hpp>
#include <eddy/operation.hpp>

#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

#include "base/sys.h"
#include "base/sys_windows/handles.h"
#include "base/sys_windows/texts.h"
#include "coro/file_info.h"

namespace eddy {
namespace detail {
namespace {

constexpr DWORD wanted = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME |
                         FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE |
                         FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SECURITY;

int last_error() { return engine::sys::errno_of_windows(::GetLastError()); }

std::string text_of(const wchar_t* wide, std::size_t size) {
  engine::array<char> text;
  if (!engine::sys::to_utf8(wide, size, text)) throw std::bad_alloc();
  return std::string(text.data(), text.size());
}

bool is_directory(const std::string& path) {
  engine::array<wchar_t> wide;
  if (!engine::sys::to_wide_path(path.c_str(), wide)) return false;
  const DWORD about = ::GetFileAttributesW(wide.data());
  return about != INVALID_FILE_ATTRIBUTES && (about & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

}  // namespace

// Has its place until it is destroyed: the system writes into it.
class watched_directory {
 public:
  watched_directory(std::string path, SOCKET wake) : path_(std::move(path)), wake_(wake) {}
  watched_directory(const watched_directory&) = delete;
  watched_directory& operator=(const watched_directory&) = delete;
  ~watched_directory();

  const std::string& path() const noexcept { return path_; }
  // 0 or an errno.
  int open() noexcept;
  // False when nothing has come. What has come is added, and the next request made.
  bool take(std::deque<change>& changes);
  // Nothing will come any more: the directory is no more.
  bool is_gone() const noexcept { return !asked_; }

 private:
  int ask() noexcept;
  void tell(const FILE_NOTIFY_INFORMATION& one, std::deque<change>& changes);
  static void CALLBACK came(PTP_CALLBACK_INSTANCE, void* self, PTP_WAIT, TP_WAIT_RESULT);

  std::string path_;
  SOCKET wake_;
  HANDLE directory_ = INVALID_HANDLE_VALUE;
  HANDLE event_ = nullptr;
  PTP_WAIT wait_ = nullptr;
  bool asked_ = false;
  std::string old_name_;  // of a rename whose other half comes next
  OVERLAPPED request_{};
  // (64 KiB are the most for a directory in a network.)
  alignas(FILE_NOTIFY_INFORMATION) unsigned char room_[32 << 10];
};

int watched_directory::open() noexcept {
  engine::array<wchar_t> wide;
  if (!engine::sys::to_wide_path(path_.c_str(), wide)) return errno;
  const DWORD about = ::GetFileAttributesW(wide.data());
  if (about == INVALID_FILE_ATTRIBUTES) return last_error();
  if ((about & FILE_ATTRIBUTE_DIRECTORY) == 0) return ENOTDIR;
  directory_ = ::CreateFileW(
      wide.data(), FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, nullptr);
  if (directory_ == INVALID_HANDLE_VALUE) return last_error();
  event_ = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
  wait_ = event_ == nullptr ? nullptr : ::CreateThreadpoolWait(came, this, nullptr);
  return wait_ == nullptr ? ENOMEM : ask();
}

watched_directory::~watched_directory() {
  DWORD unused = 0;
  if (asked_) {
    ::CancelIoEx(directory_, &request_);
    (void)::GetOverlappedResult(directory_, &request_, &unused, TRUE);
  }
  if (wait_ != nullptr) {
    ::SetThreadpoolWait(wait_, nullptr, nullptr);
    ::WaitForThreadpoolWaitCallbacks(wait_, TRUE);
    ::CloseThreadpoolWait(wait_);
  }
  if (event_ != nullptr) ::CloseHandle(event_);
  if (directory_ != INVALID_HANDLE_VALUE) ::CloseHandle(directory_);
}

int watched_directory::ask() noexcept {
  request_ = {};
  request_.hEvent = event_;
  if (!::ReadDirectoryChangesW(directory_, room_, sizeof room_, FALSE, wanted, nullptr, &request_,
                               nullptr))
    return last_error();
  asked_ = true;
  ::SetThreadpoolWait(wait_, event_, nullptr);
  return 0;
}

// (A byte that finds no room is one of many.)
void CALLBACK watched_directory::came(PTP_CALLBACK_INSTANCE, void* self, PTP_WAIT, TP_WAIT_RESULT) {
  const char byte = 0;
  (void)::send(static_cast<watched_directory*>(self)->wake_, &byte, int{1}, 0);
}

bool watched_directory::take(std::deque<change>& changes) {
  DWORD size = 0;
  if (!asked_) return false;
  const bool is_done = ::GetOverlappedResult(directory_, &request_, &size, FALSE) != FALSE;
  const DWORD error = is_done ? ERROR_SUCCESS : ::GetLastError();
  if (error == ERROR_IO_INCOMPLETE) return false;
  asked_ = false;
  const bool went_well = is_done || error == ERROR_NOTIFY_ENUM_DIR;
  if (went_well && size == 0) changes.emplace_back();  // more than the system keeps
  for (std::size_t at = 0; went_well && size != 0;) {
    const auto* one = reinterpret_cast<const FILE_NOTIFY_INFORMATION*>(room_ + at);
    tell(*one, changes);
    if (one->NextEntryOffset == 0) break;
    at += one->NextEntryOffset;
  }
  if (went_well && ask() == 0) return true;
  change c;
  c.kind = change_kind::gone;
  c.directory = path_;
  changes.push_back(std::move(c));
  return true;
}

void watched_directory::tell(const FILE_NOTIFY_INFORMATION& one, std::deque<change>& changes) {
  change c;
  c.directory = path_;
  c.name = text_of(one.FileName, one.FileNameLength / sizeof(wchar_t));
  if (one.Action == FILE_ACTION_RENAMED_OLD_NAME) {
    old_name_ = std::move(c.name);
    return;
  }
  c.is_directory = one.Action != FILE_ACTION_REMOVED && is_directory(path_ + "/" + c.name);
  switch (one.Action) {
    case FILE_ACTION_ADDED:
      c.kind = change_kind::created;
      break;
    case FILE_ACTION_REMOVED:
      c.kind = change_kind::removed;
      break;
    case FILE_ACTION_RENAMED_NEW_NAME:
      c.kind = change_kind::renamed;
      c.from_directory = path_;
      c.from_name = std::exchange(old_name_, {});
      break;
    default:
      if (c.is_directory) return;  // something changed in it
      c.kind = change_kind::written;
  }
  // One write is told as often as it changes something: the size, the time.
  const bool is_again = c.kind == change_kind::written && !changes.empty() &&
                        changes.back().kind == change_kind::written &&
                        changes.back().directory == path_ && changes.back().name == c.name;
  if (!is_again) changes.push_back(std::move(c));
}

struct watched_directories {
  watched_directories();

  void take();
  void drain() const noexcept;

  owned_descriptor reading, waking;
  std::vector<std::unique_ptr<watched_directory>> all;  // before the sockets are closed
  std::deque<change> changes;
};

watched_directories::watched_directories() {
  int ends[2];
  if (::socketpair(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    error::of_errno(errno, "watch directories").raise();
  reading = owned_descriptor(ends[0]);
  waking = owned_descriptor(ends[1]);
}

void watched_directories::drain() const noexcept {
  char bytes[256];
  while (engine::sys::recv(reading.get(), bytes, sizeof bytes, 0) > 0) {
  }
}

void watched_directories::take() {
  drain();
  for (auto& one : all) (void)one->take(changes);
  std::erase_if(all, [](const auto& one) { return one->is_gone(); });
}

void end_watching::operator()(watched_directories* w) const noexcept { delete w; }

}  // namespace detail

namespace {

// None in one that was moved from.
detail::watched_directories& checked(
    const std::unique_ptr<detail::watched_directories, detail::end_watching>& state) {
  if (state == nullptr) error::of_errno(EBADF, "watch directories").raise();
  return *state;
}

}  // namespace

directory_watch::directory_watch() : state_(new detail::watched_directories) {}

void directory_watch::add(const std::string& path) {
  auto& s = checked(state_);
  detail::refuse_zeroes(path, "watch");
  for (const auto& one : s.all)
    if (one->path() == path) return;
  auto made =
      std::make_unique<detail::watched_directory>(path, engine::sys::socket_of(s.waking.get()));
  if (const int number = made->open()) error::of_errno(number, "watch", path).raise();
  s.all.push_back(std::move(made));
}

void directory_watch::remove(const std::string& path) noexcept {
  if (state_ == nullptr) return;
  std::erase_if(state_->all, [&](const auto& one) { return one->path() == path; });
}

task<change> directory_watch::next() {
  auto& s = checked(state_);
  for (;;) {
    if (s.changes.empty()) s.take();
    if (!s.changes.empty()) break;
    co_await readable(s.reading.get());
  }
  change first = std::move(s.changes.front());
  s.changes.pop_front();
  co_return first;
}

}  // namespace eddy
