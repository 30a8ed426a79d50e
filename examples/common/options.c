#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static void help(FILE *to, const char *program, const char *what_it_is, int has_backends) {
  fprintf(to,
          "usage: %s [--port P] [--bind ADDRESS]%s\n\n%s\n\n"
          "  --port P        the TCP port, 40713 unless given; 0 = any free one\n"
          "  --bind ADDRESS  an address or host name; all IPv6 and IPv4 addresses unless given\n"
          "%s"
          "  --help          this text\n\n"
          "It prints \"listening on ADDRESS port P\" when it is ready. Try it with: nc localhost "
          "40713\n",
          program, has_backends ? " [--backend NAME]" : "", what_it_is,
          has_backends
              ? "  --backend NAME  select, poll, epoll or io_uring; the best one unless given\n"
              : "");
}

int options_read(struct options *options, int argc, char **argv, const char *what_it_is,
                 int has_backends, int *status) {
  static const struct option with_backend[] = {{"port", required_argument, NULL, 'p'},
                                               {"bind", required_argument, NULL, 'b'},
                                               {"help", no_argument, NULL, 'h'},
                                               {"backend", required_argument, NULL, 'e'},
                                               {NULL, 0, NULL, 0}};
  static const struct option without[] = {{"port", required_argument, NULL, 'p'},
                                          {"bind", required_argument, NULL, 'b'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  options->address = NULL;
  options->port = "40713";
  options->backend = NULL;
  optind = 1;
  int option;
  while ((option = getopt_long(argc, argv, "", has_backends ? with_backend : without, NULL)) !=
         -1) {
    if (option == 'p') {
      options->port = optarg;
      /* getaddrinfo would take 70000 for 4464. */
      char *end = optarg;
      long number = strtol(optarg, &end, 10);
      if (*end != '\0' || end == optarg || number < 0 || number > 65535) {
        fprintf(stderr, "%s: --port takes a number from 0 to 65535, not \"%s\"\n", argv[0], optarg);
        *status = 2;
        return 1;
      }
    }
    if (option == 'b') options->address = optarg;
    if (option == 'e') options->backend = optarg;
    if (option == 'h' || option == '?') {
      *status = option == 'h' ? 0 : 2;
      help(option == 'h' ? stdout : stderr, argv[0], what_it_is, has_backends);
      return 1;
    }
  }
  if (optind < argc) {
    fprintf(stderr, "%s: unexpected argument \"%s\"; see --help\n", argv[0], argv[optind]);
    *status = 2;
    return 1;
  }
  return 0;
}
