// A user of <eddy/...> in C++: the header and the library it runs on are of one release.
#include <eddy/version.h>

#include <cstdio>
#include <cstring>

int main() {
  std::printf("eddy %s\n", eddy_version());
  return std::strcmp(eddy_version(), EDDY_VERSION) == 0 ? 0 : 1;
}
