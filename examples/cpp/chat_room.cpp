// A chat room: what one says, all others read. Try it with several of: nc 127.0.0.1 PORT
//
// The first line of a member is its name. Each member has a queue of its own, of a bounded number
// of lines, and a task that writes them: nobody waits for somebody who reads slowly, and who does
// not keep up is put out of the room.
#include <list>
#include <memory>

#include "common.h"

static const char usage[] =
    "usage: chat_room [PORT]\n"
    "Listens on PORT of 127.0.0.1 (0, or none given: one that is free) and says \"port N\".\n";

using namespace std::chrono_literals;
using text = std::shared_ptr<const std::string>;

constexpr std::size_t longest_line = 1000, most_waiting = 256;
constexpr auto patience = 10min;  // with a member that says nothing

struct member {
  std::string name;
  eddy::channel<text> lines{most_waiting};
  eddy::event late;  // it does not keep up
};

class room {
 public:
  std::list<member>::iterator enter(std::string name) {
    members_.emplace_back();
    members_.back().name = std::move(name);
    return std::prev(members_.end());
  }
  void leave(std::list<member>::iterator m) { members_.erase(m); }
  bool has(std::string_view name) const {
    for (const member& m : members_)
      if (m.name == name) return true;
    return false;
  }
  void say(std::string line, const member* from = nullptr) {
    const text shared = std::make_shared<const std::string>(std::move(line));
    for (member& m : members_)
      if (&m != from && !m.lines.try_send(text(shared))) m.late.set();
  }

 private:
  std::list<member> members_;
};

static eddy::task<> tell(eddy::tcp_stream& peer, member& m) {
  while (auto line = co_await m.lines.receive()) co_await peer.write(**line);
}

static eddy::task<> listen_to(eddy::tcp_stream& peer, room& r, member& m) {
  while (auto line = co_await peer.read_line(longest_line)) {
    r.say(m.name + ": " + std::string(line->begin(), line->end()), &m);
    co_await eddy::sleep_for(0s);  // those who are told take it from their queues first
  }
}

static eddy::task<std::string> name_of(eddy::tcp_stream& peer, const room& r) {
  co_await peer.write("your name?\n");
  auto line = co_await eddy::with_timeout(30s, peer.read_line(100));
  std::string name = line ? std::string(line->begin(), line->end()) : "";
  while (!name.empty() && (name.back() == '\n' || name.back() == '\r')) name.pop_back();
  if (name.empty() || r.has(name)) {
    co_await peer.write("that name is taken, or none\n");
    name.clear();
  }
  co_return name;
}

static eddy::task<> serve(eddy::tcp_stream peer, room& r) try {
  peer.set_read_timeout(patience);
  const std::string name = co_await name_of(peer, r);
  if (name.empty()) co_return;
  const auto m = r.enter(name);
  struct on_leaving {
    room& from;
    std::list<member>::iterator who;
    ~on_leaving() {
      const std::string name = who->name;
      from.leave(who);
      from.say("* " + name + " leaves\n");
    }
  } leaving{r, m};
  r.say("* " + name + " enters\n");
  // Whichever ends first is the end.
  co_await eddy::when_any(tell(peer, *m), listen_to(peer, r, *m), m->late.wait());
  if (m->late.is_set()) peer.abort();
} catch (const eddy::exception&) {
  // Its connection broke, it said nothing for too long, or too much at a time.
}

int main(int argc, char** argv) {
  return run_program(argc, argv, usage, 0, 1, [&] {
    room r;
    eddy::loop loop;
    loop.run(serve_until_interrupted(port_of(argc > 1 ? argv[1] : "0"), [&](eddy::tcp_stream peer) {
      return serve(std::move(peer), r);
    }));
    return 0;
  });
}
