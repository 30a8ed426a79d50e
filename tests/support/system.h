// What systems cannot do: a test that needs it says so, and is skipped there.
#pragma once

#include <gtest/gtest.h>

namespace eddy::engine::test {

#if defined(_WIN32)
constexpr bool fork_is_there = false;
constexpr bool dup2_is_there = false;
constexpr bool a_limit_of_descriptors_is_there = false;
constexpr bool mappings_are_there = false;
constexpr bool pipes_are_no_sockets = false;
constexpr bool blocking_mode_can_be_asked_for = false;
#else
constexpr bool fork_is_there = true;
constexpr bool dup2_is_there = true;
constexpr bool a_limit_of_descriptors_is_there = true;
constexpr bool mappings_are_there = true;
constexpr bool pipes_are_no_sockets = true;
constexpr bool blocking_mode_can_be_asked_for = true;
#endif

#define EDDY_NEEDS(what) \
  if (!eddy::engine::test::what) GTEST_SKIP() << "not on this system: " #what

}  // namespace eddy::engine::test
