// What a load sends.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "load.h"

// The project's own text, as it stands in text/, within the command itself.
asm(".section .rodata\n"
    "eddy_own_text: .incbin \"" EDDY_OWN_TEXT
    "\"\n"
    "eddy_own_text_end: .byte 0\n"
    ".previous\n");
extern "C" const char eddy_own_text[], eddy_own_text_end[];

namespace {

constexpr std::size_t longest_line = 16384;  // of the servers; longer ones they answer in pieces

std::vector<std::string> lines_of(std::istream& text) {
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(text, line)) {
    for (std::size_t at = 0; at == 0 || at < line.size(); at += longest_line - 1)
      lines.push_back(line.substr(at, longest_line - 1) + '\n');
  }
  return lines;
}

}  // namespace

std::string own_text() {
  return {eddy_own_text, static_cast<std::size_t>(eddy_own_text_end - eddy_own_text)};
}

std::vector<std::string> generated_lines(long length) {
  std::vector<std::string> lines;
  for (int n = 0; n < 16; ++n) {
    std::string line;
    for (long i = 0; i + 1 < length; ++i)
      line += static_cast<char>((i + n) % 7 == 6 ? ' ' : 'a' + (i * 5 + n) % 26);
    lines.push_back(line + '\n');
  }
  return lines;
}

std::vector<std::string> lines_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
  std::vector<std::string> lines = lines_of(file);
  if (lines.empty()) throw std::runtime_error(path + " has no lines to send");
  return lines;
}

std::vector<std::string> lines_of_text(const std::string& text) {
  std::istringstream stream(text);
  return lines_of(stream);
}
