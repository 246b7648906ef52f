/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

int raw_connect(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 20}, sizeof(struct timeval));
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void raw_send(int fd, const void *bytes, size_t len)
{
    cr_assert_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len, "%s", strerror(errno));
}

const char *raw_read_all(int fd)
{
    enum { ROOM = 4096 };
    char *text = calloc(1, ROOM);
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len < ROOM - 1; len += (size_t)n) {
        n = recv(fd, text + len, ROOM - 1 - len, 0);
        cr_assert_geq(n, 0, "%s", strerror(errno));
    }
    return text;
}

/* ---- HTTP/2 ---- */

int raw_connect_http2(unsigned port)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    int fd = raw_connect(port);
    raw_send(fd, preface, sizeof preface - 1);
    raw_frame_send(fd, FRAME_SETTINGS, 0, 0, "", 0);
    return fd;
}

void raw_frame_send(int fd, unsigned char type, unsigned char flags, unsigned char stream,
                    const void *payload, size_t len)
{
    char frame[9 + FRAME_MAX] = {
        (char)(len >> 16), (char)(len >> 8), (char)len, (char)type, (char)flags, 0, 0, 0, (char)stream};
    cr_assert_leq(len, (size_t)FRAME_MAX);
    memcpy(frame + 9, payload, len);
    raw_send(fd, frame, 9 + len);
}

/* In HPACK's plainest words (RFC 7541, 6.2.2). */
void raw_headers_send(int fd, unsigned char flags, unsigned char stream, const char *const fields[])
{
    char block[FRAME_MAX];
    size_t len = 0;
    for (size_t i = 0; fields[i] != NULL; i++) {
        size_t size = strlen(fields[i]);
        if (i % 2 == 0)
            block[len++] = 0;
        if (size < 127) {
            block[len++] = (char)size;
        } else { /* an integer with a prefix of 7 bits (5.1), of two octets more at most */
            cr_assert_lt(size, 127u + 128 * 128);
            block[len++] = 127;
            block[len++] = (char)(0x80 | ((size - 127) & 0x7f));
            block[len++] = (char)((size - 127) >> 7);
        }
        memcpy(block + len, fields[i], size);
        len += size;
    }
    raw_frame_send(fd, FRAME_HEADERS, flags, stream, block, len);
}

bool raw_frame_read(int fd, struct frame *ret_frame)
{
    unsigned char head[9];
    if (recv(fd, head, sizeof head, MSG_WAITALL) != (ssize_t)sizeof head)
        return false;
    size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    if (len > FRAME_MAX || (len > 0 && recv(fd, ret_frame->payload, len, MSG_WAITALL) != (ssize_t)len))
        return false;
    ret_frame->payload[len] = '\0';
    ret_frame->len = len;
    ret_frame->type = head[3];
    return true;
}

bool raw_frame_find(int fd, unsigned char type, struct frame *ret_frame)
{
    while (raw_frame_read(fd, ret_frame)) {
        if (ret_frame->type == type)
            return true;
    }
    return false;
}
