// Starting and ending programs, as far as Windows does it in its own way.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <eddy/eddy.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/coroutines.h"

namespace eddy::test {
namespace {

namespace fs = std::filesystem;

const fs::path program = EDDY_TEST_CHILD;

// A folder whose name the system's code page has not.
class named_folder {
 public:
  named_folder() {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  ~named_folder() { fs::remove_all(path); }
  const fs::path path = fs::temp_directory_path() / u8"eddy programs \u0436\u4e2d";
  std::string name() const {
    const std::u8string text = path.u8string();
    return std::string(text.begin(), text.end());
  }
};

class programs : public coroutines_on_every_backend {};

TEST_P(programs, are_found_in_path_and_without_their_suffix) {
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", (program.parent_path().string() + ";" + before).c_str(), 1);
  on.run([]() -> task<> {
    const std::string whole = EDDY_TEST_CHILD, stem = whole.substr(0, whole.size() - 4);
    for (const std::string& name :
         {whole, stem, std::string("test_child.exe"), std::string("test_child")})
      EXPECT_EQ((co_await run(command(name, "exit", "3"))).status.code(), 3) << name;
  }());
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(code_of([] { process p(command("test_child")); }), std::errc::no_such_file_or_directory)
      << "not in the present folder";
}

TEST_P(programs, have_names_and_folders_in_any_language) {
  const named_folder folder;
  fs::copy_file(program, folder.path / u8"\u00fc.exe");
  std::ofstream(folder.path / "found") << "x";
  on.run([](std::string where) -> task<> {
    const command c(where + "/\u00fc", "words", where);
    EXPECT_EQ((co_await run(c)).output, "[" + where + "]");
    process_options o;
    o.directory = where;
    const finished f = co_await run(command(EDDY_TEST_CHILD, "list"), o);
    EXPECT_NE(f.output.find("found\n"), std::string::npos) << f.output;
  }(folder.name()));
}

TEST_P(programs, that_are_scripts_of_cmd_are_refused) {
  const named_folder folder;
  for (const char* name : {"script.bat", "script.CMD"}) {
    std::ofstream(folder.path / name) << "@echo off\n";
    EXPECT_EQ(code_of([&] { process p(command(folder.name() + "/" + name)); }),
              std::errc::executable_format_error)
        << name;
  }
  std::ofstream(folder.path / "text.exe") << "no program";
  EXPECT_EQ(code_of([&] { process p(command(folder.name() + "/text.exe")); }),
            std::errc::executable_format_error);
  EXPECT_EQ(code_of([&] { process p(command(folder.name())); }), std::errc::permission_denied);
}

TEST_P(programs, get_no_signal_but_the_two_that_end_them) {
  on.run([]() -> task<> {
    process sleeper(command(EDDY_TEST_CHILD, "sleep"));
    EXPECT_EQ(code_of([&] { sleeper.kill(SIGINT); }), std::errc::operation_not_supported);
    EXPECT_TRUE(sleeper.kill(SIGKILL));
    EXPECT_EQ((co_await sleeper.wait()).signal(), SIGKILL);
    EXPECT_FALSE(sleeper.kill(SIGKILL));
  }());
}

TEST_P(programs, end_with_codes_of_32_bits) {
  on.run([]() -> task<> {
    for (const char* code : {"137", "300", "-5"}) {
      const exit_status how = (co_await run(command(EDDY_TEST_CHILD, "exit", code))).status;
      EXPECT_EQ(how.code(), std::atoi(code));
      EXPECT_EQ(how.signal(), 0);
    }
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(programs);

}  // namespace
}  // namespace eddy::test
