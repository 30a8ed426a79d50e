// Starting programs. Sources: "CreateProcessW", "UpdateProcThreadAttribute", "SearchPathW" of
// Microsoft's documentation.
#include <cerrno>
#include <cstring>
#include <cwchar>

#include "base/memory.h"
#include "base/sys_process.h"
#include "base/sys_windows/children.h"
#include "base/sys_windows/command_line.h"
#include "base/sys_windows/handles.h"
#include "base/sys_windows/pumps.h"
#include "base/sys_windows/texts.h"

namespace eddy::engine::sys {
namespace {

constexpr wchar_t of_programs[] = L".exe";

// Its standard handles, as duplicates that it inherits; nothing else of ours has that list.
class inherited_handles {
 public:
  ~inherited_handles() {
    for (HANDLE h : handles_)
      if (h != nullptr) ::CloseHandle(h);
    if (list_ == nullptr) return;
    if (is_initialised_) ::DeleteProcThreadAttributeList(list_);
    memory::release(list_);
  }
  int take(const int standard[3]);
  int make_list();
  HANDLE operator[](int i) const { return handles_[i]; }
  LPPROC_THREAD_ATTRIBUTE_LIST list() const { return list_; }
  bool any() const { return count_ != 0; }

 private:
  HANDLE handles_[3] = {};
  HANDLE listed_[3] = {};
  std::size_t count_ = 0;
  LPPROC_THREAD_ATTRIBUTE_LIST list_ = nullptr;
  bool is_initialised_ = false;
};

int inherited_handles::take(const int standard[3]) {
  HANDLE self = ::GetCurrentProcess();
  for (int i = 0; i < 3; ++i) {
    HANDLE ours = handle_of_any(standard[i]);
    // A program without a console has no standard streams that a child could inherit.
    if (ours == INVALID_HANDLE_VALUE && standard[i] == i) continue;
    if (ours == INVALID_HANDLE_VALUE) return EBADF;
    if (!::DuplicateHandle(self, ours, self, &handles_[i], 0, TRUE, DUPLICATE_SAME_ACCESS)) {
      handles_[i] = nullptr;
      return errno_of_windows(::GetLastError());
    }
    listed_[count_++] = handles_[i];
  }
  return 0;
}

int inherited_handles::make_list() {
  SIZE_T size = 0;
  (void)::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
  list_ = static_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory::allocate(size));
  if (list_ == nullptr) return ENOMEM;
  is_initialised_ = ::InitializeProcThreadAttributeList(list_, 1, 0, &size) != FALSE;
  if (!is_initialised_) return errno_of_windows(::GetLastError());
  if (count_ == 0) return 0;
  if (::UpdateProcThreadAttribute(list_, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, listed_,
                                  count_ * sizeof *listed_, nullptr, nullptr))
    return 0;
  return errno_of_windows(::GetLastError());
}

bool is_file_there(const wchar_t* path) {
  const DWORD about = ::GetFileAttributesW(path);
  return about != INVALID_FILE_ATTRIBUTES && (about & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

bool add_suffix(array<wchar_t>& path) {
  path.truncate(path.size() - 1);
  for (const wchar_t c : of_programs)
    if (!path.push_back(c)) return false;
  return true;
}

// In the folders of PATH alone, not in the present one.
int search(const wchar_t* name, array<wchar_t>& found) {
  array<wchar_t> folders;
  const DWORD size = ::GetEnvironmentVariableW(L"PATH", nullptr, 0);
  if (!folders.resize(size + 1, 0)) return ENOMEM;
  ::GetEnvironmentVariableW(L"PATH", folders.data(), size);
  const DWORD room = ::SearchPathW(folders.data(), name, of_programs, 0, nullptr, nullptr);
  if (room == 0) return ENOENT;
  if (!found.resize(room, 0)) return ENOMEM;
  return ::SearchPathW(folders.data(), name, of_programs, room, found.data(), nullptr) < room
             ? 0
             : ENOENT;
}

int find_by_name(array<wchar_t>& name, array<wchar_t>& found) {
  int error = search(name.data(), found);
  if (error != ENOENT) return error;
  return add_suffix(name) ? search(name.data(), found) : ENOMEM;  // "python3.11"
}

int find_by_path(array<wchar_t>& path, array<wchar_t>& found) {
  if (!is_file_there(path.data())) {
    const DWORD about = ::GetFileAttributesW(path.data());
    const bool is_folder = about != INVALID_FILE_ATTRIBUTES;
    const int error = is_folder ? EACCES : errno_of_windows(::GetLastError());
    if (!add_suffix(path)) return ENOMEM;
    if (!is_file_there(path.data())) return error;
  }
  return to_whole_path(path.data(), found) ? 0 : errno;
}

// cmd.exe runs those, and takes words apart in ways of its own: what is data for anybody else can
// be a command to it.
bool is_script_of_cmd(const array<wchar_t>& path) {
  const std::size_t size = path.size() - 1;
  const wchar_t* end = size < 4 ? L"" : path.data() + size - 4;
  return ::_wcsicmp(end, L".bat") == 0 || ::_wcsicmp(end, L".cmd") == 0;
}

int find_program(const char* name, array<wchar_t>& found) {
  if (*name == '\0') return ENOENT;
  array<wchar_t> wide;
  if (!to_wide_path(name, wide)) return errno;
  const bool is_path = std::strpbrk(name, "/\\:") != nullptr;
  const int error = is_path ? find_by_path(wide, found) : find_by_name(wide, found);
  if (error != 0) return error;
  return is_script_of_cmd(found) ? ENOEXEC : 0;
}

int find_directory(const char* name, array<wchar_t>& found) {
  array<wchar_t> wide;
  if (!to_wide_path(name, wide)) return errno;
  const DWORD about = ::GetFileAttributesW(wide.data());
  if (about == INVALID_FILE_ATTRIBUTES) return errno_of_windows(::GetLastError());
  if ((about & FILE_ATTRIBUTE_DIRECTORY) == 0) return ENOTDIR;
  return to_whole_path(wide.data(), found) ? 0 : errno;
}

int run(const program& p, const inherited_handles& handles, const wchar_t* path,
        const wchar_t* directory, wchar_t* line, wchar_t* variables, pid_t* started) {
  STARTUPINFOEXW how{};
  how.StartupInfo.cb = sizeof how;
  how.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  how.StartupInfo.hStdInput = handles[0];
  how.StartupInfo.hStdOutput = handles[1];
  how.StartupInfo.hStdError = handles[2];
  how.lpAttributeList = handles.list();
  DWORD flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  if (p.own_group) flags |= CREATE_NEW_PROCESS_GROUP;
  PROCESS_INFORMATION made{};
  if (!::CreateProcessW(path, line, nullptr, nullptr, handles.any(), flags, variables, directory,
                        &how.StartupInfo, &made)) {
    const DWORD error = ::GetLastError();
    return error == ERROR_BAD_EXE_FORMAT || error == ERROR_EXE_MACHINE_TYPE_MISMATCH
               ? ENOEXEC
               : errno_of_windows(error);
  }
  ::CloseHandle(made.hThread);
  *started = static_cast<pid_t>(made.dwProcessId);
  return add_child(made.dwProcessId, made.hProcess);
}

}  // namespace

int start_program(const program& p, pid_t* started) {
  array<wchar_t> path, directory, line, variables;
  if (const int error = find_program(p.words[0], path)) return error;
  if (p.directory != nullptr)
    if (const int error = find_directory(p.directory, directory)) return error;
  if (const int error = to_command_line(p.words, line)) return error;
  if (const int error = to_variables(p.variables, p.inherits_variables, variables)) return error;
  inherited_handles handles;
  if (const int error = handles.take(p.standard)) return error;
  if (const int error = handles.make_list()) return error;
  return run(p, handles, path.data(), directory.data(), line.data(), variables.data(), started);
}

// The program has a pipe, as all expect; behind it a thread moves the bytes from and to a socket,
// since the loop waits for nothing else. (A socket in the place of the pipe would do for many
// programs, but not for those that ask what they have got, as node and git do.)
int pipe_to_program(int ends[2], int theirs) {
  int pair[2];
  if (::socketpair(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  HANDLE reading = nullptr, writing = nullptr;
  if (!::CreatePipe(&reading, &writing, nullptr, 0)) {
    (void)windows_failed();
    const int error = errno;
    for (const int fd : pair) (void)::close(fd);
    errno = error;
    return -1;
  }
  const int error = theirs == 0 ? pump_from_socket(socket_of(pair[1]), writing)
                                : pump_to_socket(reading, socket_of(pair[1]));
  ends[theirs] = descriptor_of_file(theirs == 0 ? reading : writing);
  ends[1 - theirs] = pair[0];
  if (error == 0 && ends[theirs] >= 0) return 0;
  if (ends[theirs] >= 0) (void)::close(ends[theirs]);
  (void)::close(pair[0]);
  errno = error != 0 ? error : EMFILE;
  return -1;
}

}  // namespace eddy::engine::sys
