// One allocation after the other fails, of operator new and of the engine's, and then the process
// has fewer descriptors than it needs: only what needed one fails, nothing is lost, and the same
// loop does the same work right afterwards.
#include <event2/event.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "support/coroutine_streams.h"
#include "support/no_descriptors.h"
#include "support/system.h"

namespace eddy::test {
namespace {

void* allocate_or_not(std::size_t size) { return allocation_fails() ? nullptr : std::malloc(size); }
void* reallocate_or_not(void* old, std::size_t size) {
  return allocation_fails() ? nullptr : std::realloc(old, size);
}
const bool are_set = [] {
  event_set_mem_functions(allocate_or_not, reallocate_or_not, std::free);
  return true;
}();

using engine::test::open_descriptors;
using scenario = std::function<void(loop&)>;

// Why it failed, or nothing. A timeout for which there is no memory is over at once.
std::string failure_of(const scenario& w, loop& on) {
  try {
    w(on);
  } catch (const std::bad_alloc&) {
    return "no memory";
  } catch (const std::system_error& e) {
    if (e.code() == std::errc::not_enough_memory || e.code() == std::errc::timed_out ||
        e.code() == std::errc::operation_canceled)
      return "no memory";
    if (e.code() == std::errc::too_many_files_open) return "no descriptor";
    return e.what();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

class without_memory : public coroutines_on_every_backend {
 protected:
  void each_allocation_fails_once(const scenario& w) {
    ASSERT_EQ(failure_of(w, on), "");
    const long before = open_descriptors();
    long number = 0;
    for (bool reached = true; reached && number < 5000;) {
      fail_allocation(++number);
      const std::string failure = failure_of(w, on);
      reached = !allocation_is_to_fail();
      fail_allocation(0);
      EXPECT_TRUE(failure.empty() || failure == "no memory")
          << failure << " at allocation " << number;
      if (number % 4 != 0) continue;  // (files are synced, which takes its time)
      ASSERT_EQ(failure_of(w, on), "") << "after allocation " << number;
      ASSERT_EQ(open_descriptors(), before) << "after allocation " << number;
    }
    EXPECT_LT(number, 5000);
  }
  // What needs n descriptors at a time is done with none, 1, ... n - 1.
  void each_descriptor_is_missing_once(const scenario& w) {
    ASSERT_EQ(failure_of(w, on), "");
    const long before = open_descriptors();
    std::string failure = "none yet";
    for (unsigned count = 0; !failure.empty() && count < 50; ++count) {
      {
        const engine::test::no_descriptors limited(count);
        failure = failure_of(w, on);
      }
      EXPECT_TRUE(failure.empty() || failure == "no descriptor") << failure << " with " << count;
      ASSERT_EQ(failure_of(w, on), "") << "after having " << count;
      ASSERT_EQ(open_descriptors(), before) << "after having " << count;
    }
    EXPECT_EQ(failure, "");
  }
  void each_is_missing_once(const scenario& w) {
    each_allocation_fails_once(w);
    if (engine::test::a_limit_of_descriptors_is_there) each_descriptor_is_missing_once(w);
  }
};

async_generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) {
    co_await sleep_for(0ns);
    co_yield i;
  }
}
task<int> later(int value) {
  co_await sleep_for(0ns);
  co_return value;
}
void expect(bool holds) {
  if (!holds) throw std::logic_error("it is not as it should be");
}

TEST_P(without_memory, tasks_side_by_side) {
  each_allocation_fails_once([](loop& l) {
    l.run([]() -> task<> {
      int sum = 0;
      co_await with_scope([&](scope& s) -> task<> {
        for (int i = 0; i < 3; ++i) s.spawn([&sum]() -> task<> { sum += co_await later(1); });
        co_await sleep_for(0ns);
      });
      auto [a, b] = co_await when_all(later(1), with_timeout(1h, later(2)));
      std::vector<task<int>> many;
      for (int i = 0; i < 3; ++i) many.push_back(later(i));
      const auto all = co_await when_all(std::move(many));
      const auto first = co_await when_any(later(7), sleep_for(1h));
      auto numbers = count_to(3);
      while (auto n = co_await numbers.next()) sum += *n;
      std::stop_source source;
      const int stopped = co_await with_stop(source.get_token(), later(4));
      expect(sum == 9 && a + b == 3 && all.size() == 3 && first.index == 0 && stopped == 4);
    }());
  });
}

TEST_P(without_memory, coroutines_that_wait_for_each_other) {
  each_allocation_fails_once([](loop& l) {
    l.run([]() -> task<> {
      channel<int> numbers(1);
      mutex m;
      int sum = 0;
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn([&]() -> task<> {
          for (int i = 0; i < 5; ++i) co_await numbers.send(i);
          numbers.close();
        });
        while (auto n = co_await numbers.receive()) {
          const mutex::guard lock = co_await m.lock();
          sum += *n;
        }
      });
      expect(sum == 10);
    }());
  });
}

TEST_P(without_memory, work_on_threads) {
  each_allocation_fails_once([](loop& l) {
    l.run([]() -> task<> {
      const std::string text = co_await blocking([] { return std::string("done"); });
      const auto one = [] { return 1; };
      const auto [a, b] = co_await when_all(blocking(one), blocking(work::ends_soon, one));
      expect(text == "done" && a + b == 2);
    }());
  });
}

// The first work starts the thread.
TEST_P(without_memory, the_first_work_on_a_thread) {
  for (long number = 1; number < 100; ++number) {
    loop l(loop_options{.backend = GetParam().c_str()});
    const scenario w = [](loop& own) {
      own.run([]() -> task<> { (void)co_await blocking([] { return 1; }); }());
    };
    fail_allocation(number);
    const std::string failure = failure_of(w, l);
    const bool reached = !allocation_is_to_fail();
    fail_allocation(0);
    if (!reached) return;
    EXPECT_TRUE(failure.empty() || failure == "no memory") << failure << " at " << number;
    EXPECT_EQ(failure_of(w, l), "") << number;
  }
}

TEST_P(without_memory, streams) {
  each_is_missing_once([](loop& l) {
    l.run([]() -> task<> {
      auto [a, b] = unix_stream::pair();
      a.set_write_limits(100, 1000);
      const std::string much(5000, 'x');
      char space[6];
      co_await with_scope([&, &from = a](scope& s) -> task<> {
        s.spawn([&]() -> task<> {
          co_await from.write("a line\n");
          co_await from.write("more, ", "in pieces");
          co_await from.write(much);
          co_await from.shutdown_write();
        });
        co_return;
      });
      const auto line = co_await b.read_line();
      expect(line && line->size() == 7);
      expect(co_await b.read_exactly(space));
      expect((co_await b.read_until("es"))->size() == 9);
      std::size_t size = 0;
      while (chunk c = co_await b.read_buffer()) size += c.size();
      expect(size == much.size());
      co_await b.write("answer\n");
      expect((co_await a.read_line())->size() == 7);
      b.close();
      expect(!co_await a.read_line());
    }());
    l.run(sleep_short());
  });
}

TEST_P(without_memory, connections) {
  each_allocation_fails_once([](loop& l) {
    l.run([]() -> task<> {
      tcp_listener listener(address::loopback(0));
      for (const bool by_name : {false, true}) {
        tcp_stream peer, accepted;
        co_await with_scope([&](scope& s) -> task<> {
          s.spawn([&]() -> task<> {
            if (by_name)
              peer = co_await tcp_stream::connect("127.0.0.1", listener.port());
            else
              peer = co_await tcp_stream::connect(listener.local_address());
          });
          auto r = co_await as_result(listener.accept());
          if (!r) r.error().raise();
          accepted = std::move(*r);
        });
        peer.abort();
        accepted.abort();
      }
    }());
  });
}

// Its result form throws nothing, whatever is missing.
TEST_P(without_memory, an_accepted_connection) {
  on.run([]() -> task<> {
    tcp_listener listener(address::loopback(0));
    const address at = listener.local_address();
    bool reached = true;
    for (long number = 1; reached && number < 100; ++number) {
      const owned_descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::connect(client.get(), at.data(), at.size()), 0);
      fail_allocation(number);
      std::optional<result<tcp_stream>> r;
      try {
        r.emplace(co_await as_result(listener.accept()));
      } catch (...) {
        ADD_FAILURE() << "it throws at allocation " << number;
      }
      reached = !allocation_is_to_fail();
      fail_allocation(0);
      if (r && *r)
        (*r)->abort();
      else
        EXPECT_TRUE(r && r->error() == std::errc::not_enough_memory) << number;
    }
    EXPECT_FALSE(reached);
  }());
}

TEST_P(without_memory, datagrams) {
  EDDY_NEEDS(datagrams_of_unix_sockets_are_there);
  each_is_missing_once([](loop& l) {
    l.run([]() -> task<> {
      udp_socket a(address::loopback(0)), b(address::loopback(0));
      char space[10];
      co_await a.send_to("one", b.local_address());
      expect((co_await b.receive(space)).size == 3);
      datagram_batch batch(4, 100);
      batch.add("two", a.local_address());
      co_await b.send_batch(batch);
      expect(co_await a.receive_batch(batch) == 1);
      auto [c, d] = unix_datagram::pair();
      co_await c.send_fds("fd", std::vector<int>(1, 0));
      const auto with_datagram = co_await d.receive_all(space);
      auto [e, f] = unix_stream::pair();
      co_await e.send_fd("fd", 0);
      const auto with_bytes = co_await f.receive_fds(space);
      if (with_datagram.fds_lost || with_bytes.fds_lost)
        throw std::system_error(std::make_error_code(std::errc::too_many_files_open));
      expect(with_datagram.fds.size() == 1 && with_bytes.fds.size() == 1);
    }());
  });
}

TEST_P(without_memory, files_and_directories) {
  char root[] = "/tmp/eddy-no-memory-XXXXXX";
  ASSERT_NE(::mkdtemp(root), nullptr);
  each_is_missing_once([&](loop& l) {
    l.run([](std::string in) -> task<> {
      const std::string path = in + "/file";
      co_await write_file(path, "text");
      expect(co_await read_file(path) == "text");
      file f = co_await open_file(path, file_access::update);
      co_await f.write_at("more", 4);
      expect((co_await f.info()).size == 8);
      co_await f.close();
      auto entries = list_directory(in);
      while (auto e = co_await entries.next()) expect(e->name.starts_with("file"));
      directory_watch watch;
      watch.add(in);
      co_await remove_file(path);
      expect((co_await watch.next()).name == "file");
    }(root));
  });
  EXPECT_NE(std::filesystem::remove_all(root), 0u);
}

TEST_P(without_memory, programs_and_signals) {
  EDDY_NEEDS(programs_of_posix_are_there);
  each_is_missing_once([](loop& l) {
    l.run([]() -> task<> {
      const finished f = co_await run(command("cat"), "text");
      expect(f.status && f.output == "text");
      signal_set signals(SIGUSR1);
      (void)co_await as_result(with_timeout(0ns, signals.next()));
      ::raise(SIGUSR1);
      expect(co_await signals.next() == SIGUSR1);
    }());
  });
}

TEST_P(without_memory, names) {
  each_allocation_fails_once([](loop& l) {
    l.run([]() -> task<> {
      resolver names;
      expect(!(co_await names.addresses("localhost", 80)).empty());
      expect((co_await names.ipv4("127.0.0.1")).size() == 1);
    }());
  });
}

TEST_P(without_memory, journeys_to_other_loops) {
  loop other(loop_options{.backend = GetParam().c_str()});
  auto held = std::make_optional<loop::hold>(other);
  std::thread runs([&] { other.run(); });
  each_allocation_fails_once([&](loop& l) {
    l.run([](loop& home, loop& away) -> task<> {
      co_await resume_on(away);
      co_await resume_on(home);
    }(l, other));
  });
  other.post([&] { held.reset(); });
  runs.join();
}

TEST_P(without_memory, groups_of_loops) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}}) {
    loop_group group(size, loop_options{.backend = GetParam().c_str()});
    each_allocation_fails_once(
        [&](loop&) { group.run([](loop&, std::size_t) -> task<> { co_await sleep_for(0ns); }); });
  }
}

TEST_P(without_memory, loops_and_what_they_are_given) {
  each_is_missing_once([](loop&) {
    int done = 0;
    loop l(loop_options{.backend = GetParam().c_str()});
    l.post([&] { ++done; });
    l.spawn([&]() -> task<> {
      co_await sleep_for(0ns);
      ++done;
    });
    l.run();
    expect(done == 2);
  });
}

EDDY_COROUTINES_ON_EVERY_BACKEND(without_memory);

}  // namespace
}  // namespace eddy::test
