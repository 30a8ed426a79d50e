/* The introduction's programs as functions, for the commands `eddy serve` and `eddy tour`. Each
 * takes the command line of its own program and returns its exit status. */
#ifndef EXAMPLES_SERVERS_H
#define EXAMPLES_SERVERS_H

#ifdef __cplusplus
extern "C" {
#endif

int blocking_http_client_main(int argc, char **argv);
int rot13_fork_main(int argc, char **argv);
int rot13_polling_main(int argc, char **argv);
int rot13_select_main(int argc, char **argv);
int rot13_event_main(int argc, char **argv);
int rot13_bufferevent_main(int argc, char **argv);
int rot13_coroutine_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
