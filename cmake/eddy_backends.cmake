# EDDY_HAVE_KQUEUE and its like: the kernel interfaces that this system has, found by their headers and
# functions, not by its name. EDDY_BACKENDS are those, as definitions for the compiler.
include(CheckCXXSymbolExists)

check_cxx_symbol_exists(epoll_create1 "sys/epoll.h" EDDY_HAVE_EPOLL)
check_cxx_symbol_exists(kqueue "sys/types.h;sys/event.h" EDDY_HAVE_KQUEUE)
check_cxx_symbol_exists(port_create "port.h" EDDY_HAVE_EVENT_PORTS)
check_cxx_symbol_exists(DP_POLL "sys/devpoll.h" EDDY_HAVE_DEV_POLL)

set(EDDY_BACKENDS "")
foreach(interface EPOLL KQUEUE EVENT_PORTS DEV_POLL)
  if(EDDY_HAVE_${interface})
    list(APPEND EDDY_BACKENDS EDDY_HAVE_${interface}=1)
  endif()
endforeach()

# Takes from the list of sources what is for other systems.
function(eddy_leave_out_backends list_name)
  set(kept ${${list_name}})
  foreach(interface EPOLL KQUEUE EVENT_PORTS DEV_POLL)
    string(TOLOWER ${interface} name)
    if(NOT EDDY_HAVE_${interface})
      list(FILTER kept EXCLUDE REGEX "/(backend/|base/sys_)${name}\\.cpp$")
    endif()
  endforeach()
  set(${list_name} ${kept} PARENT_SCOPE)
endfunction()
