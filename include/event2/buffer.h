/* event2/buffer.h - queues of bytes, for data that was received or is to be sent.
 *
 * An evbuffer is a list of chains of memory. Adding at the end, draining the front and moving data
 * between buffers copy as little as can be. A buffer belongs to one thread, unless locking is
 * enabled; then each call locks it, callbacks included. Sizes above SSIZE_MAX, and lengths that
 * would pass it, are refused before anything is allocated. A call that fails leaves the buffer as
 * it was. What ends with _cb is called for each change of a buffer's length. */
#ifndef EVENT2_BUFFER_H_INCLUDED_
#define EVENT2_BUFFER_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event-config.h>
#include <event2/util.h>
#include <stdarg.h>
#include <sys/types.h>
#ifndef _WIN32
#include <sys/uio.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct evbuffer;
struct event_base;

/* A place in a buffer: 0 is its first byte, its length the place behind the last. Valid until the
 * buffer changes. Set with evbuffer_ptr_set; `pos` may be read, the rest is ours. */
struct evbuffer_ptr {
  ev_ssize_t pos;
  struct {
    void* chain;
    size_t pos_in_chain;
  } internal_;
};

/* A piece of memory: the system's struct iovec; on Windows, which has none, the same. */
#ifndef _WIN32
#define evbuffer_iovec iovec
#elif !defined(EVBUFFER_IOVEC_DEFINED_)
#define EVBUFFER_IOVEC_DEFINED_
struct evbuffer_iovec {
  void* iov_base;
  size_t iov_len;
};
#endif
#define EVBUFFER_IOVEC_IS_NATIVE_

/* --- life ---------------------------------------------------------------------------------------
 */

/* An empty buffer, or NULL when memory is exhausted. */
EVENT2_EXPORT_SYMBOL
struct evbuffer* evbuffer_new(void);

/* Releases the buffer and what is in it, borrowed memory included. NULL is not allowed. */
EVENT2_EXPORT_SYMBOL
void evbuffer_free(struct evbuffer* buf);

/* Lets several threads use the buffer. `lock` is a recursive lock of the caller's, which must
 * outlive the buffer, or NULL for one of its own. Needs threads (evthread_use_pthreads). 0, or -1,
 * also when locking is enabled already. */
EVENT2_EXPORT_SYMBOL
int evbuffer_enable_locking(struct evbuffer* buf, void* lock);
/* Holds the lock over several calls. Nothing happens without locking. */
EVENT2_EXPORT_SYMBOL
void evbuffer_lock(struct evbuffer* buf);
EVENT2_EXPORT_SYMBOL
void evbuffer_unlock(struct evbuffer* buf);

/* The data will be written to a descriptor or drained, and not looked at by the program. */
#define EVBUFFER_FLAG_DRAINS_TO_FD 1
/* Sets, or clears, flags. Always 0. */
EVENT2_EXPORT_SYMBOL
int evbuffer_set_flags(struct evbuffer* buf, ev_uint64_t flags);
EVENT2_EXPORT_SYMBOL
int evbuffer_clear_flags(struct evbuffer* buf, ev_uint64_t flags);

/* --- how much -----------------------------------------------------------------------------------
 */

/* How many bytes are in it. O(1). */
EVENT2_EXPORT_SYMBOL
size_t evbuffer_get_length(const struct evbuffer* buf);
/* How many of the first ones stand in one piece: what evbuffer_pullup gives without copying. */
EVENT2_EXPORT_SYMBOL
size_t evbuffer_get_contiguous_space(const struct evbuffer* buf);

/* --- adding -------------------------------------------------------------------------------------
 * 0, or -1: memory is exhausted, the sum would be too long, or the end (for prepend: the front) is
 * frozen. */

EVENT2_EXPORT_SYMBOL
int evbuffer_add(struct evbuffer* buf, const void* data, size_t datlen);
EVENT2_EXPORT_SYMBOL
int evbuffer_prepend(struct evbuffer* buf, const void* data, size_t size);
/* Moves all of `inbuf` behind, or before, what is in `outbuf`. No byte is copied. */
EVENT2_EXPORT_SYMBOL
int evbuffer_add_buffer(struct evbuffer* outbuf, struct evbuffer* inbuf);
EVENT2_EXPORT_SYMBOL
int evbuffer_prepend_buffer(struct evbuffer* dst, struct evbuffer* src);
/* Shows what is in `inbuf` now in `outbuf` as well, without copying: for one text to many
 * connections. `inbuf` keeps it. A buffer that shows another's data cannot be shown itself: -1. */
EVENT2_EXPORT_SYMBOL
int evbuffer_add_buffer_reference(struct evbuffer* outbuf, struct evbuffer* inbuf);

/* Told when borrowed memory is not needed any more. */
typedef void (*evbuffer_ref_cleanup_cb)(const void* data, size_t datalen, void* extra);
/* Adds memory of the caller's without copying it; it must stay as it is until `cleanupfn` (which
 * may be NULL) is called, once. Not called when this fails. */
EVENT2_EXPORT_SYMBOL
int evbuffer_add_reference(struct evbuffer* outbuf, const void* data, size_t datlen,
                           evbuffer_ref_cleanup_cb cleanupfn, void* cleanupfn_arg);

/* Adds all pieces; how many bytes that were. */
EVENT2_EXPORT_SYMBOL
size_t evbuffer_add_iovec(struct evbuffer* buffer, struct evbuffer_iovec* vec, int n_vec);

/* Adds text as printf makes it, without its final '\0'. How many bytes, or -1. */
EVENT2_EXPORT_SYMBOL
int evbuffer_add_printf(struct evbuffer* buf, const char* fmt, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;
EVENT2_EXPORT_SYMBOL
int evbuffer_add_vprintf(struct evbuffer* buf, const char* fmt, va_list ap)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 0)))
#endif
    ;

/* --- room ---------------------------------------------------------------------------------------
 */

/* Makes room for so many bytes more, so that adding them needs no allocation. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evbuffer_expand(struct evbuffer* buf, size_t datlen);
/* Gives room at the end for at least `size` bytes, in up to `n_vec` pieces: memory to write into,
 * which becomes data by evbuffer_commit_space. How many pieces, or -1. The room is valid until the
 * buffer changes. One piece may mean a larger allocation than two. */
EVENT2_EXPORT_SYMBOL
int evbuffer_reserve_space(struct evbuffer* buf, ev_ssize_t size, struct evbuffer_iovec* vec,
                           int n_vec);
/* Makes data of what was reserved, with lengths that may have been made smaller. 0, or -1 when the
 * pieces are not those that were given, or data was added since. */
EVENT2_EXPORT_SYMBOL
int evbuffer_commit_space(struct evbuffer* buf, struct evbuffer_iovec* vec, int n_vecs);

/* --- taking -------------------------------------------------------------------------------------
 */

/* Removes so many bytes from the front, or all. 0, or -1 when the front is frozen. */
EVENT2_EXPORT_SYMBOL
int evbuffer_drain(struct evbuffer* buf, size_t len);
/* Copies up to `datlen` bytes out, and drains them. How many, or -1 when the front is frozen. */
EVENT2_EXPORT_SYMBOL
int evbuffer_remove(struct evbuffer* buf, void* data, size_t datlen);
/* The same without draining, from the front or from a place. */
EVENT2_EXPORT_SYMBOL
ev_ssize_t evbuffer_copyout(struct evbuffer* buf, void* data_out, size_t datlen);
EVENT2_EXPORT_SYMBOL
ev_ssize_t evbuffer_copyout_from(struct evbuffer* buf, const struct evbuffer_ptr* pos,
                                 void* data_out, size_t datlen);
/* Moves the first `datlen` bytes of `src`, or all, behind what is in `dst`; at most one piece is
 * copied. How many bytes, or -1. */
EVENT2_EXPORT_SYMBOL
int evbuffer_remove_buffer(struct evbuffer* src, struct evbuffer* dst, size_t datlen);
/* The first `size` bytes (negative: all) in one piece, valid until the buffer changes. NULL when
 * there are not so many, or no memory. Copies unless they stand so already. */
EVENT2_EXPORT_SYMBOL
unsigned char* evbuffer_pullup(struct evbuffer* buf, ev_ssize_t size);
/* Where the bytes stand, from `start_at` (NULL: the front) on: `len` of them (negative: as many as
 * fit into `vec_out`). Fills in up to `n_vec` pieces and gives how many it would take. */
EVENT2_EXPORT_SYMBOL
int evbuffer_peek(struct evbuffer* buffer, ev_ssize_t len, struct evbuffer_ptr* start_at,
                  struct evbuffer_iovec* vec_out, int n_vec);

/* --- lines and searching ------------------------------------------------------------------------
 */

/* What ends a line. */
enum evbuffer_eol_style {
  EVBUFFER_EOL_ANY,         /* any run of CR and LF; a CR at the end of what has come may be half */
  EVBUFFER_EOL_CRLF,        /* LF, or CR LF */
  EVBUFFER_EOL_CRLF_STRICT, /* CR LF */
  EVBUFFER_EOL_LF,          /* LF */
  EVBUFFER_EOL_NUL          /* a byte 0 */
};
/* Takes a line out, and its end with it: a string of the C library's (event_set_mem_functions), to
 * be freed by the caller; its length goes to `*n_read_out` unless that is NULL. NULL when there is
 * no whole line, or no memory. O(bytes in the buffer) while no line is complete. */
EVENT2_EXPORT_SYMBOL
char* evbuffer_readln(struct evbuffer* buffer, size_t* n_read_out,
                      enum evbuffer_eol_style eol_style);

enum evbuffer_ptr_how {
  EVBUFFER_PTR_SET, /* to that position */
  EVBUFFER_PTR_ADD  /* so much further than now */
};
/* Moves a place. 0, or -1, with `pos` -1, for one beyond the end. */
EVENT2_EXPORT_SYMBOL
int evbuffer_ptr_set(struct evbuffer* buffer, struct evbuffer_ptr* ptr, size_t position,
                     enum evbuffer_ptr_how how);
/* Where `what` stands first, from `start` (NULL: the front) on, and ending before `end` (NULL: the
 * end). `pos` is -1 when it does not. */
EVENT2_EXPORT_SYMBOL
struct evbuffer_ptr evbuffer_search(struct evbuffer* buffer, const char* what, size_t len,
                                    const struct evbuffer_ptr* start);
EVENT2_EXPORT_SYMBOL
struct evbuffer_ptr evbuffer_search_range(struct evbuffer* buffer, const char* what, size_t len,
                                          const struct evbuffer_ptr* start,
                                          const struct evbuffer_ptr* end);
/* Where the first line ends; `*eol_len_out` (unless NULL) is how many bytes its end takes. */
EVENT2_EXPORT_SYMBOL
struct evbuffer_ptr evbuffer_search_eol(struct evbuffer* buffer, struct evbuffer_ptr* start,
                                        size_t* eol_len_out, enum evbuffer_eol_style eol_style);

/* --- descriptors --------------------------------------------------------------------------------
 */

/* Writes from the front, and drains what was taken: at most `howmuch` bytes (negative: all). How
 * many, or -1 with errno. Never raises SIGPIPE on a socket. */
EVENT2_EXPORT_SYMBOL
int evbuffer_write(struct evbuffer* buffer, evutil_socket_t fd);
EVENT2_EXPORT_SYMBOL
int evbuffer_write_atmost(struct evbuffer* buffer, evutil_socket_t fd, ev_ssize_t howmuch);
/* Reads once, at most `howmuch` bytes (negative, or more than 4096: 4096). How many, 0 at the end
 * of the stream, or -1 with errno. */
EVENT2_EXPORT_SYMBOL
int evbuffer_read(struct evbuffer* buffer, evutil_socket_t fd, int howmuch);

/* --- files --------------------------------------------------------------------------------------
 */

struct evbuffer_file_segment;
#define EVBUF_FS_CLOSE_ON_FREE 0x01    /* closes the descriptor at the end */
#define EVBUF_FS_DISABLE_MMAP 0x02     /* reads the file instead of mapping it */
#define EVBUF_FS_DISABLE_SENDFILE 0x04 /* the data will be looked at */
#define EVBUF_FS_DISABLE_LOCKING 0x08  /* one thread only */
typedef void (*evbuffer_file_segment_cleanup_cb)(struct evbuffer_file_segment const* seg, int flags,
                                                 void* arg);
/* A part of a file, from `offset` on: `length` bytes, or (-1) up to its end. May be added to
 * several buffers. NULL when it cannot be had. The file must not become shorter meanwhile. */
EVENT2_EXPORT_SYMBOL
struct evbuffer_file_segment* evbuffer_file_segment_new(int fd, ev_off_t offset, ev_off_t length,
                                                        unsigned flags);
/* The caller does not use it any more; it ends when no buffer does either. */
EVENT2_EXPORT_SYMBOL
void evbuffer_file_segment_free(struct evbuffer_file_segment* seg);
/* Called when it ends. */
EVENT2_EXPORT_SYMBOL
void evbuffer_file_segment_add_cleanup_cb(struct evbuffer_file_segment* seg,
                                          evbuffer_file_segment_cleanup_cb cb, void* arg);
/* Adds `length` bytes (-1: up to its end) of the segment, from `offset` within it on. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evbuffer_add_file_segment(struct evbuffer* buf, struct evbuffer_file_segment* seg,
                              ev_off_t offset, ev_off_t length);
/* Adds a part of a file, and closes it when it is not needed any more. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evbuffer_add_file(struct evbuffer* outbuf, int fd, ev_off_t offset, ev_off_t length);

/* --- callbacks ----------------------------------------------------------------------------------
 */

/* What changed since the callbacks ran last. */
struct evbuffer_cb_info {
  size_t orig_size; /* the length before */
  size_t n_added;
  size_t n_deleted;
};
/* Called after a change. It may change the buffer (which calls it again), and remove itself. */
typedef void (*evbuffer_cb_func)(struct evbuffer* buffer, const struct evbuffer_cb_info* info,
                                 void* arg);
struct evbuffer_cb_entry;
/* A handle for the callback, or NULL when memory is exhausted. The latest is called first. */
EVENT2_EXPORT_SYMBOL
struct evbuffer_cb_entry* evbuffer_add_cb(struct evbuffer* buffer, evbuffer_cb_func cb,
                                          void* cbarg);
/* Removes one: always 0; or the first that was added with both of these: -1 when there is none. */
EVENT2_EXPORT_SYMBOL
int evbuffer_remove_cb_entry(struct evbuffer* buffer, struct evbuffer_cb_entry* ent);
EVENT2_EXPORT_SYMBOL
int evbuffer_remove_cb(struct evbuffer* buffer, evbuffer_cb_func cb, void* cbarg);
/* Without this flag, which is set at first, a callback is not called. */
#define EVBUFFER_CB_ENABLED 1
EVENT2_EXPORT_SYMBOL
int evbuffer_cb_set_flags(struct evbuffer* buffer, struct evbuffer_cb_entry* cb, ev_uint32_t flags);
EVENT2_EXPORT_SYMBOL
int evbuffer_cb_clear_flags(struct evbuffer* buffer, struct evbuffer_cb_entry* cb,
                            ev_uint32_t flags);
/* Lets the callbacks run from the loop of `base`, once for all changes of a turn, instead of from
 * within each call. The buffer lives at least until then. Always 0. */
EVENT2_EXPORT_SYMBOL
int evbuffer_defer_callbacks(struct evbuffer* buffer, struct event_base* base);

/* Keeps anybody from changing the front, or the end; calls that would fail. 0; unfreezing the front
 * of a bufferevent's output, which is frozen, ends what the kernel is just sending from it first:
 * -1 with EBUSY from another thread than the loop's, which alone can wait for that. */
EVENT2_EXPORT_SYMBOL
int evbuffer_freeze(struct evbuffer* buf, int at_front);
EVENT2_EXPORT_SYMBOL
int evbuffer_unfreeze(struct evbuffer* buf, int at_front);

#ifdef __cplusplus
}
#endif

#endif
