# SPDX-License-Identifier: Apache-2.0

# akkoord_layer(NAME SOURCES file... LINKS target...): one folder of the house as the library akkoord_NAME.
# What a folder may link is what it may include: the arrows of the house, held by the linker too.
function(akkoord_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;LINKS" ${ARGN})
  add_library(akkoord_${name} STATIC ${LAYER_SOURCES})
  target_include_directories(akkoord_${name} PUBLIC ${PROJECT_SOURCE_DIR}/service)
  target_link_libraries(akkoord_${name} PUBLIC ${LAYER_LINKS})
endfunction()

# akkoord_embed(TARGET NAME name FILES file...): the files' bytes in the target, as the table
# `const struct embedded NAME_files[]` (base/embedded.h).
function(akkoord_embed target)
  cmake_parse_arguments(EMBED "" "NAME" "FILES" ${ARGN})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${EMBED_NAME}_files.c)
  list(JOIN EMBED_FILES "|" joined)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -D "FILES=${joined}" -D NAME=${EMBED_NAME} -D OUT=${generated}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${EMBED_FILES} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()
