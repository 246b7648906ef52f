# SPDX-License-Identifier: Apache-2.0
# libh2o as an interface target: its headers are not clean under our warnings, and which loop they describe is a macro.
pkg_check_modules(H2O REQUIRED libh2o-evloop)
add_library(akkoord_h2o INTERFACE)
target_compile_definitions(akkoord_h2o INTERFACE H2O_USE_EPOLL=1)
target_link_libraries(akkoord_h2o INTERFACE ${H2O_LINK_LIBRARIES} OpenSSL::SSL m)
