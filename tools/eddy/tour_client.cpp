// The introduction's first program, the blocking client: fetches the text from a small server of
// the tour's own, and then from one that takes its time.
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "servers.h"
#include "tour_report.h"

namespace {

using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

[[noreturn]] void failed(const char* what) {
  throw std::runtime_error(std::string("the tour's own HTTP server: ") + what + ": " +
                           std::strerror(errno));
}

// Answers one request after the other with the text; those for /slow after a pause.
class text_server {
 public:
  explicit text_server(const std::string& text) : text_(text) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
      failed("listening");
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~text_server() {
    ended_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  text_server(const text_server&) = delete;
  text_server& operator=(const text_server&) = delete;

  const std::string& port() const { return port_; }

 private:
  void serve() {
    while (!ended_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      const timeval limit{5, 0};
      (void)::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      (void)::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      answer(client);
      ::close(client);
    }
  }

  void answer(int client) const {
    std::string request;
    char buffer[2048];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got <= 0 || request.size() > 8192) return;
      request.append(buffer, static_cast<std::size_t>(got));
    }
    if (request.compare(0, 9, "GET /slow") == 0)
      std::this_thread::sleep_for(std::chrono::duration<double>(client_report::pause));
    const std::string answered = "HTTP/1.0 200 OK\r\n\r\n" + text_;
    for (std::size_t sent = 0; sent < answered.size();) {
      const ssize_t n =
          ::send(client, answered.data() + sent, answered.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }

  const std::string& text_;
  std::atomic<bool> ended_{false};
  int listener_ = -1;
  std::string port_;
  std::thread thread_;
};

// What the client prints, which is headers and text; in a child process, as it calls exit-like
// things a program may.
std::string fetch(const std::string& url) {
  int ends[2];
  if (::pipe(ends) != 0) failed("pipe");
  const pid_t child = ::fork();
  if (child < 0) failed("fork");
  if (child == 0) {
    ::alarm(20);
    ::dup2(ends[1], 1);
    ::close(ends[0]);
    ::close(ends[1]);
    std::string name = "client", address = url;
    char* argv[] = {name.data(), address.data(), nullptr};
    ::_exit(blocking_http_client_main(2, argv));
  }
  ::close(ends[1]);
  std::string printed;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(ends[0], buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    printed.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  const std::size_t body = printed.find("\r\n\r\n");
  return body == std::string::npos ? "" : printed.substr(body + 4);
}

double children_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& tv) {
    return static_cast<double>(tv.tv_sec) + static_cast<double>(tv.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

client_report measure_client(const std::string& text) {
  client_report report;
  const text_server server(text);
  const std::string url = "http://127.0.0.1:" + server.port();
  auto began = clock_type::now();
  report.right = fetch(url + "/") == text;
  report.seconds = seconds_since(began);
  report.bytes = text.size();
  const double cpu_before = children_cpu();
  began = clock_type::now();
  for (int i = 0; i < client_report::slow_answers; ++i)
    report.right = fetch(url + "/slow") == text && report.right;
  report.slow_seconds = seconds_since(began);
  report.slow_cpu_seconds = children_cpu() - cpu_before;
  return report;
}
