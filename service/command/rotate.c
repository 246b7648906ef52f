/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rotate.h"
#include "base/clock.h"
#include "command/command.h"
#include "command/on_database.h"
#include "store/blocking.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A chunk holds the head's lock, so writers wait for it: it grows and shrinks to stay within this. */
#define CHUNK_LONG_US  100000
#define CHUNK_SHORT_US 25000
#define PROGRESS_EVERY 100000 /* tags */

enum {
    CHUNK_FIRST = 100, /* tags; how much stands under one is not known beforehand */
    CHUNK_LEAST = 10,
    TRIES = 5, /* of a step that found the head locked; each waits for it as long as lock_timeout says */
    TRY_AGAIN_MS = 200
};

/* One controller's rotation, from its key state to that key. */
struct rotation {
    PGconn *pg;
    const struct key_state *state;
    uint8_t number; /* of the key to be in force */
    struct tagger *tagger;
    size_t chunk; /* tags */
    uint64_t moved;
    struct rotate_tags_job page;
    struct tag fresh[ROTATE_TAGS_MAX];
};

/* Each step may be taken again: what was done already is passed over. Returns 0, or 1 with the reason on
 * stderr. */
static int step_run(PGconn *pg, struct job *job)
{
    enum error outcome = job_run_blocking(pg, job);
    for (int i = 1; i < TRIES && outcome == ERROR_UNAVAILABLE && PQstatus(pg) == CONNECTION_OK; i++) {
        usleep(TRY_AGAIN_MS * 1000);
        outcome = job_run_blocking(pg, job);
    }
    if (outcome == ERROR_NONE)
        return 0;
    return command_failed(
        "rotate", outcome == ERROR_UNAVAILABLE
                      ? "the database cannot be reached or is busy: run it again, it goes on where it stopped"
                      : error_title(outcome));
}

static int page_wrap(struct rotation *r)
{
    for (size_t i = 0; i < r->page.count; i++) {
        const struct tag *old = &r->page.tags[i];
        if (old->bytes[0] >= r->number)
            return command_failed("rotate",
                                  "another rotation of this controller began meanwhile: run it again");
        if (tagger_wrap(r->tagger, old, &r->fresh[i]) != 0)
            return command_failed("rotate", "there is a tag made by a key that this controller never had");
    }
    return 0;
}

static void progress_print(const struct rotation *r, size_t count)
{
    if (r->moved / PROGRESS_EVERY == (r->moved - count) / PROGRESS_EVERY)
        return;
    printf("%s: %" PRIu64 " tags moved\n", r->state->key, r->moved);
    fflush(stdout);
}

static void chunk_adapt(struct rotation *r, int64_t took)
{
    if (took > CHUNK_LONG_US && r->chunk / 2 >= CHUNK_LEAST)
        r->chunk /= 2;
    else if (took < CHUNK_SHORT_US && r->chunk * 2 <= ROTATE_TAGS_MAX)
        r->chunk *= 2;
    usleep((useconds_t)took); /* writers get as much of the head's lock as this does */
}

static int page_move(struct rotation *r)
{
    struct rotate_wrap_job wrap;
    if (page_wrap(r) != 0)
        return 1;
    rotate_wrap_job_init(&wrap, r->state->controller_id, r->page.tags, r->fresh, r->page.count);
    int64_t start = clock_monotonic();
    if (step_run(r->pg, &wrap.job) != 0)
        return 1;
    r->moved += r->page.count;
    progress_print(r, r->page.count);
    chunk_adapt(r, clock_monotonic() - start);
    return 0;
}

/* Every tag of an older key, from the lowest up. */
static int tags_pass(struct rotation *r)
{
    struct tag after = {{0}};
    do {
        rotate_tags_job_init(&r->page, r->state->controller_id, &after, r->chunk);
        if (step_run(r->pg, &r->page.job) != 0)
            return 1;
        if (r->page.count == 0)
            return 0;
        after = r->page.tags[r->page.count - 1];
        if (page_move(r) != 0)
            return 1;
    } while (r->page.count == r->page.limit);
    return 0;
}

/* Until a pass has left nothing. Services write no tag of an old key once the rotation has begun, so the
 * first does. */
static int tags_move(struct rotation *r)
{
    for (;;) {
        struct rotate_finish_job finish;
        uint64_t before = r->moved;
        if (tags_pass(r) != 0)
            return 1;
        rotate_finish_job_init(&finish, r->state->controller_id);
        if (step_run(r->pg, &finish.job) != 0)
            return 1;
        if (finish.finished)
            break;
        if (r->moved == before)
            return command_failed("rotate", "tags of an older key are left that no pass finds");
    }
    printf("%s: subject key %d is in force; %" PRIu64 " tags moved\n", r->state->key, r->number, r->moved);
    return 0;
}

static int rotation_run(PGconn *pg, const struct numbered_keys *keys, const struct key_state *state,
                        uint8_t number)
{
    struct tagger *tagger = tagger_create(keys, state->first, number, state->key);
    if (tagger == NULL)
        return command_failed("rotate", "a subject key is missing, or memory ran out");
    struct rotation *r = calloc(1, sizeof *r);
    int rc = 1;
    if (r != NULL) {
        *r = (struct rotation){
            .pg = pg, .state = state, .number = number, .tagger = tagger, .chunk = CHUNK_FIRST};
        rc = tags_move(r);
    } else {
        command_failed("rotate", "memory ran out");
    }
    free(r);
    tagger_destroy(tagger);
    return rc;
}

static int rotation_begin(PGconn *pg, const struct key_state *state, uint8_t number)
{
    struct rotate_begin_job begin;
    rotate_begin_job_init(&begin, state->controller_id, number);
    if (step_run(pg, &begin.job) != 0)
        return 1;
    if (!begin.begun)
        return command_failed("rotate", "another rotation of this controller began meanwhile: run it again");
    return 0;
}

/* First ends what was interrupted, whatever key that was for; then begins with the file's first key. */
static int controller_rotate(PGconn *pg, const struct numbered_keys *keys, const struct key_state *state)
{
    uint8_t number = keys->keys[0].number;
    if (state->oldest < state->last && rotation_run(pg, keys, state, state->last) != 0)
        return 1;

    /* the file's first key is old, in force, or new */
    if (number < state->last) {
        fprintf(stderr,
                "akkoord: rotate: %s: subject key %d is in force; a new one needs a higher number than %d\n",
                state->key, state->last, number);
        return 1;
    }
    if (number == state->last) {
        if (state->oldest == state->last)
            printf("%s: subject key %d is in force already\n", state->key, number);
        return 0;
    }
    return rotation_begin(pg, state, number) != 0 ? 1 : rotation_run(pg, keys, state, number);
}

/* ${cookie}: points to the key of the one controller, or to NULL for all. */
static int controllers_rotate(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    const char *controller = *(const char **)cookie;
    struct key_states_job all;
    key_states_job_init(&all, controller);
    int rc = step_run(pg, &all.job);
    if (rc == 0 && all.broken)
        rc = command_failed("rotate", "memory ran out");
    if (rc == 0 && all.count == 0 && controller != NULL)
        rc = command_failed("rotate", "there is no such controller");
    for (size_t i = 0; i < all.count && rc == 0; i++)
        rc = controller_rotate(pg, keys, &all.states[i]);
    key_states_job_clear(&all);
    return rc;
}

static int rotate(const struct config *config, const struct arguments *args)
{
    const char *controller = arguments_flag(args, "controller");
    return on_database(config, "rotate", controllers_rotate, &controller);
}

static const struct config_flag rotate_flags[] = {
    {"controller", "K", "the key of the one controller to rotate; all where nothing is said"}, {0}};

const struct command rotate_command = {"rotate",
                                       "",
                                       "moves people's tags to the subject key file's first key, online",
                                       rotate_flags,
                                       on_database_options,
                                       rotate};
