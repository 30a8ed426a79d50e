# What every target of the project is compiled with: `eddy_flags` for all, `eddy_hardening` for what
# is installed.
add_library(eddy_flags INTERFACE)
target_compile_features(eddy_flags INTERFACE cxx_std_20 c_std_11)
set(CMAKE_CXX_EXTENSIONS OFF)
target_compile_options(eddy_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                            $<$<BOOL:${EDDY_WERROR}>:-Werror>)

if(EDDY_SANITIZE)
  add_compile_options(-fsanitize=${EDDY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EDDY_SANITIZE})
endif()

add_library(eddy_hardening INTERFACE)
target_compile_options(
  eddy_hardening
  INTERFACE -fstack-protector-strong -fcf-protection
            $<$<AND:$<NOT:$<CONFIG:Debug>>,$<NOT:$<BOOL:${EDDY_SANITIZE}>>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
target_link_options(eddy_hardening INTERFACE -Wl,-z,relro -Wl,-z,now)
