/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/curl_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#define CURL_LIBRARY "libcurl.so.4"

struct curl_library curl;

const char *curl_load(void)
{
    void *library = dlopen(CURL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return dlerror();
#define CURL_FIND(name) *(void **)&curl.name = dlsym(library, "curl_" #name);
    CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
#define CURL_MISSES(name) || curl.name == NULL
    return false CURL_FUNCTIONS(CURL_MISSES) ? CURL_LIBRARY " lacks a function" : NULL;
#undef CURL_MISSES
}
