// event2/buffer.h: who is told of changes.
#include <utility>

#include "base/memory.h"
#include "capi/buffer.h"

using namespace eddy::engine;
using namespace eddy::engine::capi;

namespace {

evbuffer_cb_entry* entry_of(list_node* n) { return reinterpret_cast<evbuffer_cb_entry*>(n); }

// The callbacks may change the buffer, which calls them again, and remove themselves.
void run_callbacks(buffer_extras* x) {
  const std::size_t added = x->added, deleted = x->deleted;
  if (added == 0 && deleted == 0) return;
  x->added = x->deleted = 0;
  evbuffer* b = x->of;
  const std::size_t before = b->bytes.size() + deleted - added;
  for (list_node* n = x->callbacks.front(); n != x->callbacks.end();) {
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
  auto* x = static_cast<buffer_extras*>(argument);
  buffer_guard guard(x->of);
  run_callbacks(x);
}

// The stream first: what it does (starting to write, or to read on) goes unseen.
void extras_changed(buffer_keeper* self, watched_buffer* which, std::size_t added,
                    std::size_t deleted) {
  auto* x = static_cast<buffer_extras*>(self);
  if (which == nullptr) return release_extras(x->of);
  if (!x->callbacks.empty()) {
    x->added += added;
    x->deleted += deleted;
    if (x->deferred_to != nullptr) (void)x->deferred_to->defer(&x->deferred);
  }
  if (x->inner != nullptr) {
    // A filter calls its user from in there, who may free it.
    bool gone = false;
    bool* others = std::exchange(x->gone, &gone);
    x->inner->how->changed(x->inner, which, added, deleted);
    if (gone) {
      if (others != nullptr) *others = true;
      return;
    }
    x->gone = others;
  }
  if (!x->callbacks.empty() && x->deferred_to == nullptr) run_callbacks(x);
}

shared_lock* lock_of_extras(const buffer_keeper* self) {
  return static_cast<const buffer_extras*>(self)->lock;
}

constexpr buffer_keeper_kind by_extras = {extras_changed, lock_of_extras};

evbuffer_cb_entry* add_entry(evbuffer* b, void* argument) {
  buffer_extras* extras = extras_of(b);
  if (extras == nullptr) return nullptr;
  auto* entry = memory::create<evbuffer_cb_entry>();
  if (entry == nullptr) return nullptr;
  entry->argument = argument;
  extras->callbacks.push_front(&entry->link);
  return entry;
}

}  // namespace

namespace eddy::engine::capi {

buffer_extras* find_extras(const evbuffer* b) {
  buffer_keeper* k = b->keeper();
  return k != nullptr && k->how == &by_extras ? static_cast<buffer_extras*>(k) : nullptr;
}

buffer_extras* extras_of(evbuffer* b) {
  if (buffer_extras* there = find_extras(b)) return there;
  auto* made = memory::create<buffer_extras>();
  if (made == nullptr) return nullptr;
  made->how = &by_extras;
  made->of = b;
  made->inner = b->keeper();
  made->lock = b->lock();
  b->keep_in(made);
  return made;
}

void release_extras(evbuffer* b) {
  buffer_extras* x = find_extras(b);
  if (x == nullptr) return;
  // Only when it is queued: the base may be gone, which has taken it out.
  if (x->deferred.is(in_active) || x->deferred.is(in_active_later))
    x->deferred_to->cancel_deferred(&x->deferred);
  while (!x->callbacks.empty())
    evbuffer_remove_cb_entry(b, reinterpret_cast<evbuffer_cb_entry*>(x->callbacks.front()));
  b->keep_in(x->inner);
  if (x->owns_lock) x->own_lock.threads->lock_free(x->own_lock.lock, recursive_lock_type);
  if (x->gone != nullptr) *x->gone = true;
  memory::destroy(x);
}

}  // namespace eddy::engine::capi

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
  buffer_extras* x = find_extras(b);
  if (x == nullptr) return -1;
  for (list_node* n = x->callbacks.front(); n != x->callbacks.end(); n = n->next)
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
  buffer_extras* x = extras_of(b);
  if (x == nullptr) return -1;
  evbuffer_cb_entry* entry = nullptr;
  if (call != nullptr) {
    entry = memory::create<evbuffer_cb_entry>();
    if (entry == nullptr) return -1;
    entry->call_old = call;
    entry->argument = argument;
  }
  while (!x->callbacks.empty()) evbuffer_remove_cb_entry(b, entry_of(x->callbacks.front()));
  if (entry != nullptr) x->callbacks.push_front(&entry->link);
  return 0;
}

int evbuffer_defer_callbacks(evbuffer* b, event_base* base) {
  buffer_guard guard(b);
  buffer_extras* x = extras_of(b);
  if (x == nullptr) return -1;
  x->deferred.flags = is_initialised;
  x->deferred.kind = closure::self;
  x->deferred.on_self = run_deferred;
  x->deferred.argument = x;
  x->deferred.priority = static_cast<std::uint8_t>(base->priorities() / 2);
  x->deferred_to = base;
  return 0;
}

}  // extern "C"
