// <sys/event.h> of FreeBSD, for the simulated kqueue (../../kqueue.cpp): what kqueue(2) of FreeBSD
// 14 names, with FreeBSD's values. Names of filters that are not simulated are here too: they
// answer EINVAL.
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_AIO (-3)
#define EVFILT_VNODE (-4)
#define EVFILT_PROC (-5)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER (-7)
#define EVFILT_PROCDESC (-8)
#define EVFILT_USER (-11)
#define EVFILT_EMPTY (-13)

// What to do.
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008

// How it behaves.
#define EV_ONESHOT 0x0010
#define EV_CLEAR 0x0020
#define EV_RECEIPT 0x0040
#define EV_DISPATCH 0x0080

// What comes back.
#define EV_EOF 0x8000
#define EV_ERROR 0x4000

// EVFILT_READ and EVFILT_WRITE.
#define NOTE_LOWAT 0x0001
#define NOTE_FILE_POLL 0x0002

// EVFILT_TIMER. Milliseconds where nothing is said.
#define NOTE_SECONDS 0x0001
#define NOTE_MSECONDS 0x0002
#define NOTE_USECONDS 0x0004
#define NOTE_NSECONDS 0x0008
#define NOTE_ABSTIME 0x0010

// EVFILT_USER.
#define NOTE_FFNOP 0x00000000U
#define NOTE_FFAND 0x40000000U
#define NOTE_FFOR 0x80000000U
#define NOTE_FFCOPY 0xc0000000U
#define NOTE_FFCTRLMASK 0xc0000000U
#define NOTE_FFLAGSMASK 0x00ffffffU
#define NOTE_TRIGGER 0x01000000U

struct kevent {
  uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  int64_t data;
  void* udata;
  uint64_t ext[4];
};

#define EV_SET(event, identifier, filter_, flags_, fflags_, data_, udata_)     \
  do {                                                                         \
    struct kevent* ev_set_ = (event);                                          \
    ev_set_->ident = (uintptr_t)(identifier);                                  \
    ev_set_->filter = (short)(filter_);                                        \
    ev_set_->flags = (unsigned short)(flags_);                                 \
    ev_set_->fflags = (unsigned int)(fflags_);                                 \
    ev_set_->data = (int64_t)(data_);                                          \
    ev_set_->udata = (udata_);                                                 \
    ev_set_->ext[0] = ev_set_->ext[1] = ev_set_->ext[2] = ev_set_->ext[3] = 0; \
  } while (0)

#ifdef __cplusplus
extern "C" {
#endif

int kqueue(void);
int kevent(int kq, const struct kevent* changelist, int nchanges, struct kevent* eventlist,
           int nevents, const struct timespec* timeout);

#ifdef __cplusplus
}
#endif
