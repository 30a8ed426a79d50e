/* The command line that all servers have in common. */
#ifndef EXAMPLES_OPTIONS_H
#define EXAMPLES_OPTIONS_H

struct options {
  const char *address; /* NULL: all addresses, IPv6 and IPv4 */
  const char *port;    /* "0": one that the system chooses */
  const char *backend; /* NULL: the best one; only the event server has a choice */
};

/* Reads --port P, --bind ADDRESS, --help and, where `has_backends`, --backend NAME. Returns 0 to go
 * on; otherwise the program is to end with `*status`. */
int options_read(struct options *options, int argc, char **argv, const char *what_it_is,
                 int has_backends, int *status);

#endif
