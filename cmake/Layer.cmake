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

# akkoord_compress(RESULT FILES file...): beside each, NAME.gz and NAME.br in the build, for akkoord_embed; the list
# of them in RESULT.
find_program(BROTLI brotli REQUIRED)
function(akkoord_compress result)
  cmake_parse_arguments(COMPRESS "" "" "FILES" ${ARGN})
  set(compressed "")
  foreach(file ${COMPRESS_FILES})
    get_filename_component(name ${file} NAME)
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/compressed/${name})
    add_custom_command(
      OUTPUT ${copy}.gz ${copy}.br
      COMMAND ${CMAKE_COMMAND} -E copy ${file} ${copy}
      COMMAND ${BROTLI} -q 11 -f -k ${copy}
      COMMAND gzip -9 -n -f ${copy}
      DEPENDS ${file}
      VERBATIM)
    list(APPEND compressed ${copy}.gz ${copy}.br)
  endforeach()
  set(${result} ${compressed} PARENT_SCOPE)
endfunction()
