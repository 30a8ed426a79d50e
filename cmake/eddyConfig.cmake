# find_package(eddy): eddy::eddy is the library with <eddy/...>; eddy::libevent adds the folder
# with <event2/...>, event.h and evutil.h, the interface of libevent 2.1.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/eddy_targets.cmake)
