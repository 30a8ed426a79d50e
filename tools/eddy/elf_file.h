// What a program or library of this machine asks of others, and offers.
#pragma once

#include <string>
#include <vector>

struct elf_file {
  std::vector<std::string> needed;   // libraries
  std::vector<std::string> imports;  // symbols that it does not have itself and cannot do without
  std::vector<std::string> imported_data;  // those of them that are known to be variables
  std::vector<std::string> exports;
};

// Throws std::runtime_error with what is wrong with the file.
elf_file read_elf(const std::string& path);
