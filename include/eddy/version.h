/* eddy/version.h - which eddy this is. For C and C++.
 *
 * EDDY_VERSION is what a program was compiled with, eddy_version() what it runs on; they differ
 * when the shared library was replaced. Both are "major.minor.patch". Programs written for libevent
 * ask event_get_version(), which names the libevent release whose interface eddy offers. */
#ifndef EDDY_VERSION_H_INCLUDED
#define EDDY_VERSION_H_INCLUDED

#define EDDY_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* Never NULL; the string is static. Any thread may call it at any time. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const char*
eddy_version(void);

#ifdef __cplusplus
}
#endif

#endif /* EDDY_VERSION_H_INCLUDED */
