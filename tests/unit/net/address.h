/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>

/* The address that ${text} is. Valid until the next one. */
static inline struct sockaddr *at(const char *text)
{
    static struct sockaddr_in6 v6;
    static struct sockaddr_in v4;
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        return (struct sockaddr *)&v6;
    }
    cr_assert_eq(inet_pton(AF_INET, text, &v4.sin_addr), 1);
    v4.sin_family = AF_INET;
    return (struct sockaddr *)&v4;
}
