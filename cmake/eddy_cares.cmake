# EDDY_CARES becomes OFF, with a message, where c-ares is missing. It is linked as the shared library
# that the system has: a program may use c-ares beside eddy, and gets one copy of it.
if(EDDY_CARES)
  find_path(EDDY_CARES_INCLUDE ares.h)
  find_library(EDDY_CARES_LIBRARY NAMES cares)
  mark_as_advanced(EDDY_CARES_INCLUDE EDDY_CARES_LIBRARY)
endif()
if(EDDY_CARES AND NOT (EDDY_CARES_INCLUDE AND EDDY_CARES_LIBRARY))
  message(STATUS "eddy: no c-ares here (Debian: apt-get install libc-ares-dev); "
                 "eddy::resolver looks up addresses only, by the system's means")
  set(EDDY_CARES OFF)
endif()
