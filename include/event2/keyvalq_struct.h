/* event2/keyvalq_struct.h - lists of keys and values, as the HTTP functions use for headers.
 *
 * The members are those of a TAILQ of <sys/queue.h>, written out so that the header neither needs
 * nor defines that header's macros. The strings belong to the list that holds the pair. */
#ifndef EVENT2_KEYVALQ_STRUCT_H_INCLUDED_
#define EVENT2_KEYVALQ_STRUCT_H_INCLUDED_

#ifdef __cplusplus
extern "C" {
#endif

/* One pair, and its place in the list. */
struct evkeyval {
  struct {
    struct evkeyval* tqe_next;  /* the following pair, or NULL */
    struct evkeyval** tqe_prev; /* the pointer that points at this pair */
  } next;
  char* key;
  char* value;
};

/* The list: first pair (or NULL), and the pointer where the next one is to be hung. */
struct evkeyvalq {
  struct evkeyval* tqh_first;
  struct evkeyval** tqh_last;
};

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_KEYVALQ_STRUCT_H_INCLUDED_ */
