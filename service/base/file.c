/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024 };

static const char *fd_read(int fd, struct buf *b)
{
    char chunk[CHUNK];
    ssize_t got = 0;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0)
            buf_append(b, chunk, (size_t)got);
        if (buf_failed(b))
            break;
    }
    explicit_bzero(chunk, sizeof chunk);
    if (buf_failed(b))
        return FILE_TOO_LARGE;
    return got < 0 ? strerror(errno) : NULL;
}

const char *file_read(const char *path, struct buf *b)
{
    if (strcmp(path, "-") == 0)
        return fd_read(STDIN_FILENO, b);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *fault = fd_read(fd, b);
    close(fd);
    return fault;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

const char *file_read_word(const char *path, struct buf *b)
{
    const char *fault = file_read(path, b);
    size_t from = 0;
    while (b->len > 0 && is_blank(b->data[b->len - 1]))
        b->len--;
    while (from < b->len && is_blank(b->data[from]))
        from++;
    if (from > 0)
        memmove(b->data, b->data + from, b->len -= from);
    for (size_t i = 0; i < b->len; i++) {
        if (is_blank(b->data[i]))
            fault = "it must hold one word";
    }
    return fault == NULL && b->len == 0 ? "it is empty" : fault;
}

void file_wipe(struct buf *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->capacity);
    buf_free(b);
}

/* As PostgreSQL holds its keys to: what root owns may be shared with a group, such as
 * that of a container's secrets. */
static bool is_exposed(const struct stat *st)
{
    mode_t others = st->st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    return S_ISREG(st->st_mode) && (st->st_mode & others) != 0;
}

bool file_is_exposed(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && is_exposed(&st);
}

const char *file_read_key(const char *path, struct buf *b)
{
    struct stat st;
    if (strcmp(path, "-") == 0)
        return fd_read(STDIN_FILENO, b);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *fault = fstat(fd, &st) != 0 ? strerror(errno)
                        : is_exposed(&st)   ? FILE_EXPOSED
                                            : fd_read(fd, b);
    close(fd);
    return fault;
}
