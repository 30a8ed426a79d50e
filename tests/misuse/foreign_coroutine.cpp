// says: operations of eddy can be awaited in an eddy::task or eddy::async_generator only
#include <eddy/eddy.hpp>

#include <coroutine>

// As another library has it.
struct job {
  struct promise_type {
    job get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

#ifdef FIXED
eddy::task<> accept_one(eddy::tcp_listener& listener) {
#else
job accept_one(eddy::tcp_listener& listener) {
#endif
  const eddy::tcp_stream peer = co_await listener.accept();
}
