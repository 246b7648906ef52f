/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Functions of libh2o 2.2.5 that this program defines itself: the library calls them through its procedure
 * linkage table, where ours are found first. Each tells the guard and goes on with the library's own, which
 * dlsym finds behind ours.
 *
 * This is the one circle in the house: the guard calls libh2o, and libh2o calls the guard. The calls run
 *
 *     lib/http1.c, lib/http2/connection.c, lib/common/socket.c  ->  interpose.c  ->  connection.c, exchange.c
 *                                                                       |
 *                                                                       v
 *                                                        the library's own function
 *
 * and never from the guard to interpose.c. Who calls each in the library, and what the guard makes of it:
 *
 *     h2o_socket_read_start          accept, handshake, after an answer   connection_reading, and
 *                                                                         connection_read for each read
 *     h2o_socket_close               whoever ends a connection            connection_closing
 *     h2o_socket_write               lib/http1.c, of "100 Continue"       connection_continue
 *     h2o_init_request               lib/http1.c, lib/http2/stream.c      connection_request
 *     phr_parse_request              lib/http1.c                          connection_declared,
 *                                                                         connection_refuse
 *     h2o_send_error_generic         whatever the library refuses         connection_refuse
 *     h2o_http2_decode_frame         lib/http2/connection.c               connection_frame
 *     h2o_hpack_parse_headers        lib/http2/connection.c               connection_header_block,
 *                                                                         connection_header
 *     h2o_http2_decode_data_payload  lib/http2/connection.c               connection_body
 *     h2o_http2_stream_reset         lib/http2/connection.c               connection_reset
 *
 * What is called while libh2o reads, and has no connection among its arguments, is about
 * connection_current(). Three answer for the library by way of h2o_process_request, from within its own call:
 * connection_continue, exchange_inspect_http1 and h2o_send_error_generic. After these the connection may be
 * gone, and nobody touches it.
 *
 * cmake exports the symbols that the table in interpose.c names. */

/* Returns the name of a function that the library would not find here, or that it does not have, and NULL
 * when all is well. */
const char *interpose_missing(void);
