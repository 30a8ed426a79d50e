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

# Sources that speak POSIX: the engine's and the tests'. On Windows they get its words from
# src/base/sys_windows; a second argument names a target that has them compiled already.
function(eddy_posix_words target)
  if(WIN32)
    target_compile_definitions(${target} PRIVATE
      _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX _FILE_OFFSET_BITS=64)
    target_include_directories(${target} PRIVATE
      ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/src/base/sys_windows ${PROJECT_SOURCE_DIR}/include)
    # Precompiled, since that puts it in front of every source, and since <windows.h> is long.
    if(ARGC GREATER 1)
      target_precompile_headers(${target} REUSE_FROM ${ARGV1})
    else()
      target_precompile_headers(${target} PRIVATE
        $<$<COMPILE_LANGUAGE:CXX>:${PROJECT_SOURCE_DIR}/src/base/sys_windows/posix.h>)
    endif()
  endif()
endfunction()

function(eddy_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(WIN32)
    # GCC takes printf for that of Microsoft, and ours is mingw-w64's own, which knows %zu.
    target_compile_options(${target} PRIVATE -Wno-format)
  endif()
  if(EDDY_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# FORTIFY needs an optimised build and hides errors from the sanitizers, which catch more. The
# undefining is for compilers that predefine it.
function(eddy_hardening target)
  if(WIN32) # the options are those of ELF
    return()
  endif()
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
