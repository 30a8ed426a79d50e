#include <unistd.h>

#include <cstdlib>

#include "support/child/child.h"

namespace eddy::test {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}
void use_bytes() {}
void sleep_long() { ::sleep(1000); }

}  // namespace eddy::test

int main(int count, char** words) {
  return eddy::test::child_main(std::vector<std::string>(words + 1, words + count));
}
