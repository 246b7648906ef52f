# SPDX-License-Identifier: Apache-2.0
# Writes OUT: a C table of the files in FILES (separated by |), each followed by a NUL that is not counted. As strings,
# which a compiler reads many times as fast as lists of numbers.
string(REPLACE "|" ";" files "${FILES}")
set(texts "")
set(rows "")
set(index 0)
foreach(path ${files})
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "(................................................)" "\\1\"\n    \"" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  get_filename_component(base ${path} NAME)
  file(SIZE ${path} size)
  file(SHA256 ${path} sha256)
  string(APPEND texts "static const char file_${index}[] =\n    \"${bytes}\";\n\n")
  string(APPEND rows "    {\"${base}\", file_${index}, ${size}, \"${sha256}\"},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "/* Generated; do not edit. */\n#include \"base/embedded.h\"\n\n${texts}"
  "extern const struct embedded ${NAME}_files[];\nconst struct embedded ${NAME}_files[] = {\n${rows}    {0}};\n")
