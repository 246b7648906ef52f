/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How a process is set up: one table of options in config.c, from which the flags, the variables, their
 * ranges, --help and the table of docs/operating.md are made. Each is settable by environment
 * (AKKOORD_LISTEN) and by flag (--listen); the flag wins, and of a flag given twice the last. A variable that
 * is set but empty counts as not set. */

enum {
    CONFIG_FAULT = 320,        /* bytes of a sentence, with its NUL */
    CONFIG_HOST_MAX = 253,     /* bytes: RFC 1035 */
    CONFIG_ADDRESSES_MAX = 16, /* addresses in one option */
    CONFIG_THREADS_MAX = 64,   /* three connections each: 192 of a server's usual few hundred */
    CONFIG_FLAGS_MAX = 24      /* flags of a command's own */
};

/* Text is never NULL: "" where nothing is set. Lists are as they were written, and valid. */
struct config {
    char *listen; /* addresses, for address_next */
    char *tls_listen;
    char *tls_cert_file;
    char *tls_key_file;
    char *metrics_listen;
    char *database;           /* secret; libpq's conninfo or URI */
    char *migrate_database;   /* secret; "": as database */
    char *superuser_database; /* secret; "": as the system's user postgres */
    char *jwt_secret_file;
    char *jwks_file;
    char *jwt_issuer;
    char *subject_key_file;
    char *receipt_key_dir;
    char *link_key_file;
    char *webhook_secrets_file;
    char *webhook_allow;      /* networks, for network_next */
    char *public_url;         /* without a slash at the end */
    char *access_log;         /* a file, or "-"; "" for none */
    char *trusted_proxies;    /* networks, for network_next */
    int64_t jwt_max_lifetime; /* seconds */
    int64_t threads;
    int64_t view_memory;     /* megabytes; 0: no view */
    int64_t connections_max; /* at a time */
    int64_t connections_per_address;
    int64_t arrivals;      /* a second; 0: no limit */
    int64_t client_limit;  /* a day; 0: none */
    int64_t address_limit; /* a minute; 0: none */
    int64_t drain_delay;   /* seconds */
    int64_t demo;          /* 1: what only a demonstration shows */
    char *demo_site;       /* where its website is; "": there is none */
    enum log_level log_level;
};

/* A flag of one command, beside the options. */
struct config_flag {
    const char *name;  /* without the dashes; NULL ends a list */
    const char *value; /* what stands for its value in the help; NULL: it has none */
    const char *text;
};

/* What a command line may say, which its command fills in, and what it says beside the options. Borrows
 * from argv. */
struct arguments {
    const struct config_flag *flags; /* the command's own; NULL: none */
    const char *const *options;      /* the options it reads, by name, NULL at the end; NULL: all of them */
    bool help;                       /* --help was asked for: nothing else was read */
    const char
        *values[CONFIG_FLAGS_MAX]; /* in the order of ${flags}; NULL: not given; "": one without a value */
    size_t operand_count;
    char **operands; /* the words that are not flags */
};
/* The value of a flag in ${args}->flags, or NULL. */
const char *arguments_flag(const struct arguments *args, const char *name);

/* Reads ${argc} words of the command line (the program's and the command's name left out) and ${env}
 * (NAME=value, NULL at the end). ${args} comes with ${flags} and ${options} filled in, the rest zeroed; an
 * option that is not among these has its default, whatever ${env} says, and is no flag. Moves the operands
 * to the front of ${argv}. Reads the files of secrets. Returns 0, then ${ret_config} is to be freed; or -1
 * with a sentence in ${fault} that names the option, and of a secret nothing else. Aborts when memory runs
 * out. */
int config_read(int argc, char **argv, char *const *env, struct config *ret_config, struct arguments *args,
                char fault[CONFIG_FAULT]);
/* Overwrites what is secret. Accepts a zeroed one. */
void config_free(struct config *config);
/* Walks the AKKOORD_ variables that no option knows, typing errors most likely: start with *${cursor} 0.
 * Returns "NAME=value", of which only the name may be shown, or NULL after the last. */
const char *config_unknown(char *const *env, size_t *cursor);
/* Returns -1 when `serve` cannot run on it, whatever the files hold, with why and what to do in ${fault}. */
int config_serve_check(const struct config *config, char fault[CONFIG_FAULT]);

/* The options of ${names} (as in struct arguments) as help for a terminal; nothing where there are none. */
void config_help(const char *const *names, FILE *out);
/* The whole table as Markdown, for docs/operating.md. */
void config_markdown(FILE *out);
/* One line an option as it is set; a secret prints as `set`. */
void config_print(const struct config *config, FILE *out);

struct address {
    char host[CONFIG_HOST_MAX + 1]; /* a name or an address without brackets; "": all */
    uint16_t port;
};
/* Walks a list of addresses: ${cursor} starts at its text. Returns false after the last, and at what is not
 * one; then
 * *${cursor} is not at the end. `host:port`, `[v6]:port`, `:port` and `*:port`. */
bool address_next(const char **cursor, struct address *ret_address);

/* A network: addresses whose first ${prefix} bits are those of ${bytes}. */
struct network {
    bool v6;
    uint8_t prefix;
    uint8_t bytes[16]; /* network order; the first four for IPv4; bits behind the prefix are zero */
};
/* As address_next. `192.0.2.0/24`, `2001:db8::/32`; a lone address is a network of one. */
bool network_next(const char **cursor, struct network *ret_network);
