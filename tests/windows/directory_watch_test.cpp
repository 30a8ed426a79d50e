// Changes in directories, as far as Windows tells them (file_test.cpp has what Linux does).
#include <gtest/gtest.h>

#include <eddy/eddy.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/coroutines.h"
#include "support/system.h"

namespace eddy::test {
namespace {

namespace fs = std::filesystem;

class changes_of_directories : public coroutines_on_every_backend {
 protected:
  changes_of_directories() {
    fs::remove_all(folder);
    fs::create_directories(folder / "d");
  }
  ~changes_of_directories() override { fs::remove_all(folder); }

  fs::path folder = fs::temp_directory_path() / "eddy_directory_watch_test";
};

std::string text_of(const change& c) {
  static const char* const names[] = {"created",    "removed", "renamed", "written",
                                      "attributes", "gone",    "lost"};
  std::string text = names[static_cast<int>(c.kind)];
  text += " " + fs::path(c.directory).filename().string() + "/" + c.name;
  if (c.kind == change_kind::renamed) text += " from " + c.from_name;
  if (c.is_directory) text += " (directory)";
  return text;
}

// That is told next, but for writes, which may be told several times.
task<> expect(directory_watch& w, std::string what) {
  std::string told;
  do told = text_of(co_await w.next());
  while (told != what && told.starts_with("written"));
  EXPECT_EQ(told, what);
}

task<> expect_silence(directory_watch& w) {
  for (;;) {
    const auto late = co_await as_result(with_timeout(1ms, w.next()));
    if (late && text_of(*late).starts_with("written")) continue;
    EXPECT_FALSE(late.has_value()) << text_of(*late);
    co_return;
  }
}

TEST_P(changes_of_directories, are_told) {
  on.run([](fs::path at) -> task<> {
    const std::string name = at.string(), top = at.filename().string();
    directory_watch w;
    w.add(name);
    w.add(name + "/d");
    w.add(name);
    co_await expect_silence(w);
    std::ofstream(at / "a") << "x";
    co_await expect(w, "created " + top + "/a");
    co_await expect(w, "written " + top + "/a");
    co_await rename_file(name + "/a", name + "/\u0436");
    co_await expect(w, "renamed " + top + "/\u0436 from a");
    co_await rename_file(name + "/\u0436", name + "/d/c");
    co_await expect(w, "removed " + top + "/\u0436");
    co_await expect(w, "created d/c");
    fs::create_directory(at / "e");
    co_await expect(w, "created " + top + "/e (directory)");
    co_await remove_file(name + "/d/c");
    co_await expect(w, "removed d/c");
    w.remove(name);
    std::ofstream(at / "f") << "x";
    co_await expect_silence(w);
  }(folder));
}

TEST_P(changes_of_directories, wait_for_who_looks_later) {
  on.run([](fs::path at) -> task<> {
    directory_watch w;
    w.add((at / "d").string());
    for (int i = 0; i < 20; ++i) std::ofstream(at / "d" / std::to_string(i)) << "x";
    for (int i = 0; i < 20; ++i) co_await expect(w, "created d/" + std::to_string(i));
  }(folder));
}

TEST_P(changes_of_directories, that_were_too_many_are_told_to_be_lost) {
  on.run([](fs::path at) -> task<> {
    directory_watch w;
    w.add((at / "d").string());
    for (int i = 0; i < 500; ++i) {
      const fs::path file = at / "d" / ("a_file_with_a_name_of_some_length_" + std::to_string(i));
      std::ofstream(file) << "x";
      fs::remove(file);
    }
    while ((co_await w.next()).kind != change_kind::lost) {
    }
    std::ofstream(at / "d" / "later") << "x";
    for (bool seen = false; !seen;) {
      const change c = co_await w.next();
      seen = c.kind == change_kind::created && c.name == "later";
    }
  }(folder));
}

TEST_P(changes_of_directories, are_not_told_of_what_cannot_be_watched) {
  std::ofstream(folder / "file") << "x";
  directory_watch w;
  EXPECT_EQ(code_of([&] { w.add((folder / "none").string()); }),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(code_of([&] { w.add((folder / "file").string()); }), std::errc::not_a_directory);
}

TEST_P(changes_of_directories, end_with_the_directory) {
  EDDY_SKIP_UNDER_WINE("the end of a directory is not told to who watches it");
  on.run([](fs::path at) -> task<> {
    directory_watch w;
    w.add((at / "d").string());
    fs::remove(at / "d");
    co_await expect(w, "gone d/");
  }(folder));
}

EDDY_COROUTINES_ON_EVERY_BACKEND(changes_of_directories);

}  // namespace
}  // namespace eddy::test
