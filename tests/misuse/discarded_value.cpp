// says: this result may be an error: look at it, or say (void)
#include <eddy/eddy.hpp>

eddy::result<int> port_of(const char* text) {
  if (text == nullptr) return eddy::error(std::errc::invalid_argument, "read a port");
  return 80;
}

int use(const char* text) {
#ifdef FIXED
  return port_of(text).value_or(0);
#else
  port_of(text);
  return 0;
#endif
}
