/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

const char FILE_THERE[] = "there is one already";

/* As is_exposed allows it. A folder that everybody may enter was given to no group. */
static mode_t mode_beside(const struct stat *folder)
{
    bool shared = folder->st_uid == 0 && (folder->st_mode & (S_IXGRP | S_IXOTH)) == S_IXGRP;
    return shared ? S_IRUSR | S_IWUSR | S_IRGRP : S_IRUSR | S_IWUSR;
}

static int key_write(int fd, const struct stat *folder, const void *bytes, size_t len)
{
    bool shared = (mode_beside(folder) & S_IRGRP) != 0;
    if (shared && (fchown(fd, (uid_t)-1, folder->st_gid) != 0 || fchmod(fd, mode_beside(folder)) != 0))
        return -1;
    ssize_t written = write(fd, bytes, len);
    if (written >= 0 && (size_t)written < len)
        errno = ENOSPC;
    return written == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
}

/* Opens a file that only we write, in the hands of no other who makes the same; what one left that was cut
 * off is emptied. Where another was before us its file has the key's name by now, and the next one is
 * ours. */
static int fresh_open(int folder, const char *fresh)
{
    for (;;) {
        struct stat ours, there;
        int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX) == 0 && fstat(fd, &ours) == 0 &&
            fstatat(folder, fresh, &there, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_ino == there.st_ino &&
            ours.st_nlink == 1)
            return ftruncate(fd, 0) == 0 ? fd : (close(fd), -1);
        bool again = errno == ENOENT;
        close(fd);
        if (!again)
            return -1;
    }
}

/* ${folder} is open. Under another name first, since a service may be told to read the folder; link fails
 * where there is one already. */
static const char *key_make(int folder, const char *fresh, const char *name, const void *bytes, size_t len)
{
    struct stat st;
    int fd = fresh_open(folder, fresh);
    if (fd < 0)
        return strerror(errno);
    int rc = fstat(folder, &st) == 0 ? key_write(fd, &st, bytes, len) : -1;
    int reason = errno;
    if (rc == 0 && linkat(folder, fresh, folder, name, 0) != 0) {
        rc = -1;
        reason = errno;
    }
    unlinkat(folder, fresh, 0);
    close(fd); /* and lets go of it */
    if (rc == 0 && fsync(folder) == 0)
        return NULL;
    return reason == EEXIST ? FILE_THERE : strerror(rc == 0 ? errno : reason);
}

const char *file_make_key(const char *path, const void *bytes, size_t len)
{
    char folder[PATH_MAX], fresh[NAME_MAX + 1];
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else if (snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path) >= (int)sizeof folder)
        return strerror(ENAMETOOLONG);
    if (snprintf(fresh, sizeof fresh, "%s.new", name) >= (int)sizeof fresh)
        return strerror(ENAMETOOLONG);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *fault = key_make(fd, fresh, name, bytes, len);
    close(fd);
    return fault;
}

static bool bytes_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno != EINTR)
            return false;
        bytes += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* Of a file that is open: written, on the disk where it has one, and closed. */
static const char *whole_write(int fd, bool is_on_disk, const void *bytes, size_t len)
{
    int reason = bytes_write(fd, bytes, len) && (!is_on_disk || fsync(fd) == 0) ? 0 : errno;
    if (close(fd) != 0 && reason == 0)
        reason = errno;
    return reason != 0 ? strerror(reason) : NULL;
}

/* What one left that was cut off is taken away; a link that somebody else put there is not followed. */
static int beside_open(const char *path, char fresh[PATH_MAX])
{
    if (snprintf(fresh, PATH_MAX, "%s.new", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    unlink(fresh);
    return open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
}

/* Whether there is something that is no file to be replaced: a device or a pipe. */
static bool is_other(const char *path, const char **ret_fault)
{
    struct stat st;
    *ret_fault = NULL;
    if (lstat(path, &st) != 0 || S_ISREG(st.st_mode))
        return false;
    *ret_fault = S_ISLNK(st.st_mode) ? "it is a symbolic link: name the file that it leads to" : NULL;
    return true;
}

const char *file_replace_try(const char *path)
{
    const char *fault;
    char fresh[PATH_MAX];
    if (is_other(path, &fault))
        return fault != NULL || access(path, W_OK) == 0 ? fault : strerror(errno);
    int fd = beside_open(path, fresh);
    if (fd < 0)
        return strerror(errno);
    close(fd);
    unlink(fresh);
    return NULL;
}

const char *file_replace(const char *path, const void *bytes, size_t len)
{
    const char *fault;
    char fresh[PATH_MAX];
    bool is_through = is_other(path, &fault);
    if (fault != NULL)
        return fault;
    int fd = is_through ? open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : beside_open(path, fresh);
    if (fd < 0)
        return strerror(errno);
    fault = whole_write(fd, !is_through, bytes, len);
    if (is_through)
        return fault;
    if (fault == NULL && rename(fresh, path) != 0)
        fault = strerror(errno);
    if (fault != NULL)
        unlink(fresh);
    return fault;
}
