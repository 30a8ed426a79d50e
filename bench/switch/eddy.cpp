// What it costs that coroutines take turns, on eddy.
#include <eddy/eddy.hpp>

#include "switch/switch.h"

namespace {

// Each waits for the other's turn to end, through the loop.
eddy::task<> take_turns(eddy::semaphore& own, eddy::semaphore& other, long rounds) {
  for (long i = 0; i < rounds; ++i) {
    co_await own.acquire();
    other.release();
  }
}

eddy::task<long> callee(long value) { co_return value; }

eddy::task<> call(long rounds) {
  long sum = 0;
  for (long i = 0; i < rounds; ++i) sum += co_await callee(i);
  if (sum != rounds * (rounds - 1) / 2) bench_fail("call", "a value was lost");
}

eddy::task<> lock(eddy::mutex& m, long rounds) {
  for (long i = 0; i < rounds; ++i) const eddy::mutex::guard held = co_await m.lock();
}

eddy::task<> send(eddy::channel<long>& values, long rounds) {
  for (long i = 0; i < rounds; ++i) co_await values.send(i);
  values.close();
}

eddy::task<> receive(eddy::channel<long>& values, long rounds) {
  long count = 0;
  while (co_await values.receive()) ++count;
  if (count != rounds) bench_fail("channel", "a value was lost");
}

void hand_over(eddy::loop& loop, size_t capacity, long rounds) {
  eddy::channel<long> values(capacity);
  loop.spawn(send(values, rounds));
  loop.run(receive(values, rounds));
}

}  // namespace

int main(int argc, char** argv) {
  switches all(argc, argv);
  eddy::loop loop;
  all.measure(1, "switch", 2, [&](long rounds) {
    eddy::semaphore one(1), other(0);
    loop.spawn(take_turns(one, other, rounds));
    loop.run(take_turns(other, one, rounds));
  });
  all.measure(2, "call", 1, [&](long rounds) { loop.run(call(rounds)); });
  all.measure(3, "mutex", 1, [&](long rounds) {
    eddy::mutex m;
    loop.run(lock(m, rounds));
  });
  all.measure(4, "channel", 1, [&](long rounds) { hand_over(loop, 0, rounds); });
  all.measure(5, "buffered", 1, [&](long rounds) { hand_over(loop, 64, rounds); });
}
