#include "base/sys_fork.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace eddy::engine::sys {
namespace {

using mark = std::atomic<std::uint64_t>;

// A page that reads as zero in a child (MADV_WIPEONFORK, Linux 4.14; madvise(2)).
mark* make_page() {
#ifdef MADV_WIPEONFORK
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (::madvise(page, size, MADV_WIPEONFORK) == 0) return new (page) mark(0);
  ::munmap(page, size);
#endif
  return nullptr;
}

}  // namespace

std::uint64_t process_mark() {
  static mark* const page = make_page();
  if (page == nullptr) return 0;
  const std::uint64_t known = page->load(std::memory_order_relaxed);
  if (known != 0) [[likely]]
    return known;
  // Not the process's number, which a child in another namespace may share with its parent: what
  // has been given out before is copied to the child, and counted on from.
  static mark last{0};
  std::uint64_t fresh = 0;
  const std::uint64_t mine = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return page->compare_exchange_strong(fresh, mine) ? mine : fresh;
}

}  // namespace eddy::engine::sys
