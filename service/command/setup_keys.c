/* SPDX-License-Identifier: Apache-2.0 */
#include "command/setup_keys.h"

#include "base/file.h"
#include "base/hex.h"
#include "command/command.h"
#include "command/key_files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_BYTES = 32,
    KEY_TEXT = 4 * ((KEY_BYTES + 2) / 3) + 1, /* in base64, with its NUL */
    GROUP_ROOM = 4096                         /* bytes of a group's entry: we need its number alone */
};

static int failed(const char *what, const char *reason, const char *advice)
{
    char fault[PATH_MAX + 256];
    snprintf(fault, sizeof fault, "%s: %s: %s", what, reason, advice);
    command_failed("setup", fault);
    return -1;
}

/* Returns false where there is none, or we are not root. */
static bool service_group(gid_t *ret_group)
{
    char room[GROUP_ROOM];
    struct group entry, *found = NULL;
    if (geteuid() != 0 || getgrnam_r("akkoord", &entry, room, sizeof room, &found) != 0 || found == NULL)
        return false;
    *ret_group = found->gr_gid;
    return true;
}

/* For us alone, or for the service's group, or, above the keys, for all to pass, whatever root's umask is. */
static int folder_give(const char *path, bool for_group)
{
    gid_t group;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
    if (fd < 0)
        return -1;
    if (!for_group && geteuid() == 0)
        rc = fchmod(fd, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
    else if (for_group && service_group(&group))
        rc = fchown(fd, 0, group) == 0 ? fchmod(fd, S_IRWXU | S_IRGRP | S_IXGRP) : -1;
    int reason = errno;
    close(fd);
    errno = reason;
    return rc;
}

/* It gets its name last, so that what was cut off is made to its end the next time. */
static int folder_make(const char *path, bool for_group)
{
    char fresh[PATH_MAX];
    struct stat st;
    if (stat(path, &st) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(st.st_mode) ? 0 : -1;
    }
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if ((mkdir(fresh, S_IRWXU) != 0 && errno != EEXIST) || folder_give(fresh, for_group) != 0 ||
        rename(fresh, path) != 0)
        return -1;
    printf("made %s\n", path);
    return 0;
}

int setup_folder_judge(const char *path)
{
    struct stat st;
    gid_t group;
    char advice[PATH_MAX + 128];
    if (!service_group(&group) || stat(path, &st) != 0 || st.st_gid == group)
        return 0;
    snprintf(advice, sizeof advice, "chgrp -R akkoord '%.2048s' && chmod -R u=rwX,g=rX,o= '%.2048s'", path,
             path);
    return failed(path, "it is not of the group akkoord, as which the service reads it", advice);
}

int setup_folder(const char *path, bool for_group)
{
    char above[PATH_MAX];
    snprintf(above, sizeof above, "%s", path);
    for (char *slash = strchr(above + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (folder_make(above, false) != 0)
            return failed(above, strerror(errno), "name a folder that may be made, or be root");
        *slash = '/';
    }
    if (folder_make(path, for_group) != 0)
        return failed(path, strerror(errno), "name a folder that may be made, or be root");
    return 0;
}

int setup_file(const char *path, const char *text, size_t len)
{
    if (access(path, F_OK) == 0)
        return 0;
    const char *fault = file_make_key(path, text, len);
    if (fault == FILE_THERE)
        return 0; /* another set-up was faster */
    if (fault != NULL)
        return failed(path, fault, "name one in a folder that may be written to, or be root");
    printf("made %s\n", path);
    return 0;
}

static int bytes_draw(uint8_t *bytes, size_t count)
{
    return getrandom(bytes, count, 0) == (ssize_t)count
               ? 0
               : failed("random bytes", strerror(errno), "try again");
}

int setup_secret(char ret_secret[SETUP_SECRET_TEXT])
{
    uint8_t bytes[SETUP_SECRET_BYTES];
    if (bytes_draw(bytes, sizeof bytes) != 0)
        return -1;
    hex_write(bytes, sizeof bytes, ret_secret);
    ret_secret[SETUP_SECRET_TEXT - 1] = '\0';
    explicit_bzero(bytes, sizeof bytes);
    return 0;
}

/* A file of one key in base64, with ${head} before it. */
static int key_make(const char *path, const char *head)
{
    uint8_t bytes[KEY_BYTES];
    char base64[KEY_TEXT], line[KEY_TEXT + 8];
    if (access(path, F_OK) == 0)
        return 0;
    if (bytes_draw(bytes, sizeof bytes) != 0)
        return -1;
    EVP_EncodeBlock((unsigned char *)base64, bytes, KEY_BYTES);
    int len = snprintf(line, sizeof line, "%s%s\n", head, base64);
    int rc = setup_file(path, line, (size_t)len);
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(base64, sizeof base64);
    explicit_bzero(line, sizeof line);
    return rc;
}

static int receipt_key_file(const char *folder, const char *controller)
{
    char path[PATH_MAX];
    const char *fault = receipt_key_file_make(folder, controller, path);
    if (fault != NULL)
        return fault == FILE_THERE ? 0 : failed(path, fault, "name one in a folder that may be written to");
    printf("made %s\n", path);
    return 0;
}

int setup_keys(const struct config *config, const char *controller)
{
    if (key_make(config->subject_key_file, "1:") != 0 || key_make(config->link_key_file, "1:") != 0)
        return -1;
    if (config->jwt_secret_file[0] != '\0' && key_make(config->jwt_secret_file, "") != 0)
        return -1;
    if (setup_folder(config->receipt_key_dir, true) != 0)
        return -1;
    return controller != NULL ? receipt_key_file(config->receipt_key_dir, controller) : 0;
}
