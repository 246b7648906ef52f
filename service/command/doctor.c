/* SPDX-License-Identifier: Apache-2.0 */
#include "command/doctor.h"

#include "base/file.h"
#include "base/limits.h"
#include "command/command.h"
#include "command/key_files.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

/* Without keys their readers say so, below. */
static void settings_check(const struct config *config, struct findings *f)
{
    bool keys_named = config->subject_key_file[0] != '\0' &&
                      (config->jwt_secret_file[0] != '\0' || config->jwks_file[0] != '\0');
    char fault[CONFIG_FAULT];
    if (config_serve_check(config, fault) != 0 && keys_named)
        findings_say(f, FINDING_BROKEN, "%s", fault);
}

static bool subject_keys_check(const struct config *config, struct findings *f,
                               struct numbered_keys *ret_keys)
{
    char fault[KEY_FILES_FAULT];
    if (subject_keys_load(config, ret_keys, fault) != 0) {
        findings_say(f, FINDING_BROKEN, "%s%s", fault,
                     config->subject_key_file[0] == '\0' ? ": has the doctor the service's own settings?"
                                                         : "");
        return false;
    }
    findings_say(f, FINDING_OK, "%zu subject key%s; number %d makes tags", ret_keys->count,
                 ret_keys->count == 1 ? "" : "s", ret_keys->keys[0].number);
    return true;
}

static void link_keys_check(const struct config *config, struct findings *f)
{
    char fault[KEY_FILES_FAULT];
    struct link_keys keys;
    if (link_keys_load(config, &keys, fault) != 0) {
        findings_say(f, FINDING_BROKEN, "%s", fault);
        return;
    }
    if (config->link_key_file[0] == '\0')
        findings_say(
            f, FINDING_WARNING,
            "the subject keys seal links too, so that a link that was mailed ends when its key leaves: name "
            "a file of keys of their own in AKKOORD_LINK_KEY_FILE");
    else
        findings_say(f, FINDING_OK, "%zu link key%s; number %d seals", keys.numbered.count,
                     keys.numbered.count == 1 ? "" : "s", keys.numbered.keys[0].number);
    link_keys_wipe(&keys);
}

static void token_keys_check(const struct config *config, struct findings *f)
{
    char fault[KEY_FILES_FAULT];
    struct keys *keys;
    struct receipt_keys *receipts;
    if (receipt_keys_load(config, &receipts, fault) != 0) {
        findings_say(f, FINDING_BROKEN, "%s", fault);
        return;
    }
    if (token_keys_load(config, receipts, &keys, fault) == 0) {
        findings_say(f, FINDING_OK, "the keys of tokens%s are sound",
                     config->receipt_key_dir[0] != '\0' ? " and of receipts" : "");
        keys_unref(keys);
    } else {
        findings_say(f, FINDING_BROKEN, "%s", fault);
    }
    receipt_keys_unref(receipts);
}

/* The service raises its own limit as far as it may, and takes fewer connections where that is too little. */
static void descriptors_check(const struct config *config, struct findings *f)
{
    struct rlimit limit;
    int64_t needed = config->connections_max + DESCRIPTORS_SPARED;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_max >= (rlim_t)needed)
        findings_say(f, FINDING_OK, "enough files may be open for %" PRId64 " connections",
                     config->connections_max);
    else
        findings_say(f, FINDING_WARNING,
                     "%" PRIu64 " files may be open, and %" PRId64 " connections need %" PRId64
                     ": it will take fewer; raise the limit (ulimit -n, LimitNOFILE=), or lower "
                     "AKKOORD_CONNECTIONS_MAX",
                     (uint64_t)limit.rlim_max, config->connections_max, needed);
}

static int doctor(const struct config *config, const struct arguments *args)
{
    (void)args;
    struct findings f = {FINDING_OK};
    struct numbered_keys keys;
    char database_id[DATABASE_ID_SIZE];
    signal(SIGPIPE, SIG_IGN); /* who holds a port may hang up */
    config_print(config, stdout);
    putchar('\n');
    settings_check(config, &f);
    bool have_keys = subject_keys_check(config, &f, &keys);
    link_keys_check(config, &f);
    token_keys_check(config, &f);
    doctor_database(config, have_keys ? &keys : NULL, database_id, &f);
    doctor_tls(config, &f);
    descriptors_check(config, &f);
    doctor_addresses(config, database_id, &f);
    if (have_keys)
        numbered_keys_wipe(&keys);
    return f.worst == FINDING_BROKEN ? 1 : 0;
}

const struct command doctor_command = {"doctor", "",   "says in words what is wrong with a set-up",
                                       NULL,     NULL, doctor};
