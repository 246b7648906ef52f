/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a folder of its own, which is taken away. */

static char folder[] = "/tmp/akkoord-file-XXXXXX";
static char path[64], fresh[sizeof path + 4];

static void folder_make(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/some.key", folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
}

static void folder_remove(void)
{
    unlink(path);
    unlink(fresh);
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(file, .init = folder_make, .fini = folder_remove);

static struct stat look(void)
{
    struct stat st = {0};
    cr_assert_eq(stat(path, &st), 0);
    return st;
}

static void holds(const char *text)
{
    struct buf b;
    buf_init(&b, 1024);
    cr_expect_null(file_read(path, &b));
    cr_expect_eq(b.len, strlen(text));
    cr_expect_arr_eq(b.data, text, strlen(text));
    buf_free(&b);
}

Test(file, a_key_is_shared_with_the_group_that_a_folder_was_given_to_and_with_no_other)
{
    if (geteuid() != 0)
        cr_skip("root alone gives a folder to a group");
    cr_assert_eq(chown(folder, 0, 12345), 0);
    cr_assert_eq(chmod(folder, 0750), 0);
    cr_assert_null(file_make_key(path, "k", 1));
    struct stat st = look();
    cr_expect_eq(st.st_mode & 07777, 0640, "%o", st.st_mode);
    cr_expect_eq(st.st_gid, 12345);

    unlink(path);
    cr_assert_eq(chmod(folder, 0755), 0);
    cr_assert_null(file_make_key(path, "k", 1));
    st = look();
    cr_expect_eq(st.st_mode & 07777, 0600, "%o", st.st_mode);
}

Test(file, a_key_that_is_there_stays)
{
    cr_assert_null(file_make_key(path, "first", 5));
    cr_expect_eq(file_make_key(path, "second", 6), FILE_THERE);
    holds("first");
    cr_expect_neq(access(fresh, F_OK), 0);
}

Test(file, what_was_cut_off_is_made_anew)
{
    FILE *half = fopen(fresh, "we");
    cr_assert_not_null(half);
    fputs("half of what was to be written", half);
    fclose(half);
    cr_assert_null(file_make_key(path, "whole", 5));
    holds("whole");
}

Test(file, no_link_is_followed)
{
    char other[64];
    snprintf(other, sizeof other, "%s/other", folder);
    cr_assert_eq(symlink(other, fresh), 0);
    cr_expect_not_null(file_make_key(path, "k", 1));
    cr_expect_neq(access(path, F_OK), 0);
    cr_expect_neq(access(other, F_OK), 0);
}

/* Each waits for the end of the pipe, and so all begin at once. */
static void maker_start(const int gate[2], char letter, size_t len)
{
    static char bytes[64 * 1024];
    char byte;
    if (fork() != 0)
        return;
    memset(bytes, letter, len);
    close(gate[1]);
    bool open = read(gate[0], &byte, 1) == 0;
    _exit(open && file_make_key(path, bytes, len) == NULL ? letter : 0);
}

Test(file, of_those_who_make_the_same_at_once_one_does_and_it_stays_whole)
{
    enum { MAKERS = 8, ROUNDS = 20, BYTES = 64 * 1024 };
    static char bytes[BYTES];
    for (int round = 0; round < ROUNDS; round++) {
        int gate[2], made = 0, letter = 0, status = 0;
        cr_assert_eq(pipe(gate), 0);
        for (int maker = 0; maker < MAKERS; maker++)
            maker_start(gate, (char)('a' + maker), BYTES);
        close(gate[0]);
        close(gate[1]);
        for (int maker = 0; maker < MAKERS; maker++) {
            cr_assert(wait(&status) > 0 && WIFEXITED(status));
            made += WEXITSTATUS(status) != 0;
            letter += WEXITSTATUS(status);
        }
        cr_expect_eq(made, 1, "%d made it", made);
        struct buf b;
        buf_init(&b, BYTES + 1);
        cr_expect_null(file_read(path, &b));
        memset(bytes, letter, BYTES);
        cr_expect_eq(b.len, BYTES);
        cr_expect(b.len == BYTES && memcmp(b.data, bytes, BYTES) == 0, "another one's bytes");
        buf_free(&b);
        unlink(path);
    }
}

Test(file, a_new_file_takes_the_place_of_the_one_before)
{
    cr_assert_null(file_replace(path, "first, and longer", 17));
    cr_assert_null(file_replace(path, "second", 6));
    holds("second");
    cr_expect_neq(access(fresh, F_OK), 0);
}

/* ---- a file in the place of another ---- */

Test(file, a_new_one_takes_the_place_of_the_one_before)
{
    cr_expect_null(file_replace_try(path));
    cr_expect_neq(access(path, F_OK), 0);
    cr_assert_null(file_replace(path, "one", 3));
    ino_t before = look().st_ino;
    cr_expect_null(file_replace_try(path));
    cr_assert_null(file_replace(path, "other", 5));
    holds("other");
    cr_expect_neq(look().st_ino, before);
    cr_expect_neq(access(fresh, F_OK), 0);
}

Test(file, a_pipe_stays_one_and_is_written_to)
{
    char got[8] = "";
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    cr_expect_null(file_replace_try(path));
    cr_expect_null(file_replace(path, "bytes", 5));
    cr_expect(S_ISFIFO(look().st_mode));
    cr_expect_eq(read(reader, got, sizeof got), 5);
    cr_expect_str_eq(got, "bytes");
    close(reader);
}

/* /dev/full's own twin: where this fails nobody's device is lost. */
Test(file, a_device_stays_one_and_what_it_does_not_take_is_told)
{
    if (mknod(path, S_IFCHR | 0600, makedev(1, 7)) != 0)
        cr_skip("root alone makes a device");
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        cr_skip("no device can be opened in %s", folder);
    close(fd);
    cr_expect_null(file_replace_try(path));
    cr_expect_str_eq(file_replace(path, "bytes", 5), strerror(ENOSPC));
    cr_expect(S_ISCHR(look().st_mode));
}

Test(file, a_link_is_not_followed_and_not_replaced)
{
    char target[sizeof path + 4];
    snprintf(target, sizeof target, "%s.led", path);
    cr_assert_eq(symlink(target, path), 0);
    cr_expect_not_null(strstr(file_replace_try(path), "symbolic link"));
    cr_expect_not_null(strstr(file_replace(path, "bytes", 5), "symbolic link"));
    cr_expect_neq(access(target, F_OK), 0);
    unlink(path);

    /* nor one where the new file is made */
    cr_assert_eq(symlink(target, fresh), 0);
    cr_expect_null(file_replace(path, "bytes", 5));
    holds("bytes");
    cr_expect_neq(access(target, F_OK), 0);
}
