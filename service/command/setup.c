/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/key.h"
#include "base/buf.h"
#include "base/file.h"
#include "command/command.h"
#include "command/on_database.h"
#include "command/setup_keys.h"
#include "store/provision.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From a fresh installation to a service that can be started: keys, roles, database, schema, options. What is
 * there stays as it is, so that it may be run again at any time, and goes on where it stopped. */

#define FOLDER "/etc/akkoord" /* as akkoord.service has it */

enum {
    CONNINFO_MAX = 2048, /* bytes: a host, a password of our own, a certificate's path */
    ENV_MAX = 8 * PATH_MAX + 2048
};

/* What the options name, else files of its folder. */
struct setup {
    const char *folder;
    const char *controller; /* NULL: none */
    bool own_database;      /* it is there, and AKKOORD_DATABASE names it */
    bool own_keys;          /* all of them, by their options: none lies in the folder */
    struct config config;   /* with all files named; its texts are borrowed */
    char keys[PATH_MAX], subject[PATH_MAX], link[PATH_MAX], secret[PATH_MAX], receipts[PATH_MAX];
    char database[PATH_MAX], migrate_database[PATH_MAX], env[PATH_MAX];
    char service_password[SETUP_SECRET_TEXT], owner_password[SETUP_SECRET_TEXT];
    struct buf service, owner; /* conninfos */
};

static int refuse(const char *sentence)
{
    command_failed("setup", sentence);
    return -1;
}

/* ---- names ---- */

static void name_file(char path[PATH_MAX], const char *folder, const char *name)
{
    int rc = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    assert(rc > 0 && rc < PATH_MAX); /* setup_run looks at the folder first */
}

static void name_default(struct setup *s, char **option, char path[PATH_MAX], const char *name)
{
    name_file(path, s->keys, name);
    if ((*option)[0] != '\0')
        return;
    *option = path;
    s->own_keys = false;
}

static void names_fill(struct setup *s, const struct config *config, const struct arguments *args)
{
    s->controller = arguments_flag(args, "controller");
    s->own_database = config->database[0] != '\0';
    s->own_keys = true;
    s->config = *config;
    name_file(s->keys, s->folder, "keys");
    name_default(s, &s->config.subject_key_file, s->subject, "subject.keys");
    name_default(s, &s->config.link_key_file, s->link, "link.keys");
    if (config->jwks_file[0] == '\0')
        name_default(s, &s->config.jwt_secret_file, s->secret, "jwt.secret");
    name_default(s, &s->config.receipt_key_dir, s->receipts, "receipts");
    name_file(s->database, s->keys, "database");
    name_file(s->migrate_database, s->folder, "migrate-database");
    name_file(s->env, s->folder, "akkoord.env");
    buf_init(&s->service, CONNINFO_MAX);
    buf_init(&s->owner, CONNINFO_MAX);
}

/* ---- the database ---- */

static int connect_refused(const PGconn *pg)
{
    char sentence[1024];
    const char *words = pg != NULL ? PQerrorMessage(pg) : strerror(errno);
    snprintf(sentence, sizeof sentence,
             "PostgreSQL as its superuser: %.*s: start it, be root or a superuser of its own, or name a "
             "superuser's "
             "conninfo by AKKOORD_SUPERUSER_DATABASE",
             (int)strcspn(words, "\n"), words);
    return refuse(sentence);
}

static int key_lost(const char *option, const char *path, const char *loss)
{
    char sentence[PATH_MAX + 256];
    snprintf(
        sentence, sizeof sentence,
        "%s: %s: it is not there, and the database is: bring the key back (with another %s), or begin with "
        "another database",
        option, path, loss);
    return refuse(sentence);
}

/* What was lost of an earlier set-up is brought back, and not made anew. */
static int keys_judge(const struct setup *s)
{
    const struct config *config = &s->config;
    if (access(config->subject_key_file, F_OK) != 0)
        return key_lost("AKKOORD_SUBJECT_KEY_FILE", config->subject_key_file,
                        "nobody is found, and every No is lost");
    if (access(config->link_key_file, F_OK) != 0)
        return key_lost("AKKOORD_LINK_KEY_FILE", config->link_key_file, "no link that was mailed works");
    return 0;
}

static int found_judge(const struct setup *s, const struct provision *found)
{
    char sentence[PATH_MAX + 256];
    if (!found->superuser)
        return refuse("AKKOORD_SUPERUSER_DATABASE: its role is no superuser: name one that is");
    if (found->database && keys_judge(s) != 0)
        return -1;
    if ((found->owner || found->service) && access(s->database, F_OK) != 0) {
        snprintf(sentence, sizeof sentence,
                 "%s: it is not there, with the password of the role " PROVISION_SERVICE
                 ", and the role is: bring the file back, or name the database by AKKOORD_DATABASE and "
                 "AKKOORD_MIGRATE_DATABASE, or drop the roles " PROVISION_SERVICE " and " PROVISION_OWNER,
                 s->database);
        return refuse(sentence);
    }
    return 0;
}

/* The conninfo in the file ${path}, with a NUL behind it. Returns NULL, or why not, in words. */
static const char *conninfo_read(const char *path, struct buf *conninfo)
{
    const char *fault = file_read(path, conninfo);
    while (conninfo->len > 0 && conninfo->data[conninfo->len - 1] == '\n')
        conninfo->len--;
    buf_byte(conninfo, '\0');
    return fault == NULL && buf_failed(conninfo) ? FILE_TOO_LARGE : fault;
}

/* A conninfo that is kept in ${path}; a new one goes there before its role is made, so that no password is
 * ever lost. */
static int conninfo_keep(PGconn *superuser, const char *role, const char *path, struct buf *conninfo,
                         char password[SETUP_SECRET_TEXT])
{
    if (access(path, F_OK) != 0) {
        if (setup_secret(password) != 0)
            return -1;
        provision_conninfo(superuser, role, password, conninfo);
        buf_byte(conninfo, '\n');
        if (setup_file(path, conninfo->data, conninfo->len) != 0)
            return -1;
        buf_clear(conninfo);
    }
    const char *fault = conninfo_read(path, conninfo);
    if (fault == NULL && provision_password(conninfo->data, password, SETUP_SECRET_TEXT) == 0)
        return 0;
    char sentence[PATH_MAX + 128];
    snprintf(sentence, sizeof sentence, "%s: %s: bring back the file as it was", path,
             fault != NULL ? fault : "it is no conninfo with a password of ours");
    return refuse(sentence);
}

static int database_provide(struct setup *s, PGconn *superuser)
{
    if (conninfo_keep(superuser, PROVISION_SERVICE, s->database, &s->service, s->service_password) != 0 ||
        conninfo_keep(superuser, PROVISION_OWNER, s->migrate_database, &s->owner, s->owner_password) != 0)
        return -1;
    const char *owner = s->owner_password[0] != '\0' ? s->owner_password : NULL;
    const char *service = s->service_password[0] != '\0' ? s->service_password : NULL;
    const char *fault = provision_make(superuser, owner, service, stdout);
    if (fault != NULL)
        return refuse(fault);
    s->config.database = s->service.data;
    s->config.migrate_database = s->owner.data;
    return 0;
}

/* All but the options' file. */
static int files_make(const struct setup *s)
{
    return setup_folder(s->keys, true) == 0 ? setup_keys(&s->config, s->controller) : -1;
}

static int keys_make(const struct setup *s)
{
    return s->own_keys ? setup_keys(&s->config, s->controller) : files_make(s);
}

static int database_make(struct setup *s)
{
    struct provision found;
    PGconn *superuser = provision_connect(s->config.superuser_database);
    int rc = -1;
    const char *fault = NULL;
    if (PQstatus(superuser) != CONNECTION_OK)
        connect_refused(superuser);
    else if ((fault = provision_look(superuser, &found)) != NULL)
        refuse(fault);
    else if (found_judge(s, &found) == 0 && files_make(s) == 0)
        rc = database_provide(s, superuser);
    PQfinish(superuser);
    return rc;
}

/* Keeps ${conninfo} in ${path}, where what the service uses lies from then on. */
static int conninfo_take(const char *path, const char *conninfo, const char *option)
{
    char sentence[PATH_MAX + 256];
    struct buf kept;
    if (setup_file(path, conninfo, strlen(conninfo)) != 0)
        return -1;
    buf_init(&kept, CONNINFO_MAX);
    const char *fault = conninfo_read(path, &kept);
    bool same = fault == NULL && strcmp(kept.data, conninfo) == 0;
    file_wipe(&kept);
    if (same)
        return 0;
    snprintf(sentence, sizeof sentence, "%s: %s: take the file away, or leave %s unset", path,
             fault != NULL ? fault : "it names another database", option);
    return refuse(sentence);
}

/* One that is there, as AKKOORD_DATABASE names it. */
static int database_take(struct setup *s)
{
    const struct config *config = &s->config;
    if ((access(s->env, F_OK) == 0 && keys_judge(s) != 0) || files_make(s) != 0 ||
        conninfo_take(s->database, config->database, "AKKOORD_DATABASE") != 0)
        return -1;
    const char *owner = config->migrate_database[0] != '\0' ? config->migrate_database : config->database;
    return conninfo_take(s->migrate_database, owner, "AKKOORD_MIGRATE_DATABASE");
}

/* ---- options, and what comes next ---- */

/* A value that both a shell and systemd would read as it is. Returns whether there is one. */
static bool env_value(struct buf *text, const char *variable, const char *value)
{
    if (value[0] == '\0')
        return true;
    if (strpbrk(value, "$`\"\\\n") != NULL)
        return false;
    buf_printf(text, "%s=\"%s\"\n", variable, value);
    return true;
}

static int env_write(const struct setup *s, struct buf *text)
{
    const struct config *config = &s->config;
    const struct {
        const char *variable, *value;
    } set[] = {{"AKKOORD_DATABASE_FILE", s->database},
               {"AKKOORD_MIGRATE_DATABASE_FILE", s->migrate_database},
               {"AKKOORD_SUBJECT_KEY_FILE", config->subject_key_file},
               {"AKKOORD_LINK_KEY_FILE", config->link_key_file},
               {"AKKOORD_JWKS_FILE", config->jwks_file},
               {"AKKOORD_JWT_SECRET_FILE", config->jwt_secret_file},
               {"AKKOORD_JWT_ISSUER", config->jwt_issuer},
               {"AKKOORD_RECEIPT_KEY_DIR", config->receipt_key_dir}};
    char sentence[256];
    buf_printf(
        text,
        "# The options of akkoord.service (man akkoord tells all). For commands: set -a; . %s; set +a\n",
        s->env);
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        if (env_value(text, set[i].variable, set[i].value))
            continue;
        snprintf(sentence, sizeof sentence,
                 "%s: a shell would read its $, `, \" or \\ otherwise: name another", set[i].variable);
        return refuse(sentence);
    }
    buf_text(text, "AKKOORD_LISTEN=127.0.0.1:8080\n"
                   "# The base of the links that people click: your own before the first mail.\n"
                   "AKKOORD_PUBLIC_URL=http://localhost:8080\n");
    return buf_failed(text) ? refuse("the names are too long") : 0;
}

static int env_make(const struct setup *s)
{
    struct buf text;
    buf_init(&text, ENV_MAX);
    int rc = env_write(s, &text);
    if (rc == 0)
        rc = setup_file(s->env, text.data, text.len);
    buf_free(&text);
    return rc;
}

/* The example that was installed beside the program. False: there is none. */
static bool example_find(char ret_path[PATH_MAX])
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    program[len > 0 ? len : 0] = '\0';
    for (int up = 0; up < 2 && strrchr(program, '/') != NULL; up++)
        *strrchr(program, '/') = '\0';
    snprintf(ret_path, PATH_MAX, "%.3900s/share/doc/akkoord/examples/demo.json", program);
    if (access(ret_path, R_OK) == 0)
        return true;
    snprintf(ret_path, PATH_MAX, "examples/demo.json");
    return access(ret_path, R_OK) == 0;
}

/* The unit reads its options from one place. */
static void next_print(const struct setup *s)
{
    char example[PATH_MAX];
    bool systemd = access("/run/systemd/system", F_OK) == 0 && strcmp(s->folder, FOLDER) == 0;
    printf("\nReady. Back up %s and keep it apart from the database: without the subject key every No is "
           "lost.\n\n"
           "Next:\n\n    set -a; . %s; set +a\n",
           s->folder, s->env);
    if (example_find(example))
        printf("    akkoord apply %s\n", example);
    printf("    %s\n\n", systemd ? "systemctl enable --now akkoord" : "akkoord serve &");
    printf("A program comes in with a key, shown once:\n\n    akkoord key add 'first steps' --controller "
           "demo --scope "
           "'consent:record consent:check consent:withdraw'\n\n");
}

static int on_ready(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    (void)pg, (void)keys, (void)cookie;
    return 0;
}

static int whole_make(struct setup *s, const struct arguments *args)
{
    if ((s->own_database ? database_take(s) : database_make(s)) != 0)
        return 1;
    fflush(stdout);
    if (migrate_command.run(&s->config, args) != 0 || on_database(&s->config, "setup", on_ready, NULL) != 0 ||
        env_make(s) != 0 || setup_folder_judge(s->keys) != 0)
        return 1;
    next_print(s);
    return 0;
}

static int setup_run(const struct config *config, const struct arguments *args)
{
    struct setup s = {0};
    const char *folder = arguments_flag(args, "folder");
    s.folder = folder != NULL ? folder : FOLDER;
    if (strlen(s.folder) > PATH_MAX / 2 || s.folder[0] != '/' || strpbrk(s.folder, "$`\"\\\n") != NULL)
        return command_misused("setup", "--folder: name it from the root, such as " FOLDER
                                        ", without what a shell reads otherwise: $, `, \" and \\");
    names_fill(&s, config, args);
    if (s.controller != NULL && !controller_key_valid(s.controller))
        return command_misused("setup", "--controller: 1 to 64 letters a-z, digits, _ and -");
    bool keys_only = arguments_flag(args, "keys-only") != NULL;
    int rc = keys_only ? (keys_make(&s) == 0 ? 0 : 1) : whole_make(&s, args);
    file_wipe(&s.service);
    file_wipe(&s.owner);
    explicit_bzero(s.service_password, sizeof s.service_password);
    explicit_bzero(s.owner_password, sizeof s.owner_password);
    return rc;
}

static const struct config_flag setup_flags[] = {
    {"folder", "FOLDER", "where options and keys go; /etc/akkoord by default"},
    {"controller", "K", "makes the key too that signs this controller's receipts"},
    {"keys-only", NULL, "makes the keys that are missing, and looks at no database"},
    {0}};

static const char *const setup_options[] = {"database",
                                            "migrate-database",
                                            "superuser-database",
                                            "subject-key-file",
                                            "link-key-file",
                                            "jwt-secret-file",
                                            "jwks-file",
                                            "jwt-issuer",
                                            "receipt-key-dir",
                                            "log-level",
                                            NULL};

const struct command setup_command = {
    "setup",
    "",
    "makes what the service needs: keys, roles, database, schema and options, each unless it is there",
    setup_flags,
    setup_options,
    setup_run};
