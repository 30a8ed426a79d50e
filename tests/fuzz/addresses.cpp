// What evutil makes of any text as an address: nothing out of bounds, and what it accepts it writes
// so that it reads it again as the same.
#include <arpa/inet.h>
#include <event2/util.h>
#include <netinet/in.h>

#include <cstring>

#include "input.h"

namespace {

void check_family(int family, const std::string& text) {
  unsigned char ours[16] = {}, theirs[16] = {}, again[16] = {};
  const int accepted = evutil_inet_pton(family, text.c_str(), ours);
  // The system's is the judge for addresses without a zone.
  if (inet_pton(family, text.c_str(), theirs) == 1) {
    REQUIRE(accepted == 1 && std::memcmp(ours, theirs, sizeof ours) == 0);
  }
  if (accepted != 1) return;
  char shown[INET6_ADDRSTRLEN];
  REQUIRE(evutil_inet_ntop(family, ours, shown, sizeof shown) == shown);
  REQUIRE(evutil_inet_pton(family, shown, again) == 1);
  REQUIRE(std::memcmp(ours, again, sizeof ours) == 0);
}

void check_socket_address(const std::string& text) {
  sockaddr_storage address;
  int size = sizeof address;
  if (evutil_parse_sockaddr_port(text.c_str(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return;
  REQUIRE(address.ss_family == AF_INET || address.ss_family == AF_INET6);
  REQUIRE(size ==
          (address.ss_family == AF_INET ? int{sizeof(sockaddr_in)} : int{sizeof(sockaddr_in6)}));
  sockaddr_in tight;
  int tight_size = sizeof tight;
  const int fits =
      evutil_parse_sockaddr_port(text.c_str(), reinterpret_cast<sockaddr*>(&tight), &tight_size);
  REQUIRE((fits == 0) == (address.ss_family == AF_INET));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::input input(bytes, size);
  const std::string text(input.rest().c_str());
  check_family(AF_INET, text);
  check_family(AF_INET6, text);
  check_socket_address(text);
  return 0;
}
