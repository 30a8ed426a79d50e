// <port.h> of illumos, for the simulated event ports (../event_ports.cpp): what port_create(3C),
// port_associate(3C), port_get(3C), port_send(3C) and port_alert(3C) name.
#pragma once

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

typedef struct timespec timespec_t;
typedef unsigned int uint_t;
typedef unsigned short ushort_t;

#define PORT_SOURCE_AIO 1
#define PORT_SOURCE_TIMER 2
#define PORT_SOURCE_USER 3
#define PORT_SOURCE_FD 4
#define PORT_SOURCE_ALERT 5
#define PORT_SOURCE_MQ 6
#define PORT_SOURCE_FILE 7

#define PORT_ALERT_SET 0x01
#define PORT_ALERT_UPDATE 0x02

typedef struct port_event {
  int portev_events;
  ushort_t portev_source;
  ushort_t portev_pad;
  uintptr_t portev_object;
  void* portev_user;
} port_event_t;

#ifdef __cplusplus
extern "C" {
#endif

int port_create(void);
int port_associate(int port, int source, uintptr_t object, int events, void* user);
int port_dissociate(int port, int source, uintptr_t object);
int port_get(int port, port_event_t* event, const timespec_t* timeout);
int port_getn(int port, port_event_t list[], uint_t max, uint_t* nget, const timespec_t* timeout);
int port_send(int port, int events, void* user);
int port_sendn(int ports[], int errors[], uint_t nent, int events, void* user);
int port_alert(int port, int flags, int events, void* user);

#ifdef __cplusplus
}
#endif
