// It takes its words from the system, not from what the C library made of them in the system's code
// page.
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdio.h>

#include "support/child/child.h"

namespace {

std::string to_utf8(const wchar_t* text) {
  char bytes[4096];
  const int size =
      ::WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, nullptr, nullptr);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size) - 1) : std::string();
}

}  // namespace

namespace eddy::test {

std::string variable(const char* name) {
  wchar_t wide[256], value[1024];
  ::MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, 256);
  return ::GetEnvironmentVariableW(wide, value, 1024) == 0 ? "" : to_utf8(value);
}

void use_bytes() {
  for (const int fd : {0, 1, 2}) (void)::_setmode(fd, _O_BINARY);
}

void sleep_long() { ::Sleep(1'000'000); }

}  // namespace eddy::test

int main() {
  int count = 0;
  wchar_t** words = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  std::vector<std::string> all;
  for (int i = 1; i < count; ++i) all.push_back(to_utf8(words[i]));
  return eddy::test::child_main(all);
}
