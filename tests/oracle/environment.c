/* EVENT_NO... and EVENT_SHOW_METHOD. */
#include "oracle.h"

static const char *const switches[] = {"EVENT_NOEPOLL", "EVENT_NOPOLL", "EVENT_NOSELECT"};

static void none(void) {
  unsetenv("EDDY_BACKEND");
  unsetenv("EDDY_NO_IO_URING");
  for (int i = 0; i < 3; ++i) unsetenv(switches[i]);
}

static const char *method_with(struct event_config *config) {
  struct event_base *base = config != NULL ? event_base_new_with_config(config) : event_base_new();
  if (base == NULL) return "none";
  static char name[64];
  snprintf(name, sizeof name, "%s", event_base_get_method(base));
  event_base_free(base);
  return name;
}

static void switched_off(void) {
  watch_messages();
  for (int set = 0; set < 8; ++set) {
    none();
    /* eddy has one method more, which stands on epoll; without it the choice is libevent's. */
    setenv("EDDY_NO_IO_URING", "1", 1);
    for (int i = 0; i < 3; ++i) {
      if ((set & (1 << i)) != 0) setenv(switches[i], "1", 1);
    }
    say("  off:%s%s%s -> %s", set & 1 ? " epoll" : "", set & 2 ? " poll" : "",
        set & 4 ? " select" : "", method_with(NULL));
  }
}

static void ignored_by_configuration(void) {
  none();
  setenv("EDDY_NO_IO_URING", "1", 1);
  char first[64];
  snprintf(first, sizeof first, "%s", method_with(NULL));
  setenv("EVENT_NOEPOLL", "1", 1);
  struct event_config *config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
  const char *second = method_with(config);
  say("  the variable does not count: %s", yes(strcmp(second, "poll") != 0));
  event_config_free(config);
  say("  without the flag it does: %s", method_with(NULL));
}

static void empty_value(void) {
  none();
  setenv("EDDY_NO_IO_URING", "1", 1);
  setenv("EVENT_NOEPOLL", "", 1);
  say("  an empty value: %s", method_with(NULL));
  setenv("EVENT_NOEPOLL", "0", 1);
  say("  zero: %s", method_with(NULL));
  none();
  setenv("EDDY_NO_IO_URING", "1", 1);
  setenv("event_noepoll", "1", 1);
  say("  small letters: %s", method_with(NULL));
}

static void together_with_avoid(void) {
  none();
  setenv("EDDY_NO_IO_URING", "1", 1);
  setenv("EVENT_NOEPOLL", "1", 1);
  struct event_config *config = event_config_new();
  event_config_avoid_method(config, "poll");
  say("  epoll by the environment, poll by the configuration: %s", method_with(config));
  event_config_require_features(config, EV_FEATURE_O1);
  watch_messages();
  say("  and O(1) required: %s", method_with(config));
  event_config_free(config);
}

static int messages;
static char message[256];

static void on_message(int severity, const char *text) {
  if (severity == EVENT_LOG_MSG) messages++;
  snprintf(message, sizeof message, "%s", text);
}

static void show_method(void) {
  setenv("EVENT_SHOW_METHOD", "1", 1);
  event_set_log_callback(on_message);
  struct event_base *base = new_base();
  ask(messages);
  say("  names the method: %s", yes(strstr(message, event_base_get_method(base)) != NULL));
  event_base_free(base);
  unsetenv("EVENT_SHOW_METHOD");
  base = new_base();
  ask(messages);
  event_base_free(base);
}

static void supported_methods(void) {
  const char **methods = event_get_supported_methods();
  int place[3] = {-1, -1, -1}, n = 0;
  static const char *const common[] = {"epoll", "poll", "select"};
  for (; methods[n] != NULL; ++n) {
    for (int i = 0; i < 3; ++i) {
      if (strcmp(methods[n], common[i]) == 0) place[i] = n;
    }
  }
  say("  epoll before poll before select: %s",
      yes(place[0] >= 0 && place[0] < place[1] && place[1] < place[2]));
  setenv("EVENT_NOPOLL", "1", 1);
  const char **again = event_get_supported_methods();
  int m = 0, has_poll = 0;
  for (; again[m] != NULL; ++m) has_poll |= strcmp(again[m], "poll") == 0;
  say("  a method switched off is listed: %s; fewer than before: %d", yes(has_poll), n - m);
}

int main(void) {
  situation("methods switched off", switched_off);
  situation("EVENT_BASE_FLAG_IGNORE_ENV", ignored_by_configuration);
  situation("odd values", empty_value);
  situation("with event_config_avoid_method", together_with_avoid);
  situation("EVENT_SHOW_METHOD", show_method);
  unsetenv("EVENT_NOEPOLL");
  unsetenv("EVENT_NOPOLL");
  situation("event_get_supported_methods", supported_methods);
  return 0;
}
