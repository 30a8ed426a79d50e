// Sources: "CommandLineToArgvW", "Parsing C command-line arguments", "CreateProcessW" and "Changing
// Environment Variables" of Microsoft's documentation.
#include "base/sys_windows/command_line.h"

#include <winsock2.h>

#include <algorithm>
#include <cerrno>
#include <cwchar>

#include "base/sys_windows/texts.h"

namespace eddy::engine::sys {
namespace {

bool add(array<wchar_t>& text, wchar_t c, std::size_t count = 1) {
  while (count-- != 0)
    if (!text.push_back(c)) return false;
  return true;
}

bool needs_quotes(const wchar_t* word) {
  return *word == 0 || std::wcspbrk(word, L" \t\n\v\"") != nullptr;
}

// Backslashes count double in front of a quote, and only there.
bool add_quoted(array<wchar_t>& line, const wchar_t* word) {
  if (!add(line, L'"')) return false;
  std::size_t backslashes = 0;
  for (; *word != 0; ++word) {
    const bool is_quote = *word == L'"';
    if (is_quote && !add(line, L'\\', backslashes + 1)) return false;
    backslashes = *word == L'\\' ? backslashes + 1 : 0;
    if (!add(line, *word)) return false;
  }
  return add(line, L'\\', backslashes) && add(line, L'"');
}

bool add_plain(array<wchar_t>& line, const wchar_t* word) {
  for (; *word != 0; ++word)
    if (!add(line, *word)) return false;
  return true;
}

// The program's own name is taken as it stands between quotes.
bool add_name(array<wchar_t>& line, const wchar_t* name) {
  return add(line, L'"') && add_plain(line, name) && add(line, L'"');
}

// Where in `names` the text lies, which is itself no pointer into it: arrays move.
struct variables {
  array<wchar_t> texts;
  array<std::size_t> starts;

  const wchar_t* operator[](std::size_t i) const { return texts.data() + starts[i]; }
  bool add(const wchar_t* one) {
    return starts.push_back(texts.size()) && add_plain(texts, one) && texts.push_back(0);
  }
};

// (Hidden ones, of the folders of drives, begin with '='.)
int size_of_name(const wchar_t* variable) {
  const wchar_t* end = *variable == 0 ? variable : std::wcschr(variable + 1, L'=');
  return static_cast<int>(end == nullptr ? std::wcslen(variable)
                                         : static_cast<std::size_t>(end - variable));
}

int compare_names(const wchar_t* a, const wchar_t* b) {
  return ::CompareStringOrdinal(a, size_of_name(a), b, size_of_name(b), TRUE) - CSTR_EQUAL;
}

bool has(const variables& all, const wchar_t* one) {
  for (std::size_t i = 0; i < all.starts.size(); ++i)
    if (compare_names(all[i], one) == 0) return true;
  return false;
}

int add_ours(variables& all, bool every_one) {
  wchar_t* const ours = ::GetEnvironmentStringsW();
  if (ours == nullptr) return ENOMEM;
  bool is_added = true;
  for (const wchar_t* v = ours; *v != 0 && is_added; v += std::wcslen(v) + 1) {
    const bool wanted = every_one || compare_names(v, L"SystemRoot=") == 0;
    if (wanted && !has(all, v)) is_added = all.add(v);
  }
  ::FreeEnvironmentStringsW(ours);
  return is_added ? 0 : ENOMEM;
}

}  // namespace

int to_command_line(char* const* words, array<wchar_t>& line) {
  constexpr std::size_t most = 32767;  // of CreateProcessW, with the zero
  array<wchar_t> word;
  for (char* const* w = words; *w != nullptr; ++w) {
    if (!to_wide(*w, word)) return errno;
    const bool is_name = w == words;
    if (!is_name && !add(line, L' ')) return ENOMEM;
    const bool done = is_name                     ? add_name(line, word.data())
                      : needs_quotes(word.data()) ? add_quoted(line, word.data())
                                                  : add_plain(line, word.data());
    if (!done) return ENOMEM;
    if (line.size() >= most) return E2BIG;
  }
  return add(line, 0) ? 0 : ENOMEM;
}

int to_variables(char* const* set, bool inherits, array<wchar_t>& block) {
  variables all;
  array<wchar_t> one;
  for (char* const* v = set; *v != nullptr; ++v) {
    if (!to_wide(*v, one)) return errno;
    if (!has(all, one.data()) && !all.add(one.data())) return ENOMEM;
  }
  if (const int error = add_ours(all, inherits)) return error;
  std::sort(all.starts.begin(), all.starts.end(), [&](std::size_t a, std::size_t b) {
    return compare_names(all.texts.data() + a, all.texts.data() + b) < 0;
  });
  for (const std::size_t start : all.starts)
    if (!add_plain(block, all.texts.data() + start) || !add(block, 0)) return ENOMEM;
  return add(block, 0, block.empty() ? 2 : 1) ? 0 : ENOMEM;
}

}  // namespace eddy::engine::sys
