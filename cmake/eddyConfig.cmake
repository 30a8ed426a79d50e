# find_package(eddy): eddy::eddy is the library with <eddy/...>; eddy::libevent adds the folder
# with <event2/...>, event.h and evutil.h, the interface of libevent 2.1.
get_property(eddy_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(WIN32 AND NOT CXX IN_LIST eddy_languages)
  set(eddy_FOUND FALSE)
  set(eddy_NOT_FOUND_MESSAGE
    "eddy is a static library of C++ on Windows: the project needs that language, too: project(NAME C CXX)")
  return()
endif()
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/eddy_targets.cmake)
