# What `cmake --install` puts where: see README.md.
include(CMakePackageConfigHelpers)

install(TARGETS eddy EXPORT eddyTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
                                                INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/eddy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/event2
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/eddy-libevent)
install(FILES ${PROJECT_SOURCE_DIR}/include/event.h ${PROJECT_SOURCE_DIR}/include/evutil.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/eddy-libevent)

install(EXPORT eddyTargets NAMESPACE eddy:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eddy)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/eddyConfig.cmake.in ${PROJECT_BINARY_DIR}/eddyConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eddy PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/eddyConfig.cmake ${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eddy)

foreach(name eddy eddy-libevent)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
