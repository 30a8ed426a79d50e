# What `cmake --install` puts where. Everything is found relative to the files themselves, so the
# prefix can be moved. lib/ stays lib/ (not lib/x86_64-linux-gnu) unless the user says otherwise.
if(NOT DEFINED CMAKE_INSTALL_LIBDIR)
  set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "Where libraries go, below the prefix")
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(aliases GLOBAL PROPERTY EDDY_ALIASES)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/eddy)

install(TARGETS eddy eddy_libevent EXPORT eddy_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(aliases)
  install(TARGETS ${aliases} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/eddy)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/eddy DESTINATION include)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/event2 DESTINATION include/eddy-libevent)
install(FILES ${PROJECT_SOURCE_DIR}/include/event.h ${PROJECT_SOURCE_DIR}/include/evutil.h
  DESTINATION include/eddy-libevent)

install(EXPORT eddy_targets NAMESPACE eddy:: DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/eddyConfig.cmake
  ${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake DESTINATION ${package_dir})

# From lib/pkgconfig to the prefix, however deep the library folder lies.
file(RELATIVE_PATH prefix_from_pc /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
if(WIN32) # there eddy is a static library
  set(eddy_pc_libs " -lws2_32 -lmswsock -liphlpapi -lstdc++")
endif()
foreach(name eddy eddy-libevent)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

if(TARGET eddy_command)
  file(RELATIVE_PATH lib_from_bin /p/bin /p/${CMAKE_INSTALL_LIBDIR})
  set_target_properties(eddy_command PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
  install(TARGETS eddy_command RUNTIME DESTINATION bin)
endif()
