/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON filter gives what jansson gives when its tree is masked string by string. */
#include "mask_input.h"

#include <jansson.h>

/* A masked copy; ${ret_clash} is set when two keys of an object become equal. */
static json_t *tree_mask(json_t *value, struct mask_prefixes prefixes, bool *ret_clash);

static char *string_mask(const char *text, size_t len, struct mask_prefixes prefixes, size_t *ret_len)
{
    char *out = room_make(len);
    *ret_len = mask_text(text, len, prefixes, out);
    out[*ret_len] = '\0'; /* mask_room has more than the twofold */
    return out;
}

static json_t *object_mask(json_t *value, struct mask_prefixes prefixes, bool *ret_clash)
{
    json_t *copy = json_object(), *member;
    const char *key;
    json_object_foreach(value, key, member)
    {
        size_t len;
        char *masked = string_mask(key, strlen(key), prefixes, &len);
        *ret_clash |= json_object_get(copy, masked) != NULL;
        json_object_set_new(copy, masked, tree_mask(member, prefixes, ret_clash));
        free(masked);
    }
    return copy;
}

/* An array of bytes as the text it is, masked; NULL when it is none. */
static json_t *bytes_mask(json_t *array, struct mask_prefixes prefixes)
{
    char *text = malloc(json_array_size(array) + 1);
    size_t i, len;
    json_t *element, *copy = json_array();
    REQUIRE(text != NULL);
    json_array_foreach(array, i, element)
    {
        if (!json_is_integer(element) || json_integer_value(element) < 0 ||
            json_integer_value(element) > 255) {
            free(text);
            json_decref(copy);
            return NULL;
        }
        text[i] = (char)json_integer_value(element);
    }
    char *masked = string_mask(text, json_array_size(array), prefixes, &len);
    for (i = 0; i < len; i++)
        json_array_append_new(copy, json_integer((unsigned char)masked[i]));
    free(masked);
    free(text);
    return copy;
}

static json_t *tree_mask(json_t *value, struct mask_prefixes prefixes, bool *ret_clash)
{
    if (json_is_object(value))
        return object_mask(value, prefixes, ret_clash);
    if (json_is_array(value)) {
        json_t *copy = bytes_mask(value, prefixes), *element;
        if (copy != NULL)
            return copy;
        copy = json_array();
        size_t i;
        json_array_foreach(value, i, element)
            json_array_append_new(copy, tree_mask(element, prefixes, ret_clash));
        return copy;
    }
    if (json_is_string(value)) {
        size_t len;
        char *masked = string_mask(json_string_value(value), json_string_length(value), prefixes, &len);
        json_t *copy = json_stringn(masked, len);
        free(masked);
        return copy;
    }
    return json_incref(value);
}

static void compare(const struct mask_input *in, enum mask_json_fault fault, const char *out, size_t len)
{
    json_error_t error;
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *tree = json_loadb(in->text, in->len, flags, &error);
    if (tree == NULL) { /* it refuses numbers that a double cannot hold; the filter keeps them as they are */
        REQUIRE(fault != MASK_JSON_OK || json_error_code(&error) == json_error_numeric_overflow);
        return;
    }
    bool clash = false;
    json_t *want = tree_mask(tree, in->prefixes, &clash);
    if (fault != MASK_JSON_OK) {
        REQUIRE(fault == MASK_JSON_DEEP || fault == MASK_JSON_WIDE ||
                (fault == MASK_JSON_EQUAL_KEYS && clash));
    } else {
        json_t *got = json_loadb(out, len, flags, &error);
        REQUIRE(!clash && got != NULL && json_equal(want, got));
        json_decref(got);
    }
    json_decref(want);
    json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mask_json scratch;
    struct mask_input in;
    if (!mask_input_read(data, size, &in) || memchr(in.text, '\0', in.len) != NULL)
        return 0; /* jansson overlooks a NUL behind a number */
    if (memmem(in.text, in.len, "-0", 2) != NULL)
        return 0; /* and takes -0 for a byte */
    char *out = room_make(in.len);
    size_t len = 0;
    scratch.prefixes = in.prefixes;
    enum mask_json_fault fault = mask_json(&scratch, in.text, in.len, out, &len);
    compare(&in, fault, out, len);
    if (fault == MASK_JSON_OK && in.prefixes.ipv6 >= MASK_STABLE_PREFIX && !has_sign(&in)) {
        char *twice = room_make(len);
        size_t again;
        REQUIRE(mask_json(&scratch, out, len, twice, &again) == MASK_JSON_OK);
        REQUIRE(again == len && memcmp(out, twice, len) == 0);
        free(twice);
    }
    free(out);
    return 0;
}
