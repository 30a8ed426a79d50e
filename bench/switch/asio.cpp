// What it costs that coroutines take turns, on Asio. It has no mutex for them: a channel with room
// for one value stands in.
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/channel.hpp>

#include "switch/switch.h"

namespace {

constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);
using channel = asio::experimental::channel<void(asio::error_code, long)>;

// Each goes behind the other in the queue of the context.
asio::awaitable<void> take_turns(asio::io_context& context, long rounds) {
  for (long i = 0; i < rounds; ++i) co_await asio::post(context, asio::use_awaitable);
}

asio::awaitable<long> callee(long value) { co_return value; }

asio::awaitable<void> call(long rounds) {
  long sum = 0;
  for (long i = 0; i < rounds; ++i) sum += co_await callee(i);
  if (sum != rounds * (rounds - 1) / 2) bench_fail("call", "a value was lost");
}

asio::awaitable<void> lock(channel& m, long rounds) {
  for (long i = 0; i < rounds; ++i) {
    co_await m.async_send(asio::error_code(), 0, asio::use_awaitable);
    m.try_receive([](asio::error_code, long) {});
  }
}

asio::awaitable<void> send(channel& values, long rounds) {
  for (long i = 0; i < rounds; ++i)
    co_await values.async_send(asio::error_code(), i, asio::use_awaitable);
  values.close();
}

asio::awaitable<void> receive(channel& values, long rounds) {
  long count = 0;
  for (;;) {
    const auto [error, value] = co_await values.async_receive(as_result);
    if (error) break;
    ++count;
  }
  if (count != rounds) bench_fail("channel", "a value was lost");
}

class runner {
 public:
  void operator()(asio::awaitable<void> one) { operator()(std::move(one), nothing()); }
  void operator()(asio::awaitable<void> one, asio::awaitable<void> other) {
    asio::co_spawn(context, std::move(one), asio::detached);
    asio::co_spawn(context, std::move(other), asio::detached);
    context.restart();
    context.run();
  }
  asio::io_context context{1};

 private:
  static asio::awaitable<void> nothing() { co_return; }
};

void hand_over(runner& run, size_t capacity, long rounds) {
  channel values(run.context, capacity);
  run(send(values, rounds), receive(values, rounds));
}

}  // namespace

int main(int argc, char** argv) {
  switches all(argc, argv);
  runner run;
  all.measure(1, "switch", 2, [&](long rounds) {
    run(take_turns(run.context, rounds), take_turns(run.context, rounds));
  });
  all.measure(2, "call", 1, [&](long rounds) { run(call(rounds)); });
  all.measure(3, "mutex", 1, [&](long rounds) {
    channel m(run.context, 1);
    run(lock(m, rounds));
  });
  all.measure(4, "channel", 1, [&](long rounds) { hand_over(run, 0, rounds); });
  all.measure(5, "buffered", 1, [&](long rounds) { hand_over(run, 64, rounds); });
}
