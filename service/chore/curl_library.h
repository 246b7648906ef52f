/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <curl/curl.h>

/* libcurl, loaded by who needs it: with all it stands on, it would be half of the memory of a filter that
 * asks nobody, or of a service that delivers nothing. */
#define CURL_FUNCTIONS(X)                                                                                    \
    X(easy_init)                                                                                             \
    X(easy_cleanup)                                                                                          \
    X(easy_reset)                                                                                            \
    X(easy_setopt)                                                                                           \
    X(easy_getinfo)                                                                                          \
    X(easy_perform)                                                                                          \
    X(easy_escape)                                                                                           \
    X(easy_strerror)                                                                                         \
    X(free)                                                                                                  \
    X(multi_init)                                                                                            \
    X(multi_cleanup)                                                                                         \
    X(multi_setopt)                                                                                          \
    X(multi_add_handle)                                                                                      \
    X(multi_remove_handle)                                                                                   \
    X(multi_perform)                                                                                         \
    X(multi_poll)                                                                                            \
    X(multi_info_read)                                                                                       \
    X(slist_append)                                                                                          \
    X(slist_free_all)

#define CURL_FUNCTION(name) __typeof__(&curl_##name) name;
struct curl_library {
    CURL_FUNCTIONS(CURL_FUNCTION)
};
#undef CURL_FUNCTION
extern struct curl_library curl;

/* Fills it in, once. Returns NULL, or why it cannot. Not for two threads at a time. */
const char *curl_load(void);
