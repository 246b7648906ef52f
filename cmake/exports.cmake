# SPDX-License-Identifier: Apache-2.0
# Fails unless PROGRAM, as it was linked, gives each of SYMBOLS to the libraries it loads.
execute_process(COMMAND ${NM} --dynamic --defined-only ${PROGRAM} OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
foreach(symbol ${SYMBOLS})
  if(NOT found MATCHES " T ${symbol}\n")
    message(FATAL_ERROR "${PROGRAM} does not export ${symbol}: libh2o would go unguarded")
  endif()
endforeach()
