// Names of hosts and services: evutil_getaddrinfo(), on the system's resolver.
#include <cerrno>
#include <cstdlib>

#include <event2/util.h>

namespace {

// "65616", which glibc would take for port 80.
bool beyond_ports(const char* service) {
  if (service == nullptr || *service < '0' || *service > '9') return false;
  char* end = nullptr;
  const unsigned long port = std::strtoul(service, &end, 10);
  return *end == '\0' && port > 65535;
}

}  // namespace

extern "C" {

int evutil_getaddrinfo(const char* nodename, const char* servname,
                       const struct evutil_addrinfo* hints_in, struct evutil_addrinfo** res) {
  if (res == nullptr) {
    errno = EINVAL;
    return EVUTIL_EAI_SYSTEM;
  }
  if (beyond_ports(servname)) return EVUTIL_EAI_SERVICE;
  struct evutil_addrinfo* found = nullptr;  // (Windows forgets *res when it fails)
  const int failed = getaddrinfo(nodename, servname, hints_in, &found);
  if (failed == 0) *res = found;
  return failed;
}

// The list is the system's own, so that programs that release it with freeaddrinfo() are right,
// too.
void evutil_freeaddrinfo(struct evutil_addrinfo* ai) {
  if (ai != nullptr) freeaddrinfo(ai);
}

const char* evutil_gai_strerror(int err) {
  switch (err) {
    case 0:
      return "No error";
    case EVUTIL_EAI_CANCEL:
      return "Request canceled";
    case EVUTIL_EAI_ADDRFAMILY:
      return "address family for nodename not supported";
    case EVUTIL_EAI_AGAIN:
      return "temporary failure in name resolution";
    case EVUTIL_EAI_BADFLAGS:
      return "invalid value for ai_flags";
    case EVUTIL_EAI_FAIL:
      return "non-recoverable failure in name resolution";
    case EVUTIL_EAI_FAMILY:
      return "ai_family not supported";
    case EVUTIL_EAI_MEMORY:
      return "memory allocation failure";
    case EVUTIL_EAI_NODATA:
      return "no address associated with nodename";
    case EVUTIL_EAI_NONAME:
      return "nodename nor servname provided, or not known";
    case EVUTIL_EAI_SERVICE:
      return "servname not supported for ai_socktype";
    case EVUTIL_EAI_SOCKTYPE:
      return "ai_socktype not supported";
    case EVUTIL_EAI_SYSTEM:
      return "system error";
    default:
      return "Unknown error";
  }
}

}  // extern "C"
