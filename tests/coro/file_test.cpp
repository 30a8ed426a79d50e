// Files and directories, on every backend.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

class files : public coroutines_on_every_backend {
 protected:
  files() {
    char name[] = "/tmp/eddy-files-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    root = name;
  }
  ~files() override {
    std::error_code error;
    std::filesystem::remove_all(root, error);
    EXPECT_FALSE(error) << error.message();
  }
  std::string at(const std::string& name) const { return root + "/" + name; }

  std::string root;
};

TEST_P(files, are_written_and_read_at_any_place) {
  on.run([](std::string path) -> task<> {
    file f = co_await open_file(path, file_access::create);
    co_await f.write_at("world", 6);
    co_await f.write_at("hello ", 0);
    char space[32];
    EXPECT_EQ(co_await f.read_at(space, 0), 11u);
    EXPECT_EQ(std::string(space, 11), "hello world");
    EXPECT_EQ(co_await f.read_at(space, 6), 5u);
    EXPECT_EQ(co_await f.read_at(space, 11), 0u);
    EXPECT_EQ(co_await f.read_all_at(space, 2), 9u);
    co_await f.resize(5);
    co_await f.sync();
    co_await f.sync(true);
    EXPECT_EQ((co_await f.info()).size, 5u);
    co_await f.reserve(0, 10'000);
    EXPECT_EQ((co_await f.info()).size, 10'000u);
    co_await f.close();
    EXPECT_FALSE(f.is_open());
    EXPECT_EQ((co_await as_result(f.close())).error(), std::errc::bad_file_descriptor);
  }(at("file")));
}

TEST_P(files, open_as_they_are_asked_to) {
  on.run([](std::string path) -> task<> {
    EXPECT_EQ((co_await as_result(open_file(path))).error().message(),
              "open " + path + ": No such file or directory");
    {
      file log = co_await open_file(path, file_access::append, 0600);
      co_await log.append("one\n");
      co_await log.append("two\n");
    }
    {
      file log = co_await open_file(path, file_access::append);
      co_await log.append("three\n");
    }
    EXPECT_EQ(co_await read_file(path), "one\ntwo\nthree\n");
    EXPECT_EQ((co_await as_result(open_file(path, file_access::create))).error(),
              std::errc::file_exists);
    {
      file f = co_await open_file(path, file_access::update);
      co_await f.write_at("ONE", 0);
    }
    EXPECT_EQ(co_await read_file(path), "ONE\ntwo\nthree\n");
    { file f = co_await open_file(path, file_access::write); }
    EXPECT_EQ(co_await read_file(path), "");
  }(at("file")));
}

TEST_P(files, are_read_whole_up_to_a_limit) {
  on.run([](std::string path) -> task<> {
    const std::string text = pattern(0, 300'000);
    co_await write_file(path, text);
    EXPECT_TRUE(co_await read_file(path) == text);
    EXPECT_TRUE(co_await read_file(path, 300'000) == text);
    EXPECT_EQ((co_await as_result(read_file(path, 299'999))).error(), std::errc::file_too_large);
    // Whose size is told as 0.
    const std::string unknown = "/proc/self/status";
    if (std::filesystem::exists(unknown)) {
      EXPECT_NE((co_await read_file(unknown)).find("Name:"), std::string::npos);
    }
  }(at("file")));
}

TEST_P(files, are_replaced_whole_or_not_at_all) {
  on.run([](std::string folder, std::string path) -> task<> {
    co_await write_file(path, "first");
    co_await write_file(path, "second");
    EXPECT_EQ(co_await read_file(path), "second");
    std::string nowhere = folder + "/none/file";
    EXPECT_EQ((co_await as_result(write_file(nowhere, "x"))).error(),
              std::errc::no_such_file_or_directory);
    co_await make_directory(folder + "/directory");
    EXPECT_FALSE(co_await as_result(write_file(folder + "/directory", "x")));
    auto entries = list_directory(folder);
    std::set<std::string> names;
    while (auto e = co_await entries.next()) names.insert(e->name);
    EXPECT_EQ(names, std::set<std::string>({"directory", "file"})) << "nothing is left behind";
  }(root, at("file")));
}

TEST_P(files, have_the_permissions_that_they_were_made_with) {
  EDDY_NEEDS(files_have_permissions);
  on.run([](std::string folder) -> task<> {
    { file f = co_await open_file(folder + "/a", file_access::create, 0600); }
    EXPECT_EQ((co_await info_of(folder + "/a")).permissions, 0600u);
    co_await write_file(folder + "/b", "first", 0640);
    co_await write_file(folder + "/b", "second");
    EXPECT_EQ((co_await info_of(folder + "/b")).permissions, 0640u) << "kept";
    co_await make_directory(folder + "/d", 0700);
    EXPECT_EQ((co_await info_of(folder + "/d")).permissions, 0700u);
  }(root));
}

TEST_P(files, that_are_pipes_are_not_replaced) {
  EDDY_NEEDS(named_pipes_are_files);
  on.run([](std::string folder) -> task<> {
    const std::string pipe = folder + "/pipe";
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ((co_await as_result(write_file(pipe, "x"))).error(),
              std::errc::operation_not_supported);
    EXPECT_EQ((co_await info_of(pipe)).kind, file_kind::pipe);
    auto entries = list_directory(folder);
    std::set<std::string> names;
    while (auto e = co_await entries.next()) names.insert(e->name);
    EXPECT_EQ(names, std::set<std::string>({"pipe"})) << "nothing is left behind";
  }(root));
}

TEST_P(files, are_renamed_linked_and_removed) {
  on.run([](std::string folder) -> task<> {
    const std::string a = folder + "/a", b = folder + "/b";
    co_await write_file(a, "a");
    co_await rename_file(a, b);
    co_await write_file(a, "a");
    EXPECT_EQ((co_await as_result(rename_file(a, b, false))).error(), std::errc::file_exists);
    co_await remove_file(a);
    co_await make_hard_link(b, a);
    EXPECT_EQ((co_await info_of(a)).links, 2u);
    EXPECT_EQ((co_await as_result(read_link(a))).error(), std::errc::invalid_argument);
    EXPECT_FALSE(co_await as_result(remove_directory(a)));
    co_await make_directory(folder + "/d");
    EXPECT_EQ((co_await as_result(make_directory(folder + "/d"))).error(), std::errc::file_exists);
    co_await remove_directory(folder + "/d");
    EXPECT_EQ((co_await as_result(info_of(folder + "/d"))).error().message(),
              "ask about " + folder + "/d: No such file or directory");
  }(root));
}

TEST_P(files, are_named_by_links) {
  EDDY_SKIP_UNDER_WINE("a symbolic link that was made is not there");
  on.run([](std::string folder) -> task<> {
    const std::string link = folder + "/link";
    co_await write_file(folder + "/b", "b");
    co_await make_link("b", link);
    EXPECT_EQ(co_await read_link(link), "b");
    EXPECT_EQ((co_await info_of(link, false)).kind, file_kind::link);
    EXPECT_EQ((co_await info_of(link)).kind, file_kind::regular);
  }(root));
}

TEST_P(files, of_no_descriptor_fail) {
  on.run([]() -> task<> {
    file none;
    char space[4];
    EXPECT_EQ((co_await as_result(none.read_at(space, 0))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.write_at("x", 0))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.resize(1))).error(), std::errc::bad_file_descriptor);
    EXPECT_EQ((co_await as_result(none.info())).error(), std::errc::bad_file_descriptor);
  }());
}

TEST_P(files, are_closed_also_when_that_is_cancelled) {
  on.run([](std::string path) -> task<> {
    co_await write_file(path, "x");
    int number = -1;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      s.spawn([&]() -> task<> {
        file f(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        number = f.native_handle();
        EXPECT_GE(number, 0);
        (void)co_await as_result(f.close());
      });
      co_return;
    });
    EXPECT_EQ(::fcntl(number, F_GETFD), -1) << "it is open still";
  }(at("file")));
}

TEST_P(files, many_at_a_time_do_not_disturb_each_other) {
  on.run([](std::string folder) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 50; ++i)
        s.spawn([&folder, i]() -> task<> {
          const std::string path = folder + "/" + std::to_string(i);
          const std::string text = pattern(static_cast<std::size_t>(i), 20'000);
          co_await write_file(path, text);
          EXPECT_TRUE(co_await read_file(path) == text) << i;
          co_await remove_file(path);
        });
      co_return;
    });
  }(root));
}

TEST_P(files, are_left_in_good_order_when_the_work_is_cancelled_at_any_time) {
  for (int round = 0; round < 30; ++round)
    on.run([](std::string folder, int delay) -> task<> {
      const std::string path = folder + "/file";
      const std::string text = pattern(0, 100'000);
      co_await write_file(path, text);
      (void)co_await as_result(
          with_timeout(std::chrono::microseconds(delay), write_file(path, text)));
      EXPECT_TRUE(co_await read_file(path) == text);
      auto entries = list_directory(folder);
      int count = 0;
      while (co_await entries.next()) ++count;
      EXPECT_EQ(count, 1) << "nothing is left behind";
    }(root, round * 20));
}

TEST_P(files, of_a_directory_are_listed_with_their_kinds) {
  on.run([](std::string folder) -> task<> {
    for (int i = 0; i < 600; ++i) co_await write_file(folder + "/" + std::to_string(i), "");
    co_await make_directory(folder + "/d");
    std::set<std::string> made = {"d"};
    if (!engine::test::is_under_wine()) {  // which makes no symbolic links
      co_await make_link("nowhere", folder + "/l");
      made.insert("l");
    }
    std::set<std::string> regular, others;
    auto entries = list_directory(folder);
    while (auto e = co_await entries.next()) {
      if (e->kind == file_kind::regular) regular.insert(e->name);
      if (e->kind == file_kind::directory || e->kind == file_kind::link) others.insert(e->name);
    }
    EXPECT_EQ(regular.size(), 600u);
    EXPECT_EQ(others, made);
    auto none = list_directory(folder + "/none");
    EXPECT_EQ((co_await as_result(none.next())).error().message(),
              "list " + folder + "/none: No such file or directory");
  }(root));
}

// The next change, in words.
task<std::string> told(directory_watch& w, const std::string& folder) {
  static constexpr const char* names[] = {"created",    "removed", "renamed", "written",
                                          "attributes", "gone",    "lost"};
  const change c = co_await w.next();
  EXPECT_TRUE(c.directory == folder || c.directory == folder + "/d");
  std::string text = std::string(names[static_cast<int>(c.kind)]) + " " + c.name;
  if (c.kind == change_kind::renamed) text += " from " + c.from_name;
  if (c.is_directory) text += " (directory)";
  co_return text;
}

TEST_P(files, that_change_are_told) {
  EDDY_NEEDS(moves_between_directories_are_told);
  on.run([](std::string folder) -> task<> {
    directory_watch w;
    co_await make_directory(folder + "/d");
    w.add(folder);
    w.add(folder + "/d");
    EXPECT_EQ((co_await as_result(with_timeout(1ms, w.next()))).error(), std::errc::timed_out);
    {
      file f = co_await open_file(folder + "/a", file_access::create);
      EXPECT_EQ(co_await told(w, folder), "created a");
      co_await f.write_at("x", 0);
    }
    EXPECT_EQ(co_await told(w, folder), "written a");
    co_await rename_file(folder + "/a", folder + "/d/b");
    EXPECT_EQ(co_await told(w, folder), "renamed b from a");
    co_await rename_file(folder + "/d/b", folder + "-elsewhere");
    EXPECT_EQ(co_await told(w, folder), "removed b");
    co_await rename_file(folder + "-elsewhere", folder + "/c");
    EXPECT_EQ(co_await told(w, folder), "created c");
    EXPECT_EQ(::chmod((folder + "/c").c_str(), 0600), 0);
    EXPECT_EQ(co_await told(w, folder), "attributes c");
    co_await remove_file(folder + "/c");
    EXPECT_EQ(co_await told(w, folder), "removed c");
    co_await remove_directory(folder + "/d");
    std::set<std::string> last;
    last.insert(co_await told(w, folder));
    last.insert(co_await told(w, folder));
    EXPECT_EQ(last, std::set<std::string>({"gone ", "removed d (directory)"}));
    w.remove(folder);
    co_await write_file(folder + "/e", "x");
    EXPECT_EQ((co_await as_result(with_timeout(1ms, w.next()))).error(), std::errc::timed_out);
    EXPECT_EQ(code_of([&] { w.add(folder + "/none"); }), std::errc::no_such_file_or_directory);
  }(root));
}

EDDY_COROUTINES_ON_EVERY_BACKEND(files);

}  // namespace
}  // namespace eddy::test
