# Flags of the whole build (sanitizers and coverage must reach every object, or their runtimes
# disagree), and eddy_flags(TARGET) for what only our own targets are held to.
include(CheckCXXCompilerFlag)

if(EDDY_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(EDDY_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(EDDY_SANITIZE)
  message(FATAL_ERROR "EDDY_SANITIZE is '${EDDY_SANITIZE}'; it can be address, thread or empty")
endif()
if(EDDY_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

check_cxx_compiler_flag(-fcf-protection EDDY_HAS_CF_PROTECTION)

function(eddy_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(EDDY_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# FORTIFY needs an optimised build and hides errors from the sanitizers, which catch more. The
# undefining is for compilers that predefine it.
function(eddy_hardening target)
  target_compile_options(${target} PRIVATE -fstack-protector-strong)
  if(EDDY_HAS_CF_PROTECTION)
    target_compile_options(${target} PRIVATE -fcf-protection)
  endif()
  if(NOT EDDY_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND CMAKE_BUILD_TYPE)
    target_compile_options(${target} PRIVATE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now,-z,noexecstack)
endfunction()

function(eddy_flags target)
  eddy_warnings(${target})
  eddy_hardening(${target})
endfunction()
