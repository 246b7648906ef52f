# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, and what script/package makes of it: akkoord, the service with all that belongs to it, and
# libakkoord-mask, the filter for programs of others. The program itself and that library are installed where they are made.
include(GNUInstallDirs)

# Man pages and bash's completion, by the program itself, from the tables that --help prints.
set(manual ${PROJECT_BINARY_DIR}/manual)
add_custom_command(
  OUTPUT ${manual}/akkoord.1.gz
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${manual}
  COMMAND akkoord --manual ${manual}
  COMMAND sh -c "gzip -9 -n \"$1\"/*.1 && gzip -9 -n -c \"$2\" >\"$1/changelog.gz\"" sh ${manual}
          ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  DEPENDS akkoord ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual}/akkoord.1.gz)

install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT service FILES_MATCHING PATTERN "*.1.gz")
install(FILES ${manual}/akkoord.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME akkoord
  COMPONENT service)
install(FILES ${PROJECT_SOURCE_DIR}/systemd/akkoord.service DESTINATION lib/systemd/system COMPONENT service)
install(FILES ${PROJECT_SOURCE_DIR}/systemd/akkoord.sysusers DESTINATION lib/sysusers.d RENAME akkoord.conf
  COMPONENT service)
# Its two servers are programs.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT service
  USE_SOURCE_PERMISSIONS)
# What the pages lead to lies where it does in the tree, so that their links hold (tests/install/tree).
set(pages ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/clients ${PROJECT_SOURCE_DIR}/docker)
install(DIRECTORY ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT service FILES_MATCHING PATTERN "*.md" PATTERN node_modules EXCLUDE PATTERN pictures EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/clients/js ${PROJECT_SOURCE_DIR}/clients/php
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/clients COMPONENT service PATTERN node_modules EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/openapi/akkoord.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/openapi COMPONENT service)
install(FILES ${PROJECT_SOURCE_DIR}/tests/clients/generated/client.ts
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/tests/clients/generated COMPONENT service)
install(FILES ${manual}/changelog.gz ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/SECURITY.md
  ${PROJECT_SOURCE_DIR}/CONTRIBUTING.md ${PROJECT_SOURCE_DIR}/packaging/copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT service)

# ---- script/package ----

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "Akkoord")
set(CPACK_PACKAGE_CONTACT "the maintainers of Akkoord <maintainers@akkoord.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL service mask)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_SERVICE_PACKAGE_NAME akkoord)
set(CPACK_DEBIAN_SERVICE_PACKAGE_SECTION net)
set(CPACK_COMPONENT_SERVICE_DESCRIPTION "consent service: records, checks and withdraws consent
Records what people agreed to and in which words, answers whether something
may be done, and lets people change their mind; in front of PostgreSQL.
After installation: akkoord setup.")
# libcurl is loaded by what needs it, and so is not among the libraries that are linked.
set(CPACK_DEBIAN_SERVICE_PACKAGE_DEPENDS "libcurl4, tzdata, systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_SERVICE_PACKAGE_RECOMMENDS "ca-certificates, postgresql")
set(CPACK_DEBIAN_SERVICE_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/postinst;\
${PROJECT_SOURCE_DIR}/packaging/prerm;${PROJECT_SOURCE_DIR}/packaging/postrm")
set(CPACK_DEBIAN_SERVICE_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_MASK_PACKAGE_NAME libakkoord-mask)
set(CPACK_DEBIAN_MASK_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_MASK_DESCRIPTION "filter that masks IP addresses in text and JSON
The library of akkoord mask, static and shared, with its header.")
include(CPack)
