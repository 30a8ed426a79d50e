// Which tasks are suspended, and where: read off the cancellations, under which everything waits.
#include <cstdio>

#include "coro/loop_state.h"

namespace eddy::detail {
namespace {

void describe(std::string& out, const promise_base* p) {
  const char* prefix = "  waits in ";
  for (; p != nullptr; p = p->awaited_by()) {
    const std::source_location& at = p->where();
    out += prefix;
    out += at.function_name();
    out += " at ";
    out += at.file_name();
    out += ":" + std::to_string(at.line()) + "\n";
    prefix = "    awaited by ";
    if (!p->is_home()) {  // who waits there may be running
      out += "    awaited on another loop\n";
      return;
    }
  }
}

void describe_waiting(std::string& out, const cancellation& under) {
  for (const link* l = under.waiting().front(); l != under.waiting().end(); l = l->next) {
    const auto& s = static_cast<const stoppable&>(*l);
    if (s.what() == stoppable::kind::cancellation)
      describe_waiting(out, static_cast<const cancellation&>(s));
    else
      describe(out, static_cast<const waiting&>(s).who.promise);
  }
}

}  // namespace

std::string loop_state::suspended_tasks() const {
  std::string all;
  describe_waiting(all, stop);
  return all;
}

void loop_state::report() const {
  if (!report_suspended_) return;
  std::fprintf(stderr, "eddy: a loop ends, but tasks are suspended:\n%s",
               suspended_tasks().c_str());
}

}  // namespace eddy::detail
