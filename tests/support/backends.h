// Running a test on every backend of this machine.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "backend/table.h"
#include "loop/loop.h"

namespace eddy::engine::test {

// A loop that opened, or a failed test.
class opened_loop {
 public:
  explicit opened_loop(const std::string& backend, loop_options options = {}) {
    options.backend = backend.c_str();
    // The suites of streams run once more so where the kernel has transfers then only.
    options.reads_ahead = std::getenv("EDDY_TEST_READS_AHEAD") != nullptr;
    const int error = loop_.open(options);
    EXPECT_EQ(error, 0) << loop_.why_not_open();
    EXPECT_EQ(loop_.backend_name(), backend);
  }
  loop& get() { return loop_; }
  loop* operator->() { return &loop_; }
  loop& operator*() { return loop_; }

 private:
  loop loop_;
};

inline std::vector<std::string> available_backends() {
  std::size_t count = 0;
  const backend_row* rows = backend_table(&count);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i)
    if (rows[i].unavailable() == nullptr) names.emplace_back(rows[i].name);
  return names;
}

class on_every_backend : public testing::TestWithParam<std::string> {};

// Instantiates a fixture derived from on_every_backend.
#define EDDY_ON_EVERY_BACKEND(fixture)                                                  \
  INSTANTIATE_TEST_SUITE_P(backend, fixture,                                            \
                           testing::ValuesIn(eddy::engine::test::available_backends()), \
                           [](const auto& one) { return one.param; })

}  // namespace eddy::engine::test
