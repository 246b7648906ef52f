# SPDX-License-Identifier: Apache-2.0
# Writes OUT: a C table of the files in FILES (separated by |), each followed by a NUL that is not counted.
string(REPLACE "|" ";" files "${FILES}")
set(arrays "")
set(rows "")
set(index 0)
foreach(path ${files})
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){20})" "\\1\n    " bytes "${bytes}")
  get_filename_component(base ${path} NAME)
  file(SIZE ${path} size)
  string(APPEND arrays "static const unsigned char file_${index}[] = {\n    ${bytes}0x00};\n\n")
  string(APPEND rows "    {\"${base}\", (const char *)file_${index}, ${size}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "/* Generated; do not edit. */\n#include \"base/embedded.h\"\n\n${arrays}"
  "extern const struct embedded ${NAME}_files[];\nconst struct embedded ${NAME}_files[] = {\n${rows}    {0}};\n")
