// A program for tests to start, which does what its first word says; see child.cpp.
#pragma once

#include <string>
#include <vector>

namespace eddy::test {

// The words behind the program's name, in UTF-8. What it exits with.
int child_main(const std::vector<std::string>& words);

// What systems have apart. "" where it is not set.
std::string variable(const char* name);
// No line ends become others.
void use_bytes();
void sleep_long();

}  // namespace eddy::test
