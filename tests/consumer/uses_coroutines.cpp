// A program with coroutines, on the installed library: what the library throws is caught by type.
#include <eddy/eddy.hpp>

#include <cstdio>

using namespace std::chrono_literals;

static eddy::task<int> work() {
  try {
    char data[1];
    co_await eddy::recv_fd(19'999, data, 1);
  } catch (const eddy::exception& e) {
    std::printf("%s\n", e.what());
  }
  try {
    co_await eddy::with_timeout(1ms, eddy::sleep_for(1h));
  } catch (const std::system_error& e) {
    std::printf("%s\n", e.what());
  }
  co_return 7;
}

int main() {
  eddy::loop loop;
  std::printf("%d\n", loop.run(work()));
}
