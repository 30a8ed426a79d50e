#include <eddy/version.h>
#include <event2/event.h>

extern "C" {

const char* eddy_version(void) { return EDDY_VERSION; }

const char* event_get_version(void) { return LIBEVENT_VERSION; }

ev_uint32_t event_get_version_number(void) { return LIBEVENT_VERSION_NUMBER; }

}  // extern "C"
