// Where the system's calls for files are others than POSIX's, and nobody wrote them yet.
#include <cerrno>

#include "ops/file_attempt.h"

namespace eddy::engine {

std::int64_t attempt_on_file(const operation&) { return -ENOSYS; }

}  // namespace eddy::engine
