// operator new that counts, and fails when it is told to.
#include <atomic>
#include <cstdlib>
#include <new>

#include "coroutines.h"

namespace {
std::atomic<long> taken{0};
std::atomic<long> given{0};
thread_local long until_failure = 0;
thread_local bool uncounted = false;
}  // namespace

namespace eddy::test {
void fail_allocation(long number) { until_failure = number; }
bool allocation_is_to_fail() { return until_failure > 0; }
bool allocation_fails() { return until_failure > 0 && --until_failure == 0; }
}  // namespace eddy::test

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (!uncounted && eddy::test::allocation_fails()) return nullptr;
  void* p = std::malloc(size == 0 ? 1 : size);
  if (p != nullptr && !uncounted) taken.fetch_add(1, std::memory_order_relaxed);
  return p;
}
void* operator new(std::size_t size) {
  if (void* p = operator new(size, std::nothrow)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  if (p != nullptr && !uncounted) given.fetch_add(1, std::memory_order_relaxed);
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }

// A kernel that is simulated in this process takes its memory elsewhere, so to say.
extern "C" void simulated_kernel_takes_memory(bool begins) { uncounted = begins; }

namespace eddy::test {
long allocations() { return taken.load(std::memory_order_relaxed); }
long blocks() { return allocations() - given.load(std::memory_order_relaxed); }
}  // namespace eddy::test
