# EDDY_IO_URING becomes OFF, with a message, where liburing is missing. The static library is
# preferred: libeddy.so then brings no dependency of its own to the programs it is put under.
set(EDDY_LIBURING "")
if(EDDY_IO_URING AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  find_path(EDDY_LIBURING_INCLUDE liburing.h)
  find_library(EDDY_LIBURING_LIBRARY NAMES liburing.a uring)
  mark_as_advanced(EDDY_LIBURING_INCLUDE EDDY_LIBURING_LIBRARY)
  if(EDDY_LIBURING_INCLUDE AND EDDY_LIBURING_LIBRARY)
    set(EDDY_LIBURING ${EDDY_LIBURING_LIBRARY})
  endif()
endif()
if(EDDY_IO_URING AND NOT EDDY_LIBURING)
  message(STATUS "eddy: no liburing here (Debian: apt-get install liburing-dev); "
                 "the io_uring backend is left out, epoll is the best one")
  set(EDDY_IO_URING OFF)
endif()
