// The introduction's HTTP client in coroutines: it looks a name up, connects to whichever of its
// addresses answers first, and prints what the server answers.
#include "common.h"
#include "http.h"

static const char usage[] =
    "usage: http_client [--follow N] [--timeout SECONDS] http://HOST[:PORT][/PATH]\n"
    "Prints what the server answers, headers and all. A redirection is told, and followed up to N\n"
    "times if that is asked for. All of it may take 30 s, or so many SECONDS.\n";

struct wish {
  http::url page;
  unsigned follow = 0;
  std::chrono::seconds timeout{30};
};

static eddy::task<> print(const wish& w) {
  http::answer a = co_await http::get(w.page, w.timeout, w.follow, [](const http::url& to) {
    std::fprintf(stderr, "http_client: redirected to %s\n", to.to_string().c_str());
  });
  eddy::stream out = eddy::standard_output();
  co_await out.write(a.head);
  char bytes[16 * 1024];
  while (const std::size_t got = co_await a.read(bytes)) co_await out.write({bytes, got});
  co_await out.flush();
  if (const auto elsewhere = a.redirects_to())
    throw http::failure("it is redirected to " + http::printable(*elsewhere) +
                        " (--follow N goes there)");
}

static unsigned number_of(const char* text, unsigned most) {
  const auto n = http::number(text);
  if (!n || *n > most)
    throw http::failure("\"" + std::string(text) + "\" is no number from 0 to " +
                        std::to_string(most));
  return static_cast<unsigned>(*n);
}

static wish wish_of(int argc, char** argv) {
  wish w;
  int i = 1;
  for (; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--follow")
      w.follow = number_of(argv[i + 1], 100);
    else if (option == "--timeout")
      w.timeout = std::chrono::seconds(number_of(argv[i + 1], 86400));
    else
      throw http::failure("there is no option " + std::string(option) + "; see --help");
  }
  if (i == argc) throw http::failure("a URL is missing; see --help");
  w.page = http::url::parse(argv[i]);
  return w;
}

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 1, 5, [&] {
    const wish w = wish_of(argc, argv);
    eddy::loop loop;
    loop.run([](const wish& all) -> eddy::task<> {
      co_await eddy::with_timeout(all.timeout, print(all));
    }(w));
    return 0;
  });
}
