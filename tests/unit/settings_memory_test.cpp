#include <event2/event.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "capi/settings.h"

extern "C" {
void* event_mm_malloc_(std::size_t size);
void* event_mm_calloc_(std::size_t count, std::size_t size);
void* event_mm_realloc_(void* old, std::size_t size);
char* event_mm_strdup_(const char* text);
void event_mm_free_(void* p);
}

namespace {

namespace capi = eddy::engine::capi;

struct calls {
  int malloc = 0;
  int realloc = 0;
  int free = 0;
  std::size_t last_size = 0;
} counted;

void* counting_malloc(std::size_t size) {
  ++counted.malloc;
  counted.last_size = size;
  void* p = std::malloc(size);
  if (p != nullptr) std::memset(p, 0xa5, size);
  return p;
}
void* counting_realloc(void* old, std::size_t size) {
  ++counted.realloc;
  counted.last_size = size;
  return std::realloc(old, size);
}
void counting_free(void* p) {
  ++counted.free;
  std::free(p);
}
void* exhausted(std::size_t) { return nullptr; }
void* cannot_grow(void*, std::size_t) { return nullptr; }

class memory : public ::testing::Test {
 protected:
  void SetUp() override { counted = {}; }
  void TearDown() override { event_set_mem_functions(nullptr, nullptr, nullptr); }
};

TEST_F(memory, comes_from_the_functions_of_the_program) {
  event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
  void* p = capi::mm_malloc(10);
  EXPECT_EQ(counted.last_size, 10U);
  p = capi::mm_realloc(p, 20);
  EXPECT_EQ(counted.last_size, 20U);
  capi::mm_free(p);
  EXPECT_EQ(counted.malloc, 1);
  EXPECT_EQ(counted.realloc, 1);
  EXPECT_EQ(counted.free, 1);
}

TEST_F(memory, of_calloc_is_zero_whatever_malloc_leaves_in_it) {
  event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
  char* p = static_cast<char*>(capi::mm_calloc(3, 5));
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(counted.last_size, 15U);
  for (int i = 0; i < 15; ++i) EXPECT_EQ(p[i], 0);
  capi::mm_free(p);
}

TEST_F(memory, of_no_bytes_is_null_without_an_error) {
  errno = 0;
  EXPECT_EQ(capi::mm_malloc(0), nullptr);
  EXPECT_EQ(capi::mm_calloc(0, 8), nullptr);
  EXPECT_EQ(capi::mm_calloc(8, 0), nullptr);
  EXPECT_EQ(errno, 0);
}

TEST_F(memory, refuses_sizes_whose_product_does_not_fit) {
  event_set_mem_functions(counting_malloc, nullptr, counting_free);
  errno = 0;
  EXPECT_EQ(capi::mm_calloc(SIZE_MAX / 2, 3), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(counted.malloc, 0);
}

TEST_F(memory, exhausted_is_null_with_ENOMEM) {
  event_set_mem_functions(exhausted, cannot_grow, nullptr);
  for (int which = 0; which < 4; ++which) {
    errno = 0;
    void* p = which == 0   ? capi::mm_malloc(1)
              : which == 1 ? capi::mm_calloc(1, 1)
              : which == 2 ? capi::mm_realloc(nullptr, 1)
                           : capi::mm_strdup("text");
    EXPECT_EQ(p, nullptr) << which;
    EXPECT_EQ(errno, ENOMEM) << which;
  }
}

TEST_F(memory, of_a_copied_string_ends_with_its_nul) {
  char* copy = capi::mm_strdup("text");
  EXPECT_STREQ(copy, "text");
  capi::mm_free(copy);
  errno = 0;
  EXPECT_EQ(capi::mm_strdup(nullptr), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(memory, null_is_not_given_to_the_programs_free) {
  event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
  capi::mm_free(nullptr);
  EXPECT_EQ(counted.free, 0);
}

TEST_F(memory, has_the_unlisted_names_that_other_objects_import) {
  event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
  void* p = event_mm_realloc_(event_mm_malloc_(3), 5);
  event_mm_free_(p);
  event_mm_free_(event_mm_calloc_(2, 2));
  event_mm_free_(event_mm_strdup_("x"));
  EXPECT_EQ(counted.malloc, 3);
  EXPECT_EQ(counted.free, 3);
}

}  // namespace
