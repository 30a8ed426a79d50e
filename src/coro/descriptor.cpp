#include <eddy/descriptor.hpp>

#include "base/sys.h"

namespace eddy {

owned_descriptor::~owned_descriptor() {
  if (fd_ >= 0) (void)engine::sys::close(fd_);
}

}  // namespace eddy
