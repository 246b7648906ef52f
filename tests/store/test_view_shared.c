/* SPDX-License-Identifier: Apache-2.0 */
/* A view that several connections share, against a database of which each moment is remembered: what the view
 * answers of a moment is what was committed then, in whatever order statements are sent, run and come back,
 * while acts are written, connections are opened anew, and the database loses what it had committed. Once
 * with one step at a time, in an order of chance; and once by threads. */
#include "store/view.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    TAGS = 12,
    NUMBERS_MAX = 400, /* of the log, in one life of the database */
    LIVES = 400,       /* it begins another where it loses something */
    ASKERS = 6,
    STATEMENTS = 80000, /* of all of them */
    LOOKS = 3,          /* tags of one statement */
    CONTROLLER = 7,
    VIEW_BYTES = 10000
};

static const struct purpose_set sets[] = {{.count = 2, .numbers = {1, 2}}, {.count = 1, .numbers = {3}}};

/* ---- the database ---- */

/* What stood under each tag at each number, in each life; and which tag each number touched. */
static struct life {
    uint32_t value[NUMBERS_MAX][TAGS];
    uint32_t touched[NUMBERS_MAX];
    int newest;
    char history[DATABASE_HISTORY_SIZE];
} lives[LIVES];
static int life; /* the one that new connections see */
static pthread_mutex_t database = PTHREAD_MUTEX_INITIALIZER;

static struct view *view;
static atomic_int statements, answered, wrong, moved_on, lost, stayed;

struct chance {
    uint64_t x;
};

static uint32_t below(struct chance *c, uint32_t n)
{
    c->x ^= c->x << 13;
    c->x ^= c->x >> 7;
    c->x ^= c->x << 17;
    return (uint32_t)((c->x >> 11) % n);
}

static struct tag tag_of(uint32_t n)
{
    struct tag tag = {{1}};
    uint32_t mark = (n / 2 + 1) * 2654435761U; /* two tags have one mark */
    memcpy(tag.bytes + 1, &mark, sizeof mark);
    tag.bytes[TAG_SIZE - 1] = (uint8_t)n;
    return tag;
}

/* Nothing, or up to four states, that say of which value they are. */
static size_t states_of(uint32_t value, size_t set, struct state ret[VIEW_STATES_MAX])
{
    size_t count = (value + set) % (VIEW_STATES_MAX + 1);
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct state){.revision = value, .purpose = (int32_t)i, .notice_number = (int32_t)set};
    return count;
}

static void act_write(struct chance *c)
{
    pthread_mutex_lock(&database);
    struct life *l = &lives[life];
    if (l->newest + 1 < NUMBERS_MAX) {
        int no = l->newest + 1;
        uint32_t n = below(c, TAGS);
        memcpy(l->value[no], l->value[no - 1], sizeof l->value[no]);
        l->value[no][n] = below(c, 1000000);
        l->touched[no] = n;
        l->newest = no;
    }
    pthread_mutex_unlock(&database);
}

/* Another life begins at a moment before, as after a failover that lost something; or where the same server
 * was killed, under the same name. Either way connections end. */
static void database_loses(struct chance *c, bool same_name)
{
    pthread_mutex_lock(&database);
    if (life + 1 < LIVES) {
        const struct life *from = &lives[life];
        struct life *to = &lives[life + 1];
        *to = *from;
        to->newest = from->newest > 5 ? from->newest - (int)below(c, 5) : from->newest;
        if (!same_name)
            snprintf(to->history, sizeof to->history, "server %d", life + 1);
        life++;
    }
    pthread_mutex_unlock(&database);
}

/* ---- who asks it ---- */

struct look {
    uint32_t n;
    size_t set;
    bool held;
};

struct asker {
    pthread_t id;
    struct chance chance;
    struct view_link link;
    int life; /* of the connection */

    /* its statement */
    enum { IDLE, SENT, RAN } step;
    struct look looks[LOOKS];
    struct view_moment at;
    int64_t stood;
    struct touched rows[TOUCHED_ROWS_MAX];
    uint32_t marks[TOUCHED_ROWS_MAX];
    size_t count;
};

static void asker_connect(struct asker *a)
{
    a->step = IDLE;
    view_close(&a->link);
    pthread_mutex_lock(&database);
    a->life = life;
    pthread_mutex_unlock(&database);
    view_open(&a->link, lives[a->life].history);
}

/* What a statement returns of the log; the database is locked. */
static size_t rows_take(struct asker *a, const struct life *l, int64_t stood)
{
    size_t count = 0;
    for (int64_t no = stood; no > 0 && no <= l->newest && count < TOUCHED_ROWS_MAX; no++, count++) {
        struct tag tag = tag_of(l->touched[no]);
        memcpy(&a->marks[count], tag.bytes + 1, TAG_MARK_SIZE);
        a->rows[count] =
            (struct touched){.no = no, .marks = (const char *)&a->marks[count], .len = TAG_MARK_SIZE};
    }
    return count;
}

/* Whether the connection still is: to a server that another took over from it may go on for a while, beside
 * that one; where the server was killed it is gone. */
static bool connection_lives(struct asker *a)
{
    if (a->life == life)
        return true;
    bool was_killed = strcmp(lives[a->life].history, lives[a->life + 1].history) == 0;
    bool stays = !was_killed && below(&a->chance, 8) > 0;
    stayed += stays;
    return stays;
}

static void look_answer(const struct look *k, const struct view_moment *at, uint32_t value)
{
    struct tag tag = tag_of(k->n);
    struct state is[VIEW_STATES_MAX], told[VIEW_STATES_MAX];
    size_t count = states_of(value, k->set, is);
    if (!k->held) {
        view_put(view, at, &sets[k->set], &tag, is, count);
        return;
    }
    int got = view_get(view, at, &sets[k->set], &tag, told);
    if (got < 0) {
        moved_on++;
        return;
    }
    answered++;
    bool same = (size_t)got == count;
    for (size_t i = 0; same && i < count; i++)
        same = told[i].revision == is[i].revision && told[i].notice_number == is[i].notice_number;
    wrong += !same;
}

/* With what is held. */
static void asker_sends(struct asker *a)
{
    a->at = (struct view_moment){.epoch = view_epoch(&a->link), .controller_id = CONTROLLER};
    for (size_t i = 0; i < LOOKS; i++) {
        struct look *k = &a->looks[i];
        *k = (struct look){.n = below(&a->chance, TAGS), .set = below(&a->chance, 2)};
        struct tag tag = tag_of(k->n);
        k->held = view_has(view, a->at.epoch, CONTROLLER, &sets[k->set], &tag);
    }
    a->stood = view_stands(view, CONTROLLER);
    a->step = SENT;
}

static void asker_runs(struct asker *a)
{
    pthread_mutex_lock(&database);
    bool lives_on = connection_lives(a);
    if (lives_on) {
        a->at.number = lives[a->life].newest;
        a->count = a->stood == VIEW_NOTHING ? 0 : rows_take(a, &lives[a->life], a->stood);
        a->step = RAN;
    }
    pthread_mutex_unlock(&database);
    if (!lives_on) {
        lost++;
        asker_connect(a);
    }
}

static void asker_takes(struct asker *a)
{
    view_advance(view, a->at.epoch, CONTROLLER, a->stood, a->at.number, a->rows, a->count);
    for (size_t i = 0; i < LOOKS; i++)
        look_answer(&a->looks[i], &a->at, lives[a->life].value[a->at.number][a->looks[i].n]);
    a->step = IDLE;
}

/* Whatever may happen beside, and one step of its statement. Returns false when there were enough. */
static bool asker_step(struct asker *a)
{
    if (below(&a->chance, 8) == 0)
        act_write(&a->chance);
    if (a->step == IDLE) {
        int n = statements++;
        if (n >= STATEMENTS)
            return false;
        if (n % (STATEMENTS / LIVES) == 0)
            database_loses(&a->chance, below(&a->chance, 2) == 0);
        if (below(&a->chance, 2000) == 0)
            asker_connect(a);
        asker_sends(a);
    } else if (a->step == SENT) {
        asker_runs(a);
    } else {
        asker_takes(a);
    }
    return true;
}

/* ---- the tests ---- */

static struct asker askers[ASKERS];

static void begin(void)
{
    lives[0].newest = 1;
    snprintf(lives[0].history, sizeof lives[0].history, "server 0");
    view = view_create(VIEW_BYTES);
    cr_assert_not_null(view);
    for (size_t i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){.chance = {88172645463325252U + i}, .link = {.view = view}};
}

static void end(void)
{
    view_check(view);
    view_destroy(view);
    cr_assert_eq(wrong, 0, "%d of %d were not what was committed", wrong, answered);
    cr_assert(answered > STATEMENTS / 20 && moved_on > 0 && lost > LIVES / 2 && stayed > 0,
              "%d answered, %d moved on, %d lost, %d stayed", answered, moved_on, lost, stayed);
}

TestSuite(view_shared, .init = begin, .timeout = 600);

static uint32_t one_of(struct chance *c, uint32_t among)
{
    uint32_t n = below(c, ASKERS);
    while ((among >> n & 1) == 0)
        n = below(c, ASKERS);
    return n;
}

/* Some of them sleep meanwhile. */
Test(view_shared, one_step_at_a_time)
{
    struct chance c = {362436069};
    for (size_t i = 0; i < ASKERS; i++)
        asker_connect(&askers[i]);
    uint32_t awake = 1;
    do {
        if (below(&c, 100) == 0)
            awake = 1 + below(&c, (1 << ASKERS) - 1);
    } while (asker_step(&askers[one_of(&c, awake)]));
    end();
}

static void *asker_run(void *cookie)
{
    struct asker *a = cookie;
    asker_connect(a);
    while (asker_step(a)) {
    }
    return NULL;
}

Test(view_shared, by_threads)
{
    for (size_t i = 0; i < ASKERS; i++)
        cr_assert_eq(pthread_create(&askers[i].id, NULL, asker_run, &askers[i]), 0);
    for (size_t i = 0; i < ASKERS; i++)
        pthread_join(askers[i].id, NULL);
    end();
}

/* It was sent over a connection that may be to what is no longer so. */
Test(view_shared, what_was_sent_before_another_connection_was_opened_says_nothing)
{
    struct view_link a = {.view = view}, b = {.view = view};
    struct touched rows[] = {{.no = 5, .marks = ""}, {.no = 6, .marks = ""}};
    view_open(&a, "server 0");
    uint64_t before = view_epoch(&a);
    view_advance(view, before, CONTROLLER, VIEW_NOTHING, 5, NULL, 0);
    view_open(&b, "server 0");
    cr_assert_eq(view_stands(view, CONTROLLER), VIEW_NOTHING);
    view_advance(view, view_epoch(&b), CONTROLLER, VIEW_NOTHING, 5, NULL, 0);
    view_advance(view, before, CONTROLLER, 5, 6, rows, 2);
    cr_assert_eq(view_stands(view, CONTROLLER), 5);
    view_advance(view, view_epoch(&a), CONTROLLER, 5, 6, rows, 2);
    cr_assert_eq(view_stands(view, CONTROLLER), 6, "the same server answers");
    view_destroy(view);
}

/* More controllers than there may be: all begin anew. */
Test(view_shared, too_many_controllers_begin_anew)
{
    struct view_link link = {.view = view};
    view_open(&link, "server 0");
    int32_t n = 1;
    for (; n == 1 || view_stands(view, 1) != VIEW_NOTHING; n++)
        view_advance(view, view_epoch(&link), n, VIEW_NOTHING, 5, NULL, 0);
    cr_assert_gt(n, 4096);
    view_advance(view, view_epoch(&link), 1, VIEW_NOTHING, 6, NULL, 0);
    cr_assert_eq(view_stands(view, 1), 6);
    view_check(view);
    view_destroy(view);
}
