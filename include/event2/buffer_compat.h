/* event2/buffer_compat.h - the buffer functions of libevent 1.4. New programs use event2/buffer.h.
 */
#ifndef EVENT2_BUFFER_COMPAT_H_INCLUDED_
#define EVENT2_BUFFER_COMPAT_H_INCLUDED_

#include <event2/visibility.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evbuffer;

/* evbuffer_readln(buffer, NULL, EVBUFFER_EOL_ANY). */
EVENT2_EXPORT_SYMBOL
char* evbuffer_readline(struct evbuffer* buffer);

/* Called with the lengths before and after a change. */
typedef void (*evbuffer_cb)(struct evbuffer* buffer, size_t old_len, size_t new_len, void* arg);
/* Replaces all callbacks of the buffer by this one, or (NULL) by none. 0, or -1 when memory is
 * exhausted. */
EVENT2_EXPORT_SYMBOL
int evbuffer_setcb(struct evbuffer* buffer, evbuffer_cb cb, void* cbarg);

/* Where `what` stands first, in memory that goes on in one piece up to its end; or NULL. */
EVENT2_EXPORT_SYMBOL
unsigned char* evbuffer_find(struct evbuffer* buffer, const unsigned char* what, size_t len);

#define EVBUFFER_LENGTH(x) evbuffer_get_length(x)
#define EVBUFFER_DATA(x) evbuffer_pullup((x), -1)

#ifdef __cplusplus
}
#endif

#endif
