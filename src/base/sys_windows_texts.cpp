// Names of files and other texts, in UTF-8 and in UTF-16.
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/sys_windows/handles.h"
#include "base/sys_windows/texts.h"

namespace eddy::engine::sys {
namespace {

bool no_memory() {
  errno = ENOMEM;
  return false;
}

// What is longer must be whole, and say that it is meant as it stands ("Maximum Path Length
// Limitation" of Microsoft's documentation; directories must leave room for a name of 12 letters).
constexpr std::size_t longest_short_path = MAX_PATH - 12;

bool make_whole(array<wchar_t>& path) {
  constexpr wchar_t local[] = L"\\\\?\\", of_network[] = L"\\\\?\\UNC";
  array<wchar_t> whole;
  if (!to_whole_path(path.data(), whole)) return false;
  const wchar_t* to = whole.data();
  const bool is_share = whole.size() > 2 && to[0] == L'\\' && to[1] == L'\\';
  if (is_share && whole.size() > 4 && (to[2] == L'?' || to[2] == L'.')) return true;
  path.clear();
  for (const wchar_t* c = is_share ? of_network : local; *c != 0; ++c)
    if (!path.push_back(*c)) return no_memory();
  for (std::size_t i = is_share ? 1 : 0; i < whole.size(); ++i)
    if (!path.push_back(whole[i])) return no_memory();
  return true;
}

}  // namespace

bool to_whole_path(const wchar_t* path, array<wchar_t>& whole) {
  const DWORD room = ::GetFullPathNameW(path, 0, nullptr, nullptr);
  if (!whole.reserve(room)) return no_memory();
  const DWORD size = ::GetFullPathNameW(path, room, whole.grow_reserved(room), nullptr);
  if (size < room) {
    whole.truncate(size + 1);
    return true;
  }
  // (The present folder has changed in between, or there is none.)
  (void)windows_failed();
  return false;
}

bool to_wide(const char* text, array<wchar_t>& wide) {
  const int size = ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, nullptr, 0);
  if (size <= 0) {
    errno = EILSEQ;
    return false;
  }
  wide.clear();
  if (!wide.reserve(static_cast<std::size_t>(size))) return no_memory();
  wchar_t* to = wide.grow_reserved(static_cast<std::size_t>(size));
  ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, to, size);
  return true;
}

bool to_wide_path(const char* path, array<wchar_t>& wide) {
  if (std::strcmp(path, "/dev/null") == 0) path = "NUL";
  if (!to_wide(path, wide)) return false;
  for (wchar_t& c : wide)
    if (c == L'/') c = L'\\';
  return wide.size() < longest_short_path || make_whole(wide);
}

bool to_utf8(const wchar_t* wide, std::size_t size, array<char>& text) {
  if (size == 0) return true;
  const int length = size > INT_MAX ? INT_MAX : static_cast<int>(size);
  const int room = ::WideCharToMultiByte(CP_UTF8, 0, wide, length, nullptr, 0, nullptr, nullptr);
  const auto more = static_cast<std::size_t>(room);
  if (!text.reserve(text.size() + more)) return no_memory();
  ::WideCharToMultiByte(CP_UTF8, 0, wide, length, text.grow_reserved(more), room, nullptr, nullptr);
  return true;
}

}  // namespace eddy::engine::sys
