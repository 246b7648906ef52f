/* SPDX-License-Identifier: Apache-2.0 */
#include "store/params.h"
#include "store/sqlstate.h"

#include "base/limits.h"

#include <criterion/criterion.h>
#include <string.h>

static struct params params;
static const char *values[PARAMS_MAX];
static int lengths[PARAMS_MAX], formats[PARAMS_MAX];

static void start(void)
{
    params_init(&params);
}

static void stop(void)
{
    params_free(&params);
}

TestSuite(params, .init = start, .fini = stop);

static void assert_bytes(int n, const char *expected, size_t len)
{
    cr_assert_eq(lengths[n], (int)len, "parameter %d has %d bytes, not %zu", n, lengths[n], len);
    cr_assert_arr_eq(values[n], expected, len);
}

static void finish(void)
{
    cr_assert_not(params_failed(&params));
    params_finish(&params, values, lengths, formats);
}

/* What PostgreSQL's own *_recv functions read: array_recv wants dimensions, whether there are NULLs, the type
 * of the elements, then elements and lower bound of each dimension, then length and bytes of each element. */
Test(params, an_array_has_the_header_and_elements_of_postgresqls_binary_format)
{
    struct param *a = params_array(&params, PARAM_INT4);
    param_int4(a, 7);
    param_int4(a, -2);
    finish();
    assert_bytes(0,
                 "\0\0\0\1"
                 "\0\0\0\0"
                 "\0\0\0\27"
                 "\0\0\0\2"
                 "\0\0\0\1"
                 "\0\0\0\4"
                 "\0\0\0\7"
                 "\0\0\0\4"
                 "\377\377\377\376",
                 36);
}

Test(params, a_null_element_is_a_length_of_minus_one_and_is_told_in_the_header)
{
    struct param *a = params_array(&params, PARAM_TEXT);
    param_text(a, "ja");
    param_text(a, NULL);
    finish();
    assert_bytes(0,
                 "\0\0\0\1"
                 "\0\0\0\1"
                 "\0\0\0\31"
                 "\0\0\0\2"
                 "\0\0\0\1"
                 "\0\0\0\2"
                 "ja"
                 "\377\377\377\377",
                 30);
}

Test(params, an_array_of_nulls_alone_is_trimmed_to_none_and_no_other_is)
{
    struct param *nulls = params_array(&params, PARAM_TEXT);
    struct param *empty = params_array(&params, PARAM_TEXT);
    for (int i = 0; i < 2; i++) {
        param_null(nulls);
        param_text(empty, i == 0 ? "" : NULL);
    }
    param_trim(nulls);
    param_trim(empty);
    finish();
    assert_bytes(0, "\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0\0\0\0\0\1", 20);
    assert_bytes(1, "\0\0\0\1\0\0\0\1\0\0\0\31\0\0\0\2\0\0\0\1\0\0\0\0\377\377\377\377", 28);
}

Test(params, an_array_without_elements_is_no_null)
{
    params_array(&params, PARAM_BYTEA);
    finish();
    assert_bytes(0, "\0\0\0\1\0\0\0\0\0\0\0\21\0\0\0\0\0\0\0\1", 20);
}

Test(params, each_type_of_element_has_its_length_and_byte_order)
{
    struct param *a = params_array(&params, PARAM_BOOL);
    param_bool(a, true);
    param_int2(a, 258);
    param_int8(a, INT64_C(0x0102030405060708));
    param_bytes(a, "\0x", 2);
    param_interval(a, (struct duration){.months = 3, .days = 2, .seconds = 1});
    finish();
    static const char elements[] =
        "\0\0\0\1\1"
        "\0\0\0\2\1\2"
        "\0\0\0\10\1\2\3\4\5\6\7\10"
        "\0\0\0\2\0x"
        "\0\0\0\20\0\0\0\0\0\17\102\100\0\0\0\2\0\0\0\3"; /* microseconds, days, months */
    cr_assert_eq(lengths[0], 20 + (int)sizeof elements - 1);
    cr_assert_arr_eq(values[0] + 20, elements, sizeof elements - 1);
}

Test(params, scalars_stand_alone_and_an_empty_one_is_no_null)
{
    params_int4(&params, 1);
    params_int8(&params, -1);
    params_text(&params, "");
    params_text(&params, NULL);
    params_null(&params);
    finish();
    assert_bytes(0, "\0\0\0\1", 4);
    assert_bytes(1, "\377\377\377\377\377\377\377\377", 8);
    cr_assert_not_null(values[2]);
    cr_assert_eq(lengths[2], 0);
    cr_assert_null(values[3]);
    cr_assert_null(values[4]);
    for (int i = 0; i < params.count; i++)
        cr_assert_eq(formats[i], 1, "all are binary");
}

Test(params, clearing_forgets_values_and_their_nulls)
{
    param_null(params_array(&params, PARAM_INT8));
    params_null(&params);
    params_clear(&params);
    struct param *a = params_array(&params, PARAM_INT8);
    param_int8(a, 5);
    params_int4(&params, 6);
    finish();
    cr_assert_eq(params.count, 2);
    assert_bytes(0, "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\1\0\0\0\1\0\0\0\10\0\0\0\0\0\0\0\5", 32);
    assert_bytes(1, "\0\0\0\6", 4);
}

Test(params, a_statement_above_the_ceiling_has_failed_until_it_is_cleared)
{
    static const char megabyte[1024 * 1024];
    struct param *a = params_array(&params, PARAM_BYTEA);
    for (size_t i = 0; i <= STATEMENT_BYTES_MAX / sizeof megabyte; i++)
        param_bytes(a, megabyte, sizeof megabyte);
    cr_assert(params_failed(&params));
    params_clear(&params);
    params_array(&params, PARAM_BYTEA);
    cr_assert_not(params_failed(&params));
}

/* By hand from PostgreSQL's appendix "Error Codes" and the head of sqlstate.h. */
static const struct {
    const char *sqlstate;
    enum fate fate;
} fates[] = {
    {"22P02", FATE_SPLIT},       /* invalid_text_representation: not JSON */
    {"22021", FATE_SPLIT},       /* character_not_in_repertoire */
    {"23505", FATE_SPLIT},       /* unique_violation */
    {"23514", FATE_SPLIT},       /* check_violation */
    {"40001", FATE_RETRY},       /* serialization_failure */
    {"40P01", FATE_RETRY},       /* deadlock_detected */
    {"53100", FATE_UNAVAILABLE}, /* disk_full */
    {"53300", FATE_UNAVAILABLE}, /* too_many_connections */
    {"55P03", FATE_UNAVAILABLE}, /* lock_not_available */
    {"57014", FATE_UNAVAILABLE}, /* query_canceled */
    {"58030", FATE_UNAVAILABLE}, /* io_error */
    {"57P01", FATE_RECONNECT},   /* admin_shutdown */
    {"57P02", FATE_UNKNOWN},     /* crash_shutdown */
    {"57P03", FATE_RECONNECT},   /* cannot_connect_now */
    {"08006", FATE_UNKNOWN},     /* connection_failure */
    {"08P01", FATE_UNKNOWN},     /* protocol_violation: a pooler whose server went */
    {"40003", FATE_UNKNOWN},     /* statement_completion_unknown */
    {"25006", FATE_RECONNECT},   /* read_only_sql_transaction */
    {"25001", FATE_BUG},         /* active_sql_transaction */
    {"42501", FATE_BUG},         /* insufficient_privilege */
    {"42P01", FATE_BUG},         /* undefined_table */
    {"P0001", FATE_BUG},         /* raise_exception: the ledger only grows */
    {"XX000", FATE_BUG},         /* internal_error */
};

Test(sqlstate, each_class_has_its_fate)
{
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++)
        cr_expect_eq(sqlstate_fate(fates[i].sqlstate), fates[i].fate, "%s", fates[i].sqlstate);
}
