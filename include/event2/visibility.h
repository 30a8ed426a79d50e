/* event2/visibility.h - how the functions of the C face are exported from the shared library.
 *
 * Programs need nothing from this header. Each public function is declared with
 * EVENT2_EXPORT_SYMBOL, so that it stays visible although the library is built with hidden
 * visibility; in a program that only calls the functions the mark has no effect. */
#ifndef EVENT2_VISIBILITY_H_INCLUDED_
#define EVENT2_VISIBILITY_H_INCLUDED_

#if defined(__GNUC__) && !defined(_WIN32)
#define EVENT2_EXPORT_SYMBOL __attribute__((visibility("default")))
#else
#define EVENT2_EXPORT_SYMBOL
#endif

/* libevent marks what belongs to its core library apart; here there is one library. */
#define EVENT2_CORE_EXPORT_SYMBOL EVENT2_EXPORT_SYMBOL

#endif /* EVENT2_VISIBILITY_H_INCLUDED_ */
