/* event.h - all of libevent's interface in one header, as programs for libevent 1.x include it.
 *
 * New programs include <event2/event.h> and what else they need of event2/. This header adds the
 * functions that work on a hidden current base (event_init(), event_set(), event_dispatch(), ...),
 * which cannot be used by more than one thread.
 */
#ifndef EVENT1_EVENT_H_INCLUDED_
#define EVENT1_EVENT_H_INCLUDED_

#include <event2/event-config.h>

#include <stdarg.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

#include <evutil.h>

#include <event2/event_struct.h>

#include <event2/event.h>

#include <event2/buffer.h>
#include <event2/buffer_compat.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_compat.h>
#include <event2/bufferevent_struct.h>
#include <event2/event_compat.h>

#endif /* EVENT1_EVENT_H_INCLUDED_ */
