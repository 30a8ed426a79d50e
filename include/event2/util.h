/* event2/util.h - what portable network programs need beside events: fixed-size types, sockets,
 * addresses, strings, times and random bytes, with the same behaviour on every system.
 *
 * Unless its comment says otherwise, a function here may be called from any thread, keeps no state,
 * and returns 0 or -1, the latter with the reason in EVUTIL_SOCKET_ERROR(). */
#ifndef EVENT2_UTIL_H_INCLUDED_
#define EVENT2_UTIL_H_INCLUDED_

#include <event2/visibility.h>

#include <event2/event-config.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <sys/socket.h>
#endif
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Types of a known size, for compilers older than <stdint.h>; macros, not typedefs. --- */

#define ev_uint64_t uint64_t
#define ev_int64_t int64_t
#define ev_uint32_t uint32_t
#define ev_int32_t int32_t
#define ev_uint16_t uint16_t
#define ev_int16_t int16_t
#define ev_uint8_t uint8_t
#define ev_int8_t int8_t
#define ev_uintptr_t uintptr_t
#define ev_intptr_t intptr_t

/* A length or -1; an offset in a file, always of 64 bits; the length of a socket address. */
#define ev_ssize_t ssize_t
#define ev_off_t ev_int64_t
#define ev_socklen_t socklen_t

/* A socket or other descriptor; EVUTIL_INVALID_SOCKET stands for none. libevent's type on Windows
 * is intptr_t; here it is int there, too: numbers of kernel objects fit into 32 bits, as Microsoft
 * promises, and one that did not would be refused. A SOCKET can be assigned to it and back. */
#define evutil_socket_t int
#define EVUTIL_INVALID_SOCKET -1

/* Limits of these types. */
#define EV_UINT64_MAX UINT64_MAX
#define EV_INT64_MAX INT64_MAX
#define EV_INT64_MIN INT64_MIN
#define EV_UINT32_MAX UINT32_MAX
#define EV_INT32_MAX INT32_MAX
#define EV_INT32_MIN INT32_MIN
#define EV_UINT16_MAX UINT16_MAX
#define EV_INT16_MAX INT16_MAX
#define EV_INT16_MIN INT16_MIN
#define EV_UINT8_MAX UINT8_MAX
#define EV_INT8_MAX INT8_MAX
#define EV_INT8_MIN INT8_MIN
#define EV_SIZE_MAX EV_UINT64_MAX
#define EV_SSIZE_MAX EV_INT64_MAX
#define EV_SSIZE_MIN ((-EV_SSIZE_MAX) - 1)

/* The offset of a member, in bytes. */
#define evutil_offsetof(type, field) offsetof(type, field)

/* --- Times --- */

/* struct timeval: vvp = tvp + uvp, vvp = tvp - uvp, tvp = 0, is tvp not 0. Both operands must be
 * normalised (0 <= tv_usec < 1,000,000), and the result is. */
#ifdef timeradd
#define evutil_timeradd(tvp, uvp, vvp) timeradd((tvp), (uvp), (vvp))
#define evutil_timersub(tvp, uvp, vvp) timersub((tvp), (uvp), (vvp))
#else
#define evutil_timeradd(tvp, uvp, vvp)                                                           \
  do {                                                                                           \
    (vvp)->tv_sec = (tvp)->tv_sec + (uvp)->tv_sec + ((tvp)->tv_usec + (uvp)->tv_usec) / 1000000; \
    (vvp)->tv_usec = ((tvp)->tv_usec + (uvp)->tv_usec) % 1000000;                                \
  } while (0)
#define evutil_timersub(tvp, uvp, vvp)                                                     \
  do {                                                                                     \
    (vvp)->tv_sec = (tvp)->tv_sec - (uvp)->tv_sec - ((tvp)->tv_usec < (uvp)->tv_usec);     \
    (vvp)->tv_usec =                                                                       \
        (tvp)->tv_usec - (uvp)->tv_usec + ((tvp)->tv_usec < (uvp)->tv_usec ? 1000000 : 0); \
  } while (0)
#endif
#define evutil_timerclear(tvp) timerclear(tvp)
#define evutil_timerisset(tvp) timerisset(tvp)

/* Compares two times; `cmp` is one of the operators <, <=, ==, !=, >=, >. */
#define evutil_timercmp(tvp, uvp, cmp)                                   \
  (((tvp)->tv_sec == (uvp)->tv_sec) ? ((tvp)->tv_usec cmp(uvp)->tv_usec) \
                                    : ((tvp)->tv_sec cmp(uvp)->tv_sec))

/* The time of the day. It jumps when somebody sets the clock; use a monotonic timer to measure. */
#define evutil_gettimeofday(tv, tz) gettimeofday((tv), (tz))

/* Writes a date as HTTP wants it ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7) into `date`.
 * `tm` is in UTC; NULL stands for now. Returns the length without the final NUL; a result not less
 * than `datelen` means that the text was cut off. 0 if `datelen` is 0, -1 if the weekday or month
 * does not exist. The names are English in every locale. */
EVENT2_EXPORT_SYMBOL
int evutil_date_rfc1123(char* date, const size_t datelen, const struct tm* tm);

/* A clock that no change of the system's time moves, and that never goes backwards. It counts from
 * an unspecified moment, so only differences mean something. */
struct evutil_monotonic_timer;

/* Flags of evutil_configure_monotonic_time(): be as exact as the system can, even if each reading
 * costs more; do as if the system had no monotonic clock (setting the clock back then stops the
 * timer for a moment, setting it forward moves it). */
#define EV_MONOT_PRECISE 1
#define EV_MONOT_FALLBACK 2

/* A new timer, to be released by evutil_monotonic_timer_free() (NULL is allowed there), or NULL
 * when memory is exhausted. It works like one configured with 0. One thread at a time uses it. */
EVENT2_EXPORT_SYMBOL
struct evutil_monotonic_timer* evutil_monotonic_timer_new(void);
EVENT2_EXPORT_SYMBOL
void evutil_monotonic_timer_free(struct evutil_monotonic_timer* timer);

/* Chooses the clock by EV_MONOT_ flags, 0 being one that is cheap to read and advances in steps of
 * some milliseconds. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evutil_configure_monotonic_time(struct evutil_monotonic_timer* timer, int flags);

/* Reads the clock into `*tp`. Never less than what this timer gave since it was configured. 0 or
 * -1. */
EVENT2_EXPORT_SYMBOL
int evutil_gettime_monotonic(struct evutil_monotonic_timer* timer, struct timeval* tp);

/* --- Sockets --- */

/* Two connected sockets in `sv`: socketpair(2). On Linux `d` must be AF_UNIX; SOCK_NONBLOCK and
 * SOCK_CLOEXEC may be added to `type`; `protocol` should be 0. 0 or -1. On Windows, which has no
 * such call, they are connected over loopback, whatever `d` says. */
EVENT2_EXPORT_SYMBOL
int evutil_socketpair(int d, int type, int protocol, evutil_socket_t sv[2]);

/* Makes calls on the socket return at once instead of waiting. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evutil_make_socket_nonblocking(evutil_socket_t sock);

/* For a socket about to be bound: another socket may be bound to the same address after this one is
 * closed, even though old connections linger (SO_REUSEADDR). 0 or -1. On Windows that is so anyway,
 * and nothing is set: the option of that name would let others take the address away. */
EVENT2_EXPORT_SYMBOL
int evutil_make_listen_socket_reuseable(evutil_socket_t sock);

/* For a socket about to be bound: several sockets may be bound to the same address at once, and the
 * kernel spreads connections over them (SO_REUSEPORT). 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evutil_make_listen_socket_reuseable_port(evutil_socket_t sock);

/* For an IPv6 socket about to be bound: IPv4 is not served through it (IPV6_V6ONLY). 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evutil_make_listen_socket_ipv6only(evutil_socket_t sock);

/* The descriptor is closed when another program is executed. 0 or -1. */
EVENT2_EXPORT_SYMBOL
int evutil_make_socket_closeonexec(evutil_socket_t sock);

/* Closes a socket. 0 or -1. EINTR is not retried: on Linux the descriptor is gone all the same. */
EVENT2_EXPORT_SYMBOL
int evutil_closesocket(evutil_socket_t sock);
#define EVUTIL_CLOSESOCKET(s) evutil_closesocket(s)

/* For a listening TCP socket: accept() reports a connection only when its first data are there
 * (TCP_DEFER_ACCEPT). 0, also where the system cannot, or -1. */
EVENT2_EXPORT_SYMBOL
int evutil_make_tcp_listen_socket_deferred(evutil_socket_t sock);

/* The calling thread's last socket error, the way to set it, the error of the last call on `sock`,
 * and its text (include <string.h>). On POSIX systems all of it is errno. On Windows it is
 * Winsock's own error (WSAECONNRESET and so on), which callbacks are told in both ways: errno has
 * the same error as an errno value. */
#ifdef _WIN32
#define EVUTIL_SOCKET_ERROR() (WSAGetLastError())
#define EVUTIL_SET_SOCKET_ERROR(errcode) \
  do {                                   \
    WSASetLastError(errcode);            \
  } while (0)
#define evutil_socket_geterror(sock) evutil_socket_geterror_(sock)
#define evutil_socket_error_to_string(errcode) evutil_socket_error_to_string_(errcode)
EVENT2_EXPORT_SYMBOL
int evutil_socket_geterror_(evutil_socket_t sock);
EVENT2_EXPORT_SYMBOL
const char* evutil_socket_error_to_string_(int errcode);
#else
#define EVUTIL_SOCKET_ERROR() (errno)
#define EVUTIL_SET_SOCKET_ERROR(errcode) \
  do {                                   \
    errno = (errcode);                   \
  } while (0)
#define evutil_socket_geterror(sock) (errno)
#define evutil_socket_error_to_string(errcode) (strerror(errcode))
#endif

/* --- Strings --- */

/* strtoll() for 64 bits: the number at the start of `s` in the given base, `*endptr` (unless NULL)
 * is left at the first character that does not belong to it. A number too large gives EV_INT64_MIN
 * or EV_INT64_MAX with errno ERANGE. */
EVENT2_EXPORT_SYMBOL
ev_int64_t evutil_strtoll(const char* s, char** endptr, int base);

/* snprintf() and vsnprintf(): the text is always ended by a NUL, and the result is the length that
 * it would have had, or -1 on an error of encoding. A difference to snprintf(): with a `buflen` of
 * 0 nothing is formatted and the result is 0, so the length cannot be asked for in this way. */
EVENT2_EXPORT_SYMBOL
int evutil_snprintf(char* buf, size_t buflen, const char* format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;
EVENT2_EXPORT_SYMBOL
int evutil_vsnprintf(char* buf, size_t buflen, const char* format, va_list ap)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 0)))
#endif
    ;

/* Compare strings without regard to the case of the letters A-Z, whatever the locale: -1, 0 or 1.
 * The second looks at no more than `n` characters. */
EVENT2_EXPORT_SYMBOL
int evutil_ascii_strcasecmp(const char* str1, const char* str2);
EVENT2_EXPORT_SYMBOL
int evutil_ascii_strncasecmp(const char* str1, const char* str2, size_t n);

/* --- Addresses --- */

/* Writes the address `src` (struct in_addr for AF_INET, struct in6_addr for AF_INET6) as text. IPv6
 * is shortened as RFC 5952 says, with the last 32 bits in decimal where the address embeds an IPv4
 * one. Returns `dst`, or NULL when `len` is too small or `af` unknown. */
EVENT2_EXPORT_SYMBOL
const char* evutil_inet_ntop(int af, const void* src, char* dst, size_t len);

/* Reads an address from text into `dst`, in network order. Nothing may stand before or behind it.
 * IPv4 is four decimal numbers; leading zeros are allowed and do not make them octal. Returns 1, 0
 * when the text is not an address of that family, or -1 when `af` is unknown. */
EVENT2_EXPORT_SYMBOL
int evutil_inet_pton(int af, const char* src, void* dst);

/* The same for addresses that may name an interface ("fe80::1%eth0", "fe80::1%2"): the interface's
 * index is put in `*indexp`, 0 when there is none. `indexp` must not be NULL. A name that no
 * interface has makes the text no address; whether a number belongs to one is not checked. */
EVENT2_EXPORT_SYMBOL
int evutil_inet_pton_scope(int af, const char* src, void* dst, unsigned* indexp);

struct sockaddr;

/* Reads an address with or without a port: "[ipv6]:port", "[ipv6]", "ipv6", "ipv4:port", "ipv4".
 * Names of hosts are not looked up. `*outlen` is the room in `out`, and becomes the length of the
 * address. A missing port is 0. Returns 0, or -1 when the text has another form, the port is not in
 * 1..65535, or the room is too small; `*out` and `*outlen` are then as before. */
EVENT2_EXPORT_SYMBOL
int evutil_parse_sockaddr_port(const char* str, struct sockaddr* out, int* outlen);

/* An order of IPv4 and IPv6 socket addresses, for sorting: less than, equal to, or greater than 0.
 * Looks at family, address and, if `include_port` is not 0, the port; not at scope or flow. Two
 * addresses of one other family give 1, even when they are the same. */
EVENT2_EXPORT_SYMBOL
int evutil_sockaddr_cmp(const struct sockaddr* sa1, const struct sockaddr* sa2, int include_port);

/* --- Names of hosts --- */

/* The system's struct addrinfo, its flags and its error codes. */
#define evutil_addrinfo addrinfo
struct evutil_addrinfo;

#define EVUTIL_AI_PASSIVE AI_PASSIVE
#define EVUTIL_AI_CANONNAME AI_CANONNAME
#define EVUTIL_AI_NUMERICHOST AI_NUMERICHOST
#define EVUTIL_AI_NUMERICSERV AI_NUMERICSERV
#define EVUTIL_AI_V4MAPPED AI_V4MAPPED
#define EVUTIL_AI_ALL AI_ALL
#define EVUTIL_AI_ADDRCONFIG AI_ADDRCONFIG

/* glibc has EAI_ADDRFAMILY and EAI_NODATA only for programs that define _GNU_SOURCE before the
 * first header; others get numbers that no system function returns. */
#ifdef EAI_ADDRFAMILY
#define EVUTIL_EAI_ADDRFAMILY EAI_ADDRFAMILY
#else
#define EVUTIL_EAI_ADDRFAMILY -901
#endif
#define EVUTIL_EAI_AGAIN EAI_AGAIN
#define EVUTIL_EAI_BADFLAGS EAI_BADFLAGS
#define EVUTIL_EAI_FAIL EAI_FAIL
#define EVUTIL_EAI_FAMILY EAI_FAMILY
#define EVUTIL_EAI_MEMORY EAI_MEMORY
#ifdef EAI_NODATA
#define EVUTIL_EAI_NODATA EAI_NODATA
#else
#define EVUTIL_EAI_NODATA -907
#endif
#define EVUTIL_EAI_NONAME EAI_NONAME
#define EVUTIL_EAI_SERVICE EAI_SERVICE
#define EVUTIL_EAI_SOCKTYPE EAI_SOCKTYPE
#ifdef EAI_SYSTEM
#define EVUTIL_EAI_SYSTEM EAI_SYSTEM
#else
#define EVUTIL_EAI_SYSTEM -911
#endif

/* A lookup that was cancelled; only asynchronous lookups give it. */
#define EVUTIL_EAI_CANCEL -90001

/* Looks up a host and a service, and waits for the answer: not for use in a callback of a loop
 * unless `hints` asks for EVUTIL_AI_NUMERICHOST. The arguments are those of getaddrinfo (RFC 3493,
 * 6.1). `*res` becomes a list to be released by evutil_freeaddrinfo(). Returns 0, or an EVUTIL_EAI_
 * code and leaves `*res` alone. */
EVENT2_EXPORT_SYMBOL
int evutil_getaddrinfo(const char* nodename, const char* servname,
                       const struct evutil_addrinfo* hints_in, struct evutil_addrinfo** res);

/* Releases such a list; NULL is allowed. */
EVENT2_EXPORT_SYMBOL
void evutil_freeaddrinfo(struct evutil_addrinfo* ai);

/* The text of an EVUTIL_EAI_ code; never NULL. */
EVENT2_EXPORT_SYMBOL
const char* evutil_gai_strerror(int err);

/* --- Random bytes --- */

/* Fills `buf` with `n` bytes that nobody can predict, from the kernel (getrandom(2), or
 * /dev/urandom where that is forbidden). It cannot fail: if the system has neither, the program is
 * ended through the fatal callback rather than go on with guessable bytes. Correct after fork(). */
EVENT2_EXPORT_SYMBOL
void evutil_secure_rng_get_bytes(void* buf, size_t n);

/* Makes sure that the generator has its seed. Programs that change root or close all descriptors
 * called this first; here it never needs a file. 0, or -1 when the system has no random source. */
EVENT2_EXPORT_SYMBOL
int evutil_secure_rng_init(void);

/* Names a file to read the seed from: -1, because the kernel's generator has no use for one. */
EVENT2_EXPORT_SYMBOL
int evutil_secure_rng_set_urandom_device_file(char* fname);

/* Offers bytes to be mixed into the generator. The kernel's generator needs none, so they are not
 * looked at. */
EVENT2_EXPORT_SYMBOL
void evutil_secure_rng_add_bytes(const char* dat, size_t datlen);

#ifdef __cplusplus
}
#endif

#endif /* EVENT2_UTIL_H_INCLUDED_ */
