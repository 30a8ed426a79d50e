// event2/buffer.h: who is told of changes.
#include "base/memory.h"
#include "capi/buffer.h"

using namespace eddy;
using namespace eddy::capi;

namespace {

evbuffer_cb_entry* entry_of(list_node* n) { return reinterpret_cast<evbuffer_cb_entry*>(n); }

// The callbacks may change the buffer, which calls them again, and remove themselves.
void run_callbacks(evbuffer* b) {
  const std::size_t added = b->added, deleted = b->deleted;
  if (added == 0 && deleted == 0) return;
  b->added = b->deleted = 0;
  const std::size_t before = b->bytes.size() + deleted - added;
  for (list_node* n = b->callbacks.front(); n != b->callbacks.end();) {
    evbuffer_cb_entry* entry = entry_of(n);
    n = n->next;
    if (!(entry->flags & EVBUFFER_CB_ENABLED)) continue;
    const evbuffer_cb_info info{before, added, deleted};
    if (entry->call_old != nullptr)
      entry->call_old(b, before, before + added - deleted, entry->argument);
    else
      entry->call(b, &info, entry->argument);
  }
}

void run_deferred(callback*, void* argument) {
  auto* b = static_cast<evbuffer*>(argument);
  buffer_guard guard(b);
  run_callbacks(b);
}

evbuffer_cb_entry* add_entry(evbuffer* b, void* argument) {
  auto* entry = memory::create<evbuffer_cb_entry>();
  if (entry == nullptr) return nullptr;
  entry->argument = argument;
  b->callbacks.push_front(&entry->link);
  return entry;
}

}  // namespace

namespace eddy::capi {

void buffer_changed(evbuffer* b, std::size_t added, std::size_t deleted) {
  if (b->callbacks.empty()) return;
  b->added += added;
  b->deleted += deleted;
  if (b->deferred_to == nullptr)
    run_callbacks(b);
  else
    (void)b->deferred_to->defer(&b->deferred);
}

}  // namespace eddy::capi

extern "C" {

evbuffer_cb_entry* evbuffer_add_cb(evbuffer* b, evbuffer_cb_func call, void* argument) {
  buffer_guard guard(b);
  evbuffer_cb_entry* entry = add_entry(b, argument);
  if (entry != nullptr) entry->call = call;
  return entry;
}

int evbuffer_remove_cb_entry(evbuffer* b, evbuffer_cb_entry* entry) {
  buffer_guard guard(b);
  entry->link.unlink();
  memory::destroy(entry);
  return 0;
}

int evbuffer_remove_cb(evbuffer* b, evbuffer_cb_func call, void* argument) {
  buffer_guard guard(b);
  for (list_node* n = b->callbacks.front(); n != b->callbacks.end(); n = n->next)
    if (entry_of(n)->call == call && entry_of(n)->argument == argument)
      return evbuffer_remove_cb_entry(b, entry_of(n));
  return -1;
}

int evbuffer_cb_set_flags(evbuffer* b, evbuffer_cb_entry* entry, ev_uint32_t flags) {
  buffer_guard guard(b);
  entry->flags |= flags & EVBUFFER_CB_ENABLED;
  return 0;
}

int evbuffer_cb_clear_flags(evbuffer* b, evbuffer_cb_entry* entry, ev_uint32_t flags) {
  buffer_guard guard(b);
  entry->flags &= ~(flags & EVBUFFER_CB_ENABLED);
  return 0;
}

int evbuffer_setcb(evbuffer* b, evbuffer_cb call, void* argument) {
  buffer_guard guard(b);
  evbuffer_cb_entry* entry = nullptr;
  if (call != nullptr) {
    entry = memory::create<evbuffer_cb_entry>();
    if (entry == nullptr) return -1;
    entry->call_old = call;
    entry->argument = argument;
  }
  while (!b->callbacks.empty()) evbuffer_remove_cb_entry(b, entry_of(b->callbacks.front()));
  if (entry != nullptr) b->callbacks.push_front(&entry->link);
  return 0;
}

int evbuffer_defer_callbacks(evbuffer* b, event_base* base) {
  buffer_guard guard(b);
  b->deferred.flags = is_initialised;
  b->deferred.kind = closure::self;
  b->deferred.on_self = run_deferred;
  b->deferred.argument = b;
  b->deferred.priority = static_cast<std::uint8_t>(base->priorities() / 2);
  b->deferred_to = base;
  return 0;
}

}  // extern "C"
