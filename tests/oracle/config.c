/* event_config and what becomes of it. The names of methods differ on purpose: none is printed. */
#include "oracle.h"

static struct event_config *new_config(void) {
  struct event_config *config = event_config_new();
  if (config == NULL) broken("event_config_new");
  return config;
}

/* These ask about the choice of a method: the harness's own choice must not stand in the way. */
static void free_choice(void) {
  unsetenv("EDDY_BACKEND");
  unsetenv("EVENT_NOEPOLL");
  unsetenv("EVENT_NOPOLL");
}

static void works_and_free(struct event_base *base) {
  if (base == NULL) {
    say("  no base");
    return;
  }
  struct probe p = {.name = "works"};
  event_active(watch(base, &p, -1, 0), EV_READ, 1);
  ask(event_base_loop(base, 0));
  event_free(p.ev);
  event_base_free(base);
}

static void return_values(void) {
  struct event_config *config = new_config();
  ask(event_config_avoid_method(config, "no such method"));
  ask(event_config_avoid_method(config, ""));
  ask(event_config_require_features(config, 0));
  ask(event_config_require_features(config, 0x4000));
  ask(event_config_require_features(config, 0));
  ask(event_config_set_flag(config, 0));
  ask(event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK));
  ask(event_config_set_flag(config, 0x4000));
  ask(event_config_set_num_cpus_hint(config, 4));
  ask(event_config_set_num_cpus_hint(config, -1));
  struct timeval tv = ms(5);
  ask(event_config_set_max_dispatch_interval(config, &tv, 10, 1));
  ask(event_config_set_max_dispatch_interval(config, NULL, -1, 0));
  ask(event_config_set_max_dispatch_interval(config, NULL, 10, -1));
  works_and_free(event_base_new_with_config(config));
  event_config_free(config);
}

static void null_config(void) {
  ask(event_config_set_flag(NULL, EVENT_BASE_FLAG_NOLOCK));
  ask(event_config_set_num_cpus_hint(NULL, 4));
  ask(event_config_require_features(NULL, 0));
  works_and_free(event_base_new_with_config(NULL));
}

static void avoid_the_best(void) {
  free_choice();
  struct event_base *first = new_base();
  char best[64];
  snprintf(best, sizeof best, "%s", event_base_get_method(first));
  event_base_free(first);
  struct event_config *config = new_config();
  ask(event_config_avoid_method(config, best));
  struct event_base *second = event_base_new_with_config(config);
  event_config_free(config);
  say("  a second one: %s", null(second));
  if (second == NULL) return;
  say("  another: %s", yes(strcmp(event_base_get_method(second), best) != 0));
  works_and_free(second);
}

static void avoid_all(void) {
  free_choice();
  watch_messages();
  struct event_config *config = new_config();
  const char **methods = event_get_supported_methods();
  int tried = 0;
  for (; methods[tried] != NULL; ++tried) event_config_avoid_method(config, methods[tried]);
  say("  several methods: %s", yes(tried >= 3));
  struct event_base *base = event_base_new_with_config(config);
  say("  base: %s, warned: %s", null(base), yes(message_count(EVENT_LOG_WARN) > 0));
  event_config_free(config);
}

static void each_method(void) {
  free_choice();
  const char **methods = event_get_supported_methods();
  static const char *const common[] = {"epoll", "poll", "select"};
  for (int i = 0; i < 3; ++i) {
    struct event_config *config = new_config();
    int supported = 0;
    for (int j = 0; methods[j] != NULL; ++j) {
      if (strcmp(methods[j], common[i]) == 0) {
        supported = 1;
      } else {
        event_config_avoid_method(config, methods[j]);
      }
    }
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    say("  only %s: supported %s, base %s", common[i], yes(supported), null(base));
    if (base == NULL) continue;
    say("  is %s, features 0x%x", event_base_get_method(base),
        (unsigned)event_base_get_features(base));
    works_and_free(base);
  }
}

static void require(int features) {
  struct event_config *config = new_config();
  event_config_require_features(config, features);
  struct event_base *base = event_base_new_with_config(config);
  event_config_free(config);
  say("  features 0x%x: %s", (unsigned)features, null(base));
  if (base == NULL) return;
  say("  it has them: %s", yes((event_base_get_features(base) & features) == features));
  event_base_free(base);
}

static void required_features(void) {
  free_choice();
  watch_messages();
  require(0);
  require(EV_FEATURE_ET);
  require(EV_FEATURE_O1);
  require(EV_FEATURE_FDS);
  require(EV_FEATURE_EARLY_CLOSE);
  require(EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE);
  require(EV_FEATURE_ET | EV_FEATURE_FDS);
  require(EV_FEATURE_FDS | EV_FEATURE_EARLY_CLOSE);
  require(0x80);
}

static void required_of_the_given_method(void) {
  watch_messages();
  require(0);
  struct event_base *base = new_base();
  say("  features 0x%x", (unsigned)event_base_get_features(base));
  event_base_free(base);
}

static void each_flag(void) {
  const int all[] = {EVENT_BASE_FLAG_NOLOCK,
                     EVENT_BASE_FLAG_IGNORE_ENV,
                     EVENT_BASE_FLAG_STARTUP_IOCP,
                     EVENT_BASE_FLAG_NO_CACHE_TIME,
                     EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST,
                     EVENT_BASE_FLAG_PRECISE_TIMER,
                     0x3f};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
    struct event_config *config = new_config();
    ask(event_config_set_flag(config, all[i]));
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    say("  flag 0x%x: %s", (unsigned)all[i], null(base));
    if (base == NULL) continue;
    evutil_socket_t fds[2];
    socket_pair(fds);
    put(fds[1], 1);
    struct timeval tv = ms(2);
    struct probe r = {.name = "reader", .then = then_drain}, t = {.name = "timer"};
    event_add(watch(base, &r, fds[0], EV_READ), NULL);
    ask(event_base_loop(base, EVLOOP_ONCE));
    evtimer_add(watch(base, &t, -1, 0), &tv);
    ask(event_base_loop(base, 0));
    event_free(r.ev);
    event_free(t.ev);
    event_base_free(base);
  }
}

static void one_config_for_two_bases(void) {
  struct event_config *config = new_config();
  struct event_base *one = event_base_new_with_config(config);
  struct event_base *two = event_base_new_with_config(config);
  event_config_free(config);
  works_and_free(one);
  works_and_free(two);
}

int main(void) {
  situation("return values", return_values);
  situation("without a configuration", null_config);
  situation("the best method avoided", avoid_the_best);
  situation("every method avoided", avoid_all);
  situation("each method that both have", each_method);
  situation("required features, any method", required_features);
  situation("features of the given method", required_of_the_given_method);
  situation("each flag", each_flag);
  situation("one configuration for two bases", one_config_for_two_bases);
  return 0;
}
