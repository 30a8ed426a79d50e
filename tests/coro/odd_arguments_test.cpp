// Arguments that are easily passed on as something else: names with a zero in them, numbers and
// times at the ends of their ranges.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>

#include "support/coroutine_streams.h"
#include "support/system.h"

namespace eddy::test {
namespace {

// One that begins like `name`.
std::string cut_off(std::string name) { return name + std::string("\0.example", 9); }

class odd_arguments : public coroutines_on_every_backend {
 protected:
  odd_arguments() {
    char name[] = "/tmp/eddy-odd-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    root = name;
    file_name = root + "/file";
    on.run(write_file(file_name, "untouched"));
  }
  ~odd_arguments() override { EXPECT_NE(std::filesystem::remove_all(root), 0u); }
  // What came of it.
  template <class T>
  std::error_code outcome_of(task<T> t) {
    return on.run([](task<T> tried) -> task<std::error_code> {
      const auto r = co_await as_result(std::move(tried));
      co_return r ? std::error_code() : r.error().code();
    }(std::move(t)));
  }

  std::string root, file_name;
};

TEST_P(odd_arguments, a_host_with_a_zero_in_its_name_is_not_the_one_before_the_zero) {
  tcp_listener listener(address::loopback(0));
  const std::uint16_t port = listener.port();
  const auto code = outcome_of(tcp_stream::connect(cut_off("127.0.0.1"), port));
  EXPECT_EQ(&code.category(), &lookup_category());
  EXPECT_TRUE(outcome_of(udp_socket::connect(cut_off("127.0.0.1"), port)));
}

TEST_P(odd_arguments, a_path_with_a_zero_in_it_is_not_the_one_before_the_zero) {
  const std::string& name = file_name;
  const std::string odd = cut_off(name), other = root + "/other", odd_root = cut_off(root);
  const auto refused = std::errc::invalid_argument;
  EXPECT_EQ(outcome_of(open_file(odd)), refused);
  EXPECT_EQ(outcome_of(open_file(odd, file_access::write)), refused);
  EXPECT_EQ(outcome_of(read_file(odd)), refused);
  EXPECT_EQ(outcome_of(write_file(odd, "changed")), refused);
  EXPECT_EQ(outcome_of(info_of(odd)), refused);
  EXPECT_EQ(outcome_of(rename_file(odd, other)), refused);
  EXPECT_EQ(outcome_of(rename_file(name, cut_off(other))), refused);
  EXPECT_EQ(outcome_of(make_hard_link(odd, other)), refused);
  EXPECT_EQ(outcome_of(make_hard_link(name, cut_off(other))), refused);
  EXPECT_EQ(outcome_of(make_link(odd, other)), refused);
  EXPECT_EQ(outcome_of(make_link(name, cut_off(other))), refused);
  EXPECT_EQ(outcome_of(read_link(odd)), refused);
  EXPECT_EQ(outcome_of(make_directory(cut_off(other))), refused);
  EXPECT_EQ(outcome_of(remove_directory(odd_root)), refused);
  EXPECT_EQ(outcome_of(remove_file(odd)), refused);
  EXPECT_EQ(code_of([&] { directory_watch().add(odd_root); }), refused);
  EXPECT_EQ(outcome_of([](std::string path) -> task<> {
              auto entries = list_directory(path);
              (void)co_await entries.next();
            }(odd_root)),
            refused);
  EXPECT_EQ(::access(other.c_str(), F_OK), -1);
  EXPECT_EQ(on.run(read_file(name)), "untouched");
}

TEST_P(odd_arguments, a_word_for_a_program_with_a_zero_in_it_is_not_cut_off) {
  const auto refused = std::errc::invalid_argument;
  EXPECT_EQ(code_of([] { process p(command("true", cut_off("a"))); }), refused);
  EXPECT_EQ(code_of([] { process p(command(cut_off("true"))); }), refused);
  const process_options set{.set_environment = {cut_off("A=b")}};
  EXPECT_EQ(code_of([&] { process p(command("true"), set); }), refused);
  const process_options there{.directory = cut_off("/")};
  EXPECT_EQ(code_of([&] { process p(command("true"), there); }), refused);
}

TEST_P(odd_arguments, a_place_beyond_all_files_is_not_the_present_one) {
  const auto refused = std::errc::invalid_argument;
  for (const std::uint64_t place : {UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63}) {
    const auto read_there = [&]() -> task<> {
      file f = co_await open_file(file_name, file_access::update);
      char space[4];
      (void)co_await f.read_at(space, place);
    };
    const auto write_there = [&]() -> task<> {
      file f = co_await open_file(file_name, file_access::update);
      co_await f.write_at("changed", place);
    };
    const auto reserve_there = [&]() -> task<> {
      file f = co_await open_file(file_name, file_access::update);
      co_await f.reserve(place, 1);
    };
    EXPECT_EQ(outcome_of(read_there()), refused);
    EXPECT_EQ(outcome_of(write_there()), refused);
    EXPECT_EQ(outcome_of(reserve_there()), refused);
  }
  const auto resize = [&]() -> task<> {
    file f = co_await open_file(file_name, file_access::update);
    co_await f.resize(UINT64_MAX);
  };
  EXPECT_EQ(outcome_of(resize()), refused);
  EXPECT_EQ(on.run(read_file(file_name)), "untouched");
}

TEST_P(odd_arguments, a_delimiter_that_is_too_long_is_refused_and_nothing_is_read) {
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    co_await a.write("one\nxxx\n");
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{256}, std::size_t{257}, std::size_t{512}}) {
      const std::string delimiter(size, 'x');
      const auto r = co_await as_result(b.read_until(delimiter));
      EXPECT_TRUE(!r && r.error() == std::errc::invalid_argument) << size;
    }
    const auto line = co_await b.read_line();
    EXPECT_EQ(std::string(line->data(), line->size()), "one\n");
  }());
}

TEST_P(odd_arguments, lengths_of_nothing_end_at_once) {
  on.run([]() -> task<> {
    auto [a, b] = unix_stream::pair();
    EXPECT_EQ(co_await b.read_some({}), 0u);
    EXPECT_TRUE(co_await b.read_exactly({}));
    co_await a.write("");
    co_await a.write("", "");
    co_await a.writev({});
    co_await a.write(chunk());
    co_await a.flush();
    EXPECT_EQ(a.unsent(), 0u);
  }());
}

TEST_P(odd_arguments, times_at_the_ends_of_their_range_are_over_or_never) {
  using doubles = std::chrono::duration<double>;
  on.run([]() -> task<> {
    co_await sleep_until(loop::clock::time_point::min());
    co_await sleep_for(loop::clock::duration::min());
    co_await sleep_for(doubles(-std::numeric_limits<double>::infinity()));
    co_await sleep_for(doubles(std::nan("")));
    const auto never = [](auto sleep) -> task<> {
      const auto slept = co_await as_result(with_timeout(2ms, std::move(sleep)));
      EXPECT_EQ(slept.error(), std::errc::timed_out);
    };
    co_await never(sleep_until(loop::clock::time_point::max()));
    co_await never(sleep_until(loop::clock::time_point::max() - 1ns));
    co_await never(sleep_for(loop::clock::duration::max()));
    co_await never(sleep_for(std::chrono::hours::max()));
    co_await never(sleep_for(doubles(std::numeric_limits<double>::infinity())));
    interval rarely(std::chrono::hours::max());
    co_await never(rarely.next());
    EXPECT_TRUE(co_await as_result(with_timeout(std::chrono::hours::max(), sleep_for(1ms))));
    auto [a, b] = unix_stream::pair();
    b.set_read_timeout(std::chrono::hours::max());
    b.set_write_timeout(loop::clock::duration::max());
    char space[4];
    EXPECT_EQ((co_await as_result(with_timeout(2ms, b.read_some(space)))).error(),
              std::errc::timed_out);
    co_await a.write("here");
    EXPECT_EQ(co_await b.read_some(space), 4u);
  }());
  on.stop(std::chrono::hours::max());
  on.run();
}

TEST_P(odd_arguments, an_address_in_brackets_is_one_for_datagrams_too) {
  udp_socket here(address::loopback_v6(0));
  on.run([](std::uint16_t port) -> task<> {
    const udp_socket peer = co_await udp_socket::connect("[::1]", port);
    EXPECT_EQ(peer.peer_address(), address::loopback_v6(port));
  }(here.port()));
}

EDDY_COROUTINES_ON_EVERY_BACKEND(odd_arguments);

// Moving it throws when it is told to.
struct movable_or_not {
  static inline int alive = 0;
  static inline bool throws = false;
  movable_or_not() { ++alive; }
  movable_or_not(const movable_or_not&) { ++alive; }
  movable_or_not(movable_or_not&&) noexcept(false) {
    if (throws) throw std::runtime_error("moved");
    ++alive;
  }
  ~movable_or_not() { --alive; }
};

TEST(errors, what_is_not_supported_is_one_thing_by_either_name_of_errno) {
  for (const int number : {ENOTSUP, EOPNOTSUPP})
    EXPECT_EQ(error::of_errno(number, "try"), std::errc::operation_not_supported);
}

TEST(results, one_whose_value_cannot_be_moved_into_it_has_none) {
  {
    result<movable_or_not> a = movable_or_not(), b = movable_or_not();
    movable_or_not::throws = true;
    EXPECT_THROW(a = b, std::runtime_error);
    movable_or_not::throws = false;
    EXPECT_FALSE(a);
    EXPECT_TRUE(b);
  }
  EXPECT_EQ(movable_or_not::alive, 0);
}

}  // namespace
}  // namespace eddy::test
