/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "command/officer.h"
#include "command/table.h"
#include "domain/identifier.h"
#include "domain/subject_id.h"
#include "wire/writer.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* akkoord subject show|export|withdraw|restrict|lift|erase: one person, for an officer with a terminal.
 * (1) Who it is comes on stdin and nowhere else: what stands on a command line is in the shell's history,
 *     and any user of the machine sees it.
 * (2) Nothing is erased before somebody said so: at the terminal, or by --yes.
 * (3) It is one person: where an address is several persons' the officer says which, none is picked. */
enum { PATH_BYTES = 64 + SUBJECT_ID_TEXT };

struct subject {
    struct officer officer;
    const struct arguments *args;
    enum identifier_type type;
    struct buf value; /* of the identifier */
    char id[SUBJECT_ID_TEXT + 1];
};

struct verb {
    const char *name;
    bool is_known; /* it is done to somebody who is known: the service is asked who that is */
    int (*run)(struct subject *s);
    const char *flags[8]; /* that it takes, beside those of all; NULL at the end */
};

static const char *const nothing[] = {NULL};

/* ---- who ---- */

/* Whether nothing but white space comes behind the line that was read. At a terminal one line is all. */
static bool is_alone(void)
{
    int c = EOF;
    while (!isatty(STDIN_FILENO) && (c = getchar()) != EOF && isspace(c))
        ;
    return c == EOF;
}

static const char *identifier_read(struct subject *s)
{
    char line[IDENTIFIER_MAX + 3];
    if (isatty(STDIN_FILENO))
        fprintf(stderr, "%s: ", identifier_type_word(s->type));
    if (fgets(line, sizeof line, stdin) == NULL)
        return "who it is has to come on stdin: an e-mail address, or what --type says";
    size_t len = strcspn(line, "\r\n");
    if (len == 0 || (line[len] == '\0' && len + 1 >= sizeof line))
        return "no identifier is empty, or longer than 320 bytes";
    buf_init(&s->value, sizeof line);
    buf_append(&s->value, line, len);
    explicit_bzero(line, sizeof line);
    return is_alone() ? NULL : "one person at a time: more than one line came on stdin";
}

static void subject_write(const struct subject *s, struct writer *w)
{
    writer_object_begin(w, "subject");
    writer_text(w, "type", identifier_type_word(s->type));
    writer_string(w, "value", s->value.data, s->value.len);
    writer_object_end(w);
}

/* Keeps (3): which of those who have the identifier it is, by --subject. False where that is not said. */
static bool subject_choose(struct subject *s, const struct node *root)
{
    const char *wanted = arguments_flag(s->args, "subject"), *first = OFFICER_TEXT(root, "subject_id");
    struct node also = node_optional(root, "also");
    size_t count = node_elements(&also, 0, SIZE_MAX);
    bool is_one = first != NULL && (wanted == NULL ? count == 0 : strcmp(wanted, first) == 0);
    for (size_t i = 0; i < count && wanted != NULL && !is_one; i++) {
        struct node other = node_at(&also, i);
        const char *id = OFFICER_TEXT(&other, "subject_id");
        is_one = id != NULL && strcmp(wanted, id) == 0;
    }
    if (is_one) {
        snprintf(s->id, sizeof s->id, "%s", wanted != NULL ? wanted : first);
        return true;
    }
    fprintf(stderr, "%s\n", first != NULL ? first : "");
    for (size_t i = 0; i < count; i++) {
        struct node other = node_at(&also, i);
        fprintf(stderr, "%s  known by its %s\n", OFFICER_TEXT(&other, "subject_id"),
                OFFICER_TEXT(&other, "via"));
    }
    command_failed("subject", wanted != NULL
                                  ? "--subject is none of those above, who have that identifier"
                                  : "several persons have that identifier: say which, by --subject "
                                    "ID of those above, or by --type customer and the code of one");
    return false;
}

/* Becomes the subject_id; false where nobody is known, or it could not be asked, which was told. */
static bool subject_find(struct subject *s)
{
    const char *const parameters[] = {"reason", arguments_flag(s->args, "reason"), NULL};
    struct buf body;
    buf_init(&body, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&body);
    writer_object_begin(&w, NULL);
    subject_write(s, &w);
    writer_object_end(&w);
    bool is_asked = officer_ask(&s->officer, "/v1/subjects/lookup", parameters, &body, "subject_id");
    file_wipe(&body);
    struct node root = officer_answer(&s->officer);
    return is_asked && subject_choose(s, &root);
}

static const char *path_of(const struct subject *s, const char *verb, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "/v1/subjects/%s/%s", s->id, verb);
    return path;
}

/* What is done once is not done again where its answer was lost on the way. */
static bool key_send(struct subject *s)
{
    uint8_t id[UUID_SIZE];
    char key[UUID_TEXT + 1];
    bool is_made = uuid_v7(id) == 0;
    if (is_made)
        uuid_format(id, key);
    if (is_made && client_key(s->officer.client, key))
        return true;
    command_failed("subject", "no random bytes, or no memory");
    return false;
}

/* ---- show ---- */

static void consent_print(const struct node *n, struct table *t)
{
    struct node verdict = node_optional(n, "verdict"), allow = node_optional(&verdict, "allow");
    table_cell(t, OFFICER_TEXT(n, "purpose"));
    table_cell(t, node_present(&allow) && node_bool(&allow) ? "yes" : "no");
    table_cell(t, OFFICER_TEXT(&verdict, "reason"));
    table_cell(t, OFFICER_TEXT(&verdict, "lawful_basis"));
    table_cell(t, OFFICER_TEXT(&verdict, "since"));
    table_cell(t, OFFICER_TEXT(&verdict, "valid_until"));
    table_cell(t, OFFICER_TEXT(n, "event", "collection_method"));
    table_cell(t, OFFICER_TEXT(n, "event", "actor"));
    table_cell(t, OFFICER_TEXT(n, "event", "ref"));
}

static int show(struct subject *s)
{
    static const char *const headings[] = {"PURPOSE", "ALLOWED",   "REASON",      "BASIS", "SINCE",
                                           "UNTIL",   "BY WAY OF", "RECORDED BY", "REF",   NULL};
    const char *const parameters[] = {"reason", arguments_flag(s->args, "reason"), NULL};
    char path[PATH_BYTES];
    struct table t;
    if (!officer_ask(&s->officer, path_of(s, "consents", path), parameters, NULL, "consents"))
        return 1;
    if (s->officer.json) {
        officer_print(&s->officer);
        return 0;
    }
    struct node root = officer_answer(&s->officer), list = node_optional(&root, "consents");
    size_t count = node_elements(&list, 0, SIZE_MAX);
    table_open(&t, headings);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&list, i);
        consent_print(&n, &t);
    }
    printf("subject %s\n", s->id);
    int rc = table_print(&t, stdout) != 0 ? command_failed("subject", "out of memory") : 0;
    table_close(&t);
    return rc;
}

/* ---- export ---- */

static const char *output_write(const char *path, const struct buf *answer)
{
    if (path != NULL)
        return file_replace(path, answer->data, answer->len);
    bool is_whole = fwrite(answer->data, 1, answer->len, stdout) == answer->len && fflush(stdout) == 0;
    return is_whole ? NULL : strerror(errno);
}

static int export(struct subject *s)
{
    const char *format = arguments_flag(s->args, "format"), *output = arguments_flag(s->args, "output");
    const char *const parameters[] = {"format",  format,
                                      "request", arguments_flag(s->args, "request"),
                                      "reason",  arguments_flag(s->args, "reason"),
                                      NULL};
    struct buf empty;
    char path[PATH_BYTES];
    bool is_archive = format != NULL && strcmp(format, "csv") == 0;
    if (is_archive && output == NULL && isatty(STDOUT_FILENO))
        return command_misused("subject", "an archive is nothing for a terminal: --output FILE");
    buf_init(&empty, 1);
    umask(077); /* the file is the officer's alone */
    /* before it is asked for, since that may close a request: whether it can be kept */
    const char *fault = output != NULL ? file_replace_try(output) : NULL;
    if (fault == NULL && !officer_fetch(&s->officer, path_of(s, "export", path), parameters, &empty))
        return 1;
    fault = fault != NULL ? fault : output_write(output, &s->officer.answer);
    return fault != NULL ? command_failed("subject", fault) : 0;
}

/* ---- withdraw ---- */

static void withdrawn_print(struct officer *o, struct table *t)
{
    static const char *const members[] = {"withdrawn", "not_stopped", NULL};
    struct node root = officer_answer(o);
    for (size_t k = 0; members[k] != NULL; k++) {
        struct node list = node_optional(&root, members[k]);
        size_t count = node_elements(&list, 0, SIZE_MAX);
        for (size_t i = 0; i < count; i++) {
            struct node n = node_at(&list, i);
            table_cell(t, OFFICER_TEXT(&n, "purpose"));
            table_cell(t, k == 0 ? "withdrawn" : "not stopped");
            table_cell(t, OFFICER_TEXT(&n, "was"));
            table_cell(t, OFFICER_TEXT(&n, "reason"));
            table_cell(t, OFFICER_TEXT(&n, "record_id"));
        }
    }
}

static int withdraw(struct subject *s)
{
    static const char *const headings[] = {"PURPOSE", "", "WAS", "BECAUSE", "RECORD", NULL};
    static const char *const members[] = {"purpose", "channel", "collection_method", "ref", NULL};
    static const char *const flags[] = {"purpose", "channel", "method", "ref"};
    struct buf body;
    buf_init(&body, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&body);
    writer_object_begin(&w, NULL);
    subject_write(s, &w);
    for (size_t i = 0; members[i] != NULL; i++) {
        const char *value = arguments_flag(s->args, flags[i]);
        if (value != NULL)
            writer_text(&w, members[i], value);
    }
    writer_object_end(&w);
    bool is_done = key_send(s) && officer_ask(&s->officer, "/v1/withdraw", nothing, &body, "withdrawn");
    file_wipe(&body);
    if (!is_done || s->officer.json) {
        if (is_done)
            officer_print(&s->officer);
        return is_done ? 0 : 1;
    }
    struct node root = officer_answer(&s->officer), known = node_optional(&root, "known");
    if (node_kind(&known) == NODE_BOOL && !node_bool(&known))
        fprintf(stderr, "nobody was known by that identifier: the No is remembered for whoever will be\n");
    struct table t;
    table_open(&t, headings);
    withdrawn_print(&s->officer, &t);
    int rc = table_print(&t, stdout) != 0 ? command_failed("subject", "out of memory") : 0;
    table_close(&t);
    return rc;
}

/* ---- restrict, lift, erase ---- */

/* Returns 0 when it is done: the answer is there. */
static int act(struct subject *s, const char *verb, const char *keep_proof, const char *remember_no)
{
    const char *reason = arguments_flag(s->args, "reason"), *request = arguments_flag(s->args, "request");
    char path[PATH_BYTES];
    struct buf body;
    buf_init(&body, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&body);
    writer_object_begin(&w, NULL);
    if (reason != NULL)
        writer_text(&w, "reason", reason);
    if (request != NULL)
        writer_text(&w, "request", request);
    if (keep_proof != NULL)
        writer_bool(&w, "keep_proof", strcmp(keep_proof, "yes") == 0);
    if (remember_no != NULL)
        writer_bool(&w, "remember_no", strcmp(remember_no, "yes") == 0);
    writer_object_end(&w);
    bool is_done = key_send(s) && officer_ask(&s->officer, path_of(s, verb, path), nothing, &body,
                                              strcmp(verb, "erase") == 0 ? "certificate" : "subject_id");
    buf_free(&body);
    if (is_done && s->officer.json)
        officer_print(&s->officer);
    return is_done ? 0 : 1;
}

static int restrict_(struct subject *s)
{
    int rc = act(s, "restrict", NULL, NULL);
    if (rc == 0 && !s->officer.json)
        printf("subject %s: restricted. Nothing is done with what is held, until that is lifted.\n", s->id);
    return rc;
}

static int lift(struct subject *s)
{
    int rc = act(s, "lift", NULL, NULL);
    if (rc == 0 && !s->officer.json)
        printf("subject %s: the restriction is lifted.\n", s->id);
    return rc;
}

/* Keeps (2). Asks at the terminal, since stdin has said who it is. Returns 0, or the process's exit code. */
static int erasure_confirm(const struct subject *s)
{
    char line[16] = "";
    if (arguments_flag(s->args, "yes") != NULL)
        return 0;
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL)
        return command_misused("subject", "there is no terminal to ask at whether that is meant: --yes");
    fprintf(terminal, "Erases what is tied to subject %s, for good. Type yes to go on: ", s->id);
    fflush(terminal);
    bool is_yes = fgets(line, sizeof line, terminal) != NULL && strcmp(line, "yes\n") == 0;
    fclose(terminal);
    return is_yes ? 0 : command_failed("subject", "nothing was erased");
}

static void certificate_print(struct officer *o)
{
    static const char *const removed[] = {"identifiers", "events", "evidence", "guardians", "messages", NULL};
    static const char *const kept[] = {"proofs", "refusals", "shared_identifiers", "tombstones", NULL};
    struct node root = officer_answer(o), certificate = node_optional(&root, "certificate");
    const char *until = OFFICER_TEXT(&certificate, "tombstones_until");
    printf("removed\n");
    for (size_t i = 0; removed[i] != NULL; i++)
        printf("%12lld  %s\n", (long long)OFFICER_NUMBER(&certificate, "removed", removed[i]), removed[i]);
    printf("kept\n");
    for (size_t i = 0; kept[i] != NULL; i++)
        printf("%12lld  %s\n", (long long)OFFICER_NUMBER(&certificate, "kept", kept[i], "count"), kept[i]);
    if (until != NULL)
        printf("tombstones until %s\n", until);
    printf("certificate %s; --json prints it whole, signed\n", OFFICER_TEXT(&certificate, "jti"));
}

static int erase(struct subject *s)
{
    int rc = erasure_confirm(s);
    if (rc == 0)
        rc = act(s, "erase", arguments_flag(s->args, "keep-proof"), arguments_flag(s->args, "remember-no"));
    if (rc == 0 && !s->officer.json)
        certificate_print(&s->officer);
    return rc;
}

/* ---- the command ---- */

static const struct verb verbs[] = {
    {"show", true, show, {"subject", "reason"}},
    {"export", true, export, {"subject", "reason", "format", "request", "output"}},
    {"withdraw", false, withdraw, {"purpose", "channel", "method", "ref"}},
    {"restrict", true, restrict_, {"subject", "reason", "request"}},
    {"lift", true, lift, {"subject", "reason"}},
    {"erase", true, erase, {"subject", "reason", "request", "keep-proof", "remember-no", "yes"}}};

static const struct config_flag subject_flags[] = {
    {"type", "email|phone|postal|customer|visitor", "what the identifier on stdin is; email by default"},
    {"subject", "ID",
     "which person, where several have the identifier (not for withdraw, which reaches all)"},
    {"reason", "TEXT", "why, in words; kept with who did it (not for withdraw)"},
    {"request", "ID", "export, restrict, erase: the rights-request that this answers, and closes"},
    {"format", "json|csv|receipt", "export: csv is a ZIP archive; json by default"},
    {"output", "FILE", "export: where it goes; standard output by default"},
    {"purpose", "KEY", "withdraw: of this purpose; * for everything"},
    {"channel", "NAME", "withdraw: or of all that goes by it, such as email"},
    {"method", "METHOD", "withdraw: how the person said so, such as phone or letter; api by default"},
    {"ref", "TEXT", "withdraw: a reference of your own"},
    {"keep-proof", "yes|no",
     "erase: what was agreed to stays, as nobody's; yes by default where there was a Yes"},
    {"remember-no", "yes|no", "erase: no import brings the person back; yes by default"},
    {"yes", NULL, "erase: without asking"},
    OFFICER_FLAGS,
    {0}};

/* A flag that the verb has no use for may be meant for another: nothing is done then. */
static const char *stray_flag(const struct verb *verb, const struct arguments *args)
{
    for (const struct config_flag *f = subject_flags + 1; strcmp(f->name, "url") != 0; f++) {
        bool is_taken = false;
        for (const char *const *name = verb->flags; *name != NULL; name++)
            is_taken = is_taken || strcmp(*name, f->name) == 0;
        if (!is_taken && arguments_flag(args, f->name) != NULL)
            return f->name;
    }
    return NULL;
}

static bool is_yes_or_no(const struct arguments *args, const char *flag)
{
    const char *value = arguments_flag(args, flag);
    return value == NULL || strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
}

/* Returns NULL, or what is wrong with how it was called. */
static const char *words_judge(struct subject *s, const struct verb *verb)
{
    static char fault[120];
    const char *type = arguments_flag(s->args, "type"), *stray = stray_flag(verb, s->args);
    if (stray != NULL) {
        snprintf(fault, sizeof fault, "%s takes no --%s", verb->name, stray);
        return fault;
    }
    if (type != NULL && !identifier_type_parse(type, &s->type))
        return "--type is email, phone, postal, customer or visitor";
    if (!is_yes_or_no(s->args, "keep-proof") || !is_yes_or_no(s->args, "remember-no"))
        return "--keep-proof and --remember-no are yes or no";
    bool by_purpose = arguments_flag(s->args, "purpose") != NULL,
         by_channel = arguments_flag(s->args, "channel") != NULL;
    if (verb->run == withdraw && by_purpose == by_channel)
        return "withdraw takes --purpose KEY, * for everything, or --channel NAME";
    return NULL;
}

static int subject_run(struct subject *s, const struct verb *verb)
{
    int rc = officer_open(&s->officer, "subject", s->args);
    if (rc != 0)
        return rc;
    const char *fault = identifier_read(s);
    if (fault != NULL)
        return command_misused("subject", fault);
    return verb->is_known && !subject_find(s) ? 1 : verb->run(s);
}

static int subject(const struct config *config, const struct arguments *args)
{
    (void)config;
    struct subject s = {.args = args, .type = IDENTIFIER_EMAIL};
    const struct verb *verb = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && args->operand_count == 1; i++) {
        if (strcmp(args->operands[0], verbs[i].name) == 0)
            verb = &verbs[i];
    }
    if (verb == NULL)
        return command_misused(
            "subject",
            "say show, export, withdraw, restrict, lift or erase, and no identifier: it is read from stdin");
    const char *fault = words_judge(&s, verb);
    if (fault != NULL)
        return command_misused("subject", fault);
    int rc = subject_run(&s, verb);
    file_wipe(&s.value);
    officer_close(&s.officer);
    return rc;
}

const struct command subject_command = {
    "subject",
    "show|export|withdraw|restrict|lift|erase",
    "one person, whose identifier comes on stdin: what is held, taken back, restricted or erased",
    subject_flags,
    command_no_options,
    subject};
