#include "backend/uring_files.h"

namespace eddy::engine {

void fill_of_files(io_uring_sqe* sqe, const operation* op) {
  const auto* path = static_cast<const char*>(op->data);
  const auto flags = static_cast<unsigned>(op->verb_flags);
  const auto mode = static_cast<mode_t>(op->size);
  switch (op->what) {
    case verb::openat:
      return ::io_uring_prep_openat(sqe, op->fd, path, op->verb_flags, mode);
    case verb::close:
      return ::io_uring_prep_close(sqe, op->fd);
    case verb::fsync:
      return ::io_uring_prep_fsync(sqe, op->fd, flags != 0 ? IORING_FSYNC_DATASYNC : 0);
    case verb::statx:
      return ::io_uring_prep_statx(sqe, op->fd, path, op->verb_flags,
                                   static_cast<unsigned>(op->size),
                                   static_cast<struct statx*>(op->second));
    case verb::renameat:
      return ::io_uring_prep_renameat(sqe, op->fd, path, op->fd,
                                      static_cast<const char*>(op->second), flags);
    case verb::unlinkat:
      return ::io_uring_prep_unlinkat(sqe, op->fd, path, op->verb_flags);
    case verb::mkdirat:
      return ::io_uring_prep_mkdirat(sqe, op->fd, path, mode);
    case verb::fallocate:
      return ::io_uring_prep_fallocate(sqe, op->fd, op->verb_flags, op->offset,
                                       static_cast<off_t>(op->size));
    default:
      return ::io_uring_prep_nop(sqe);
  }
}

}  // namespace eddy::engine
