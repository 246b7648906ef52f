# SPDX-License-Identifier: Apache-2.0
# Writes OUT: a page that lists each request of CONTRACT, for a build without npm.
file(READ ${CONTRACT} text)
# What would divide a list or hold it together is nothing that is shown.
string(REPLACE ";" "," text "${text}")
string(REGEX REPLACE "[][]" "" text "${text}")
string(REPLACE "\n" ";" lines "${text}")
set(rows "")
set(path "")
set(count 0)
foreach(line IN LISTS lines)
  if(line MATCHES "^  (/[^:]*):$")
    set(path ${CMAKE_MATCH_1})
  elseif(line MATCHES "^components:")
    break()
  elseif(path AND line MATCHES "^    (get|put|post|delete):$")
    string(TOUPPER ${CMAKE_MATCH_1} method)
  elseif(path AND line MATCHES "^      summary: (.*)$")
    set(summary "${CMAKE_MATCH_1}")
    string(REPLACE "&" "&amp;" summary "${summary}")
    string(REPLACE "<" "&lt;" summary "${summary}")
    string(APPEND rows "  <tr><td><code>${method} ${path}</code></td><td>${summary}</td></tr>\n")
    math(EXPR count "${count} + 1")
  endif()
endforeach()
if(count EQUAL 0)
  message(FATAL_ERROR "no request was found in ${CONTRACT}")
endif()
file(WRITE ${OUT} "<!doctype html>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Akkoord: the API</title>
<link rel=\"icon\" href=\"data:,\">
<link rel=\"stylesheet\" href=\"docs/docs.css\">
<main>
<h1>Akkoord: the API</h1>
<p>The whole contract is <a href=\"openapi.yaml\">openapi.yaml</a> (OpenAPI 3.1): any viewer or client generator reads it.
Requests under <code>/v1/</code> carry <code>Authorization: Bearer &lt;token&gt;</code>.</p>
<p>This is the plain page of a program that was built without npm; with it, the contract is rendered here.</p>
<table>
  <tr><th>Request</th><th>What it does</th></tr>
${rows}</table>
</main>
</html>
")
