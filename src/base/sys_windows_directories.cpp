// What is in a directory.
#include <dirent.h>

#include <cerrno>

#include "base/memory.h"
#include "base/sys_windows/handles.h"
#include "base/sys_windows/texts.h"

using namespace eddy::engine;
using namespace eddy::engine::sys;

// The first name comes with the search itself.
struct DIR {
  HANDLE search = INVALID_HANDLE_VALUE;
  bool has_one = true;
  WIN32_FIND_DATAW found{};
  array<char> name;
  dirent entry{};
};

namespace {

unsigned char kind_of(const WIN32_FIND_DATAW& f) {
  if ((f.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 && is_tag_of_link(f.dwReserved0))
    return DT_LNK;
  return f.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? DT_DIR : DT_REG;
}

// All names, in the folder that is given by its wide path.
bool add_pattern(array<wchar_t>& path) {
  const wchar_t last = path.size() > 1 ? path[path.size() - 2] : L'\0';
  path.truncate(path.size() - 1);
  for (const wchar_t* c = last == L'\\' || last == L':' ? L"*" : L"\\*";; ++c) {
    if (!path.push_back(*c)) {
      errno = ENOMEM;
      return false;
    }
    if (*c == 0) return true;
  }
}

}  // namespace

DIR* opendir(const char* path) {
  array<wchar_t> wide;
  if (*path == '\0') {
    errno = ENOENT;
    return nullptr;
  }
  if (!to_wide_path(path, wide) || !add_pattern(wide)) return nullptr;
  DIR* made = memory::create<DIR>();
  if (made == nullptr) {
    errno = ENOMEM;
    return nullptr;
  }
  made->search = ::FindFirstFileExW(wide.data(), FindExInfoBasic, &made->found,
                                    FindExSearchNameMatch, nullptr, FIND_FIRST_EX_LARGE_FETCH);
  if (made->search != INVALID_HANDLE_VALUE) return made;
  const DWORD error = ::GetLastError();
  made->has_one = false;
  if (error == ERROR_FILE_NOT_FOUND) return made;  // the root of an empty disk
  memory::destroy(made);
  errno = errno_of_windows(error);
  return nullptr;
}

dirent* readdir(DIR* d) {
  if (!d->has_one) {
    if (d->search == INVALID_HANDLE_VALUE) return nullptr;
    if (!::FindNextFileW(d->search, &d->found)) {
      if (::GetLastError() != ERROR_NO_MORE_FILES) (void)windows_failed();
      return nullptr;
    }
  }
  d->has_one = false;
  d->name.clear();
  const wchar_t* name = d->found.cFileName;
  std::size_t size = 0;
  while (name[size] != 0) ++size;
  if (!to_utf8(name, size, d->name) || !d->name.push_back('\0')) {
    errno = ENOMEM;
    return nullptr;
  }
  d->entry.d_name = d->name.data();
  d->entry.d_type = kind_of(d->found);
  return &d->entry;
}

int closedir(DIR* d) {
  if (d->search != INVALID_HANDLE_VALUE) ::FindClose(d->search);
  memory::destroy(d);
  return 0;
}
