// A unit that includes Asio, and uses nothing of it.
#include <asio.hpp>
