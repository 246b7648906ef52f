/* SPDX-License-Identifier: Apache-2.0 */
/* bench_load: an HTTP/2 client (prior knowledge, clear text) that keeps N connections with M requests each
 * in flight and measures. It exists because h2load sends one body over and over: a check of always the same
 * person says nothing of a million, and a record of always the same one is no ledger. On the constant
 * answer the two can be compared. */
#include "client.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char usage[] =
    "usage: bench_load --port PORT --path PATH --body TEMPLATE|--bodies FILE [OPTION...]\n"
    "A further --path begins another kind of request; the first seven are of the kind they follow.\n"
    "  --share N            so many of this kind beside the others' (1)\n"
    "  --body TEMPLATE      its %d or %09d is the number of a subject\n"
    "  --bodies FILE        a line each, in turn, instead\n"
    "  --first N            the first subject (0)\n"
    "  --range N            so many subjects, over and over (0: without end)\n"
    "  --random             in random order\n"
    "  --array N            N objects a request, as a JSON array\n"
    "  --connections N      (8)\n"
    "  --streams N          requests in flight on a connection (32)\n"
    "  --threads N          (1)\n"
    "  --seconds S          the longest it asks (60)\n"
    "  --count N            requests in all (0: until the time is up)\n"
    "  --token TOKEN        sent as a bearer token\n"
    "  --content-type TYPE  (application/json)\n"
    "  --origin ORIGIN      of the page that asks\n"
    "On 127.0.0.1. Prints one line of NAME=VALUE; rate counts answers 2xx, "
    "status_NNN all answers, those that came after\n"
    "the time was up too.\n";

struct run {
    struct client_plan plan;
    unsigned port, connections, threads, seconds;
    char authority[32];
    char authorization[4096];
};

struct worker {
    pthread_t thread;
    const struct client_plan *plan;
    unsigned connections;
    bool good;
    struct client_result result;
};

static _Noreturn void usage_die(void)
{
    fputs(usage, stderr);
    exit(2);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
    char *end;
    uint64_t n = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0' || n < least || n > most) {
        fprintf(stderr, "bench_load: not a number from %ju to %ju: %s\n", (uintmax_t)least, (uintmax_t)most,
                text);
        exit(2);
    }
    return n;
}

/* Whether it is an option of one kind of requests. */
static bool kind_option_take(struct client_plan *plan, int option, const char *value)
{
    if (option == 'u' && plan->kind_count == KINDS_MAX)
        usage_die();
    if (option == 'u')
        plan->kinds[plan->kind_count++] = (struct kind){.path = value, .share = 1};
    struct kind *kind = &plan->kinds[plan->kind_count > 0 ? plan->kind_count - 1 : 0];
    struct body_plan *body = &kind->body;
    switch (option) {
    case 'u':
        return true;
    case 'b':
        body->template = value;
        return true;
    case 'L':
        if (!body_plan_lines(body, value))
            usage_die();
        return true;
    case 'S':
        kind->share = (unsigned)number(value, 1, 1000);
        return true;
    case 'f':
        body->first = number(value, 0, UINT64_MAX);
        return true;
    case 'r':
        body->range = number(value, 0, UINT64_MAX);
        return true;
    case 'R':
        body->random = true;
        return true;
    case 'a':
        body->array = (unsigned)number(value, 1, 1000);
        return true;
    default:
        return false;
    }
}

static void option_take(struct run *run, int option, const char *value)
{
    if (kind_option_take(&run->plan, option, value))
        return;
    switch (option) {
    case 'p':
        run->port = (unsigned)number(value, 1, UINT16_MAX);
        break;
    case 'c':
        run->connections = (unsigned)number(value, 1, 10000);
        break;
    case 'm':
        run->plan.streams = (unsigned)number(value, 1, 1000);
        break;
    case 't':
        run->threads = (unsigned)number(value, 1, 64);
        break;
    case 's':
        run->seconds = (unsigned)number(value, 1, 3600);
        break;
    case 'n':
        run->plan.count = number(value, 1, UINT64_MAX);
        break;
    case 'T':
        snprintf(run->authorization, sizeof run->authorization, "Bearer %s", value);
        break;
    case 'C':
        run->plan.content_type = value;
        break;
    case 'O':
        run->plan.origin = value;
        break;
    default:
        usage_die();
    }
}

/* Returns false when a kind lacks something. */
static bool kinds_complete(struct client_plan *plan)
{
    for (unsigned i = 0; i < plan->kind_count; i++) {
        struct body_plan *body = &plan->kinds[i].body;
        if (body->lines == 0 && (body->template == NULL || !body_plan_read(body)))
            return false;
        body->seed = now_ns();
        plan->shares += plan->kinds[i].share;
    }
    return plan->kind_count > 0;
}

static void run_read(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        {"port", 1, NULL, 'p'},    {"path", 1, NULL, 'u'},        {"body", 1, NULL, 'b'},
        {"first", 1, NULL, 'f'},   {"range", 1, NULL, 'r'},       {"random", 0, NULL, 'R'},
        {"array", 1, NULL, 'a'},   {"connections", 1, NULL, 'c'}, {"streams", 1, NULL, 'm'},
        {"threads", 1, NULL, 't'}, {"seconds", 1, NULL, 's'},     {"count", 1, NULL, 'n'},
        {"share", 1, NULL, 'S'},   {"token", 1, NULL, 'T'},       {"content-type", 1, NULL, 'C'},
        {"bodies", 1, NULL, 'L'},  {"origin", 1, NULL, 'O'},      {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        option_take(run, option, optarg);
    struct client_plan *plan = &run->plan;
    if (optind != argc || run->port == 0 || !kinds_complete(plan))
        usage_die();
    snprintf(run->authority, sizeof run->authority, "127.0.0.1:%u", run->port);
    plan->authority = run->authority;
    plan->authorization = run->authorization[0] != '\0' ? run->authorization : NULL;
    plan->address = (struct sockaddr_in){.sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)run->port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (run->threads > run->connections)
        run->threads = run->connections;
}

static void *work(void *data)
{
    struct worker *w = data;
    w->good = client_run(w->plan, w->connections, &w->result);
    return NULL;
}

static void result_merge(struct client_result *into, const struct client_result *from)
{
    into->in_time += from->in_time;
    into->lost += from->lost;
    into->reconnects += from->reconnects;
    if (from->last_ns > into->last_ns)
        into->last_ns = from->last_ns;
    for (unsigned i = 0; i < STATUS_MAX; i++)
        into->status[i] += from->status[i];
    latency_merge(&into->latency, &from->latency);
}

/* All threads but the first are new; the first is the caller's. */
static bool run_work(struct run *run, struct client_result *sum)
{
    struct worker *workers = calloc(run->threads, sizeof *workers);
    bool good = workers != NULL;
    for (unsigned i = 0; good && i < run->threads; i++) {
        workers[i].plan = &run->plan;
        workers[i].connections = (run->connections + run->threads - 1 - i) / run->threads;
        good = i == 0 || pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    }
    if (!good)
        return false;
    work(&workers[0]);
    for (unsigned i = 0; i < run->threads; i++) {
        if (i > 0)
            pthread_join(workers[i].thread, NULL);
        good = good && workers[i].good;
        result_merge(sum, &workers[i].result);
    }
    free(workers);
    return good;
}

static double cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return 1e6 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void result_print(const struct run *run, const struct client_result *r)
{
    uint64_t end = run->plan.count == 0 ? run->plan.stop_ns : r->last_ns;
    double seconds = r->last_ns == 0 ? 0 : (double)(end - run->plan.start_ns) / 1e9;
    uint64_t answers = r->latency.count;
    printf("rate=%.0f seconds=%.3f answers=%ju lost=%ju reconnects=%ju p50_us=%ju p99_us=%ju p999_us=%ju "
           "client_cpu_us=%.2f",
           seconds > 0 ? (double)r->in_time / seconds : 0, seconds, (uintmax_t)answers, (uintmax_t)r->lost,
           (uintmax_t)r->reconnects, (uintmax_t)(latency_quantile(&r->latency, 0.5) / 1000),
           (uintmax_t)(latency_quantile(&r->latency, 0.99) / 1000),
           (uintmax_t)(latency_quantile(&r->latency, 0.999) / 1000),
           answers > 0 ? cpu_us() / (double)answers : 0);
    for (unsigned i = 0; i < STATUS_MAX; i++)
        if (r->status[i] > 0)
            printf(" status_%u=%ju", i, (uintmax_t)r->status[i]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    static struct client_result sum;
    _Atomic uint64_t next = 0;
    struct run run = {.plan = {.content_type = "application/json", .streams = 32, .next = &next},
                      .connections = 8,
                      .threads = 1,
                      .seconds = 60};
    signal(SIGPIPE, SIG_IGN);
    run_read(&run, argc, argv);
    run.plan.start_ns = now_ns();
    run.plan.stop_ns = run.plan.start_ns + run.seconds * UINT64_C(1000000000);
    if (!run_work(&run, &sum))
        return EXIT_FAILURE;
    result_print(&run, &sum);
    return sum.in_time > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
