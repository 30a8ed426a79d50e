// How many descriptors this process has open; on Windows, how many handles of any kind.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

namespace eddy::engine::test {

inline long open_descriptors() {
#if defined(_WIN32)
  DWORD count = 0;
  EXPECT_TRUE(::GetProcessHandleCount(::GetCurrentProcess(), &count));
  return static_cast<long>(count);
#else
  long count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
#endif
}

}  // namespace eddy::engine::test
