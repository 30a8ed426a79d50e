// The ROT13 server of the examples, when it cannot do what it is asked for.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <eddy/tcp.hpp>

#include <cstdio>
#include <string>

namespace eddy::test {
namespace {

#ifdef ROT13_SERVER
constexpr const char* server = ROT13_SERVER;
#else
constexpr const char* server = nullptr;
#endif

class rot13_example : public testing::Test {
 protected:
  void SetUp() override {
    if (server == nullptr) GTEST_SKIP() << "built without the examples";
  }
  // `streams` says where its output goes: `said` gets what comes on the pipe.
  void run(const std::string& arguments, const char* streams) {
    const std::string command = "'" + std::string(server) + "' " + arguments + " " + streams;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) said += static_cast<char>(c);
    const int ended = ::pclose(pipe);
    ASSERT_TRUE(WIFEXITED(ended)) << said;
    status = WEXITSTATUS(ended);
  }
  static constexpr const char* only_errors = "2>&1 >/dev/null";
  static constexpr const char* only_output = "2>/dev/null";
  std::string said;
  int status = -1;
};

TEST_F(rot13_example, a_port_in_use_is_told_and_ends_it_with_1) {
  const tcp_listener taken(address::loopback(0));
  run(std::to_string(taken.port()), only_errors);
  EXPECT_EQ(status, 1);
  EXPECT_EQ(said, "rot13_server: listen on 127.0.0.1:" + std::to_string(taken.port()) +
                      ": Address already in use\n");
}

TEST_F(rot13_example, what_is_no_port_is_refused) {
  for (const char* port : {"65536", "-1", "80x", "''", "http"}) {
    said.clear();
    run(port, only_errors);
    EXPECT_EQ(status, 1) << port;
    EXPECT_EQ(said.find("rot13_server: a port is a number from 0 to 65535"), 0u) << said;
  }
}

TEST_F(rot13_example, help_is_its_usage) {
  run("--help", only_output);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(said.find("usage: rot13_server [PORT]\n"), 0u) << said;
}

TEST_F(rot13_example, too_many_arguments_give_its_usage_as_an_error) {
  run("0 1", only_errors);
  EXPECT_EQ(status, 1);
  EXPECT_EQ(said.find("usage: "), 0u) << said;
}

}  // namespace
}  // namespace eddy::test
