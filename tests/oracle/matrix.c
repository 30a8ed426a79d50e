/* Every action in every kind of callback. */
#include "oracle.h"

static struct event_base *base;
static evutil_socket_t fds[2], other_fds[2];
static struct probe self, other;
static int done;

static void act_del_self(void) { ask(event_del(self.ev)); }
static void act_free_self(void) {
  event_free(self.ev);
  self.ev = NULL;
}
/* A reader is readable still: whether its timeout comes first must not be a race. */
static struct timeval own_timeout(void);

static void act_del_and_add_self(void) {
  struct timeval tv = own_timeout();
  ask(event_del(self.ev));
  ask(event_add(self.ev, &tv));
}
static void act_add_self(void) {
  struct timeval tv = own_timeout();
  ask(event_add(self.ev, &tv));
}
static void act_activate_self(void) { event_active(self.ev, EV_WRITE, 1); }
static void act_break(void) { ask(event_base_loopbreak(base)); }
static void act_exit(void) { ask(event_base_loopexit(base, NULL)); }
static void act_continue(void) { ask(event_base_loopcontinue(base)); }
static void act_activate_other(void) { event_active(other.ev, EV_WRITE, 1); }
static void act_add_other(void) {
  put(other_fds[1], 1);
  ask(event_add(other.ev, NULL));
}
static void act_del_other(void) {
  event_active(other.ev, EV_WRITE, 1);
  ask(event_del(other.ev));
}
static void act_enter_loop(void) { ask(event_base_loop(base, EVLOOP_NONBLOCK)); }
static void act_priority(void) { ask(event_priority_set(self.ev, 0)); }
static void act_close(void) {
  event_del(self.ev);
  close(fds[0]);
}
static void act_remove_timer(void) { ask(event_remove_timer(self.ev)); }
static void act_look(void) {
  ask_flags(event_pending(self.ev, EV_ANY, NULL));
  ask(event_initialized(self.ev));
  ask(event_base_get_running_event(base) == self.ev);
}

static const struct {
  const char *name;
  void (*act)(void);
} actions[] = {{"deletes itself", act_del_self},
               {"frees itself", act_free_self},
               {"deletes and adds itself", act_del_and_add_self},
               {"adds itself", act_add_self},
               {"activates itself", act_activate_self},
               {"breaks the loop", act_break},
               {"ends the loop", act_exit},
               {"continues the loop", act_continue},
               {"activates another", act_activate_other},
               {"adds another", act_add_other},
               {"activates and deletes another", act_del_other},
               {"enters the loop", act_enter_loop},
               {"changes its priority", act_priority},
               {"closes the descriptor", act_close},
               {"removes its timer", act_remove_timer},
               {"looks at itself", act_look}};

static const char *const kinds[] = {
    "reader",    "persistent reader",   "timer", "persistent timer", "signal",
    "activated", "persistent activated"};
enum { n_actions = sizeof actions / sizeof actions[0], n_kinds = sizeof kinds / sizeof kinds[0] };

static int the_action, the_kind;

/* Longer than a turn takes on a busy machine: what is ready besides is told before it is due again.
 */
enum { period = 10 };

static struct timeval own_timeout(void) { return ms(the_kind <= 1 ? 3600 * 1000L : period); }

static void act(struct probe *p) {
  if (p->count > 3) {
    event_del(p->ev);
    return;
  }
  if (done++ == 0) actions[the_action].act();
}

static void make_self(void) {
  struct timeval tv = ms(period);
  const int events[] = {EV_READ,   EV_READ | EV_PERSIST, 0, EV_PERSIST, EV_SIGNAL | EV_PERSIST, 0,
                        EV_PERSIST};
  evutil_socket_t fd = the_kind <= 1 ? fds[0] : the_kind == 4 ? SIGUSR1 : -1;
  watch(base, &self, fd, events[the_kind]);
  if (the_kind <= 3) {
    event_add(self.ev, the_kind >= 2 ? &tv : NULL);
    put(fds[1], 1);
  } else if (the_kind == 4) {
    event_add(self.ev, NULL);
    raise(SIGUSR1);
  } else {
    event_active(self.ev, EV_READ, 1);
  }
}

static void cell(void) {
  watch_messages();
  base = new_base();
  event_base_priority_init(base, 3);
  socket_pair(fds);
  socket_pair(other_fds);
  self = (struct probe){.name = "self", .then = act};
  other = (struct probe){.name = "other"};
  event_priority_set(watch(base, &other, other_fds[0], EV_READ), 2);
  make_self();
  struct timeval stop = ms(60);
  if (the_kind == 4) event_base_loopexit(base, &stop); /* all others end by themselves */
  int got = event_base_loop(base, 0);
  /* A persistent reader that is never drained runs until it has had enough (see act). */
  say("  loop %d, exit %d, break %d", got, event_base_got_exit(base), event_base_got_break(base));
  if (self.ev != NULL) {
    ask_flags(event_pending(self.ev, EV_ANY, NULL));
    event_free(self.ev);
  }
  say("  warned %s", yes(message_count(EVENT_LOG_WARN) > 0));
  event_free(other.ev);
  event_base_free(base);
}

int main(void) {
  for (the_kind = 0; the_kind < n_kinds; ++the_kind) {
    for (the_action = 0; the_action < n_actions; ++the_action) {
      char title[96];
      snprintf(title, sizeof title, "%s %s", kinds[the_kind], actions[the_action].name);
      situation(title, cell);
    }
  }
  return 0;
}
