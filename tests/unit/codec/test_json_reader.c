/* The bounded JSON reader: what RFC 8259 allows and nothing else, and agreement with jansson. */
#include "golden.h"

#include "codec/json_reader.h"

#include <jansson.h>

static struct wg_json_reader on(const char *text) { return wg_json_reader_on(wg_bytes_str(text)); }

/* Whether the whole text is one value. */
static bool is_json(const char *text, size_t len) {
    struct wg_json_reader r = wg_json_reader_on(wg_bytes_of(text, len));
    return wg_json_skip_value(&r) && wg_json_at_end(&r);
}

static void accepts_and_refuses(void **state) {
    (void)state;
    static const char *const good[] = {
        "{}", "[]", " [ ] ", "null", "true", "false", "0", "-0", "10", "1.5", "1e5", "1E+5", "2e-7",
        "\"\"", "\"\\u0000\\ud83d\\udc1d\\/\"", "[1,2]", "{\"a\":{\"b\":[{}]}}", "\t\r\n1",
        "\"\xc3\xa9\xf0\x9f\x90\x9d\""};
    static const char *const bad[] = {
        "", " ", "{", "[", "]", "}", "{]", "[}", "[1,]", "{,}", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "01", "+1", "1.", ".5", "1e", "1e+", "-", "nul", "nulll", "tru", "fals",
        "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\udc1d\"",
        "\"\\ud83d\\u0041\"", "\"\n\"", "\"\xff\"", "\"\xc3\"", "\"\\", "1 1", "[1]x", "'a'", "NaN"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!is_json(good[i], strlen(good[i]))) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (is_json(bad[i], strlen(bad[i]))) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void depth_is_bounded(void **state) {
    (void)state;
    char text[2 * WG_JSON_MAX_DEPTH + 3];
    for (uint32_t depth = WG_JSON_MAX_DEPTH - 1; depth <= WG_JSON_MAX_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(is_json(text, 2 * depth), depth <= WG_JSON_MAX_DEPTH);
    }
    struct wg_json_reader r = on("[[[[");
    assert_false(wg_json_skip_value(&r));
    assert_int_equal(r.error_at, 4);
}

static void numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t number;
    } cases[] = {{"0", true, 0}, {"-1", true, -1}, {"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN}, {"9223372036854775808", false, 0},
                 {"-9223372036854775809", false, 0}, {"99999999999999999999", false, 0},
                 {"1.0", false, 0}, {"1e2", false, 0}, {"\"1\"", false, 0}, {"-", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wg_json_reader r = on(cases[i].text);
        int64_t number = 77;
        assert_int_equal(wg_json_int64(&r, &number), cases[i].good);
        assert_true(number == (cases[i].good ? cases[i].number : 77));
        assert_int_equal(r.error == NULL, cases[i].good);
    }
}

static void kinds_and_errors_stick(void **state) {
    (void)state;
    struct wg_json_reader r = on(" x");
    bool value;
    int64_t number;
    struct wg_bytes raw;
    assert_int_equal(wg_json_peek(&r), WG_JSON_NONE);
    assert_false(wg_json_bool(&r, &value));
    assert_string_equal(r.error, "must be true or false");
    assert_int_equal(r.error_at, 1);
    assert_false(wg_json_null(&r));
    assert_false(wg_json_int64(&r, &number));
    assert_false(wg_json_raw_string(&r, &raw));
    assert_false(wg_json_open_object(&r));
    assert_false(wg_json_open_array(&r));
    assert_false(wg_json_skip_value(&r));
    assert_false(wg_json_at_end(&r));
    assert_string_equal(r.error, "must be true or false"); /* the first one */
    r = on("true null");
    assert_int_equal(wg_json_peek(&r), WG_JSON_BOOL);
    assert_true(wg_json_bool(&r, &value) && value);
    assert_int_equal(wg_json_peek(&r), WG_JSON_NULL);
    assert_true(wg_json_null(&r) && wg_json_at_end(&r));
    assert_int_equal(wg_json_peek(&r), WG_JSON_NONE);
}

static void walks_objects(void **state) {
    (void)state;
    struct wg_json_reader r = on("{\"\\u0061\":[1,2,3],\"b\":\"x\\ny\"}");
    struct wg_bytes key, raw;
    uint8_t memory[8];
    int64_t number;
    bool first = true;
    bool inner = true;
    assert_true(wg_json_open_object(&r));
    assert_true(wg_json_next_member(&r, &first, &key));
    assert_true(wg_json_raw_is(key, "a"));
    assert_false(wg_json_raw_is(key, "ab"));
    assert_false(wg_json_raw_is(key, ""));
    assert_true(wg_json_open_array(&r));
    for (int64_t i = 1; i <= 3; i++) {
        assert_true(wg_json_next_element(&r, &inner) && wg_json_int64(&r, &number));
        assert_int_equal(number, i);
    }
    assert_false(wg_json_next_element(&r, &inner));
    assert_true(wg_json_next_member(&r, &first, &key) && wg_json_raw_is(key, "b"));
    assert_true(wg_json_raw_string(&r, &raw));
    assert_int_equal(raw.len, 4);
    assert_int_equal(wg_json_unescape(raw, memory), 3);
    assert_memory_equal(memory, "x\ny", 3);
    assert_false(wg_json_next_member(&r, &first, &key));
    assert_true(wg_json_at_end(&r));
}

static void unescapes_everything(void **state) {
    (void)state;
    struct wg_json_reader r =
        on("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u2603\\uD83D\\uDC1d\xc3\xa9\"");
    static const char expected[] = "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x98\x83\xf0\x9f\x90\x9d\xc3\xa9";
    struct wg_bytes raw;
    uint8_t memory[80];
    assert_true(wg_json_raw_string(&r, &raw));
    uint32_t len = wg_json_unescape(raw, memory);
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(memory, expected, len);
    assert_true(wg_json_raw_is(raw, expected));
}

/* Random texts of JSON's own letters: both readers say the same, but for numbers that jansson's
 * types cannot hold. */
static void agrees_with_jansson(void **state) {
    (void)state;
    static const char letters[] = "{}[]\",:0123456789.eE+-truefalsnl \\u\xc3\xa9";
    uint64_t random = 11;
    uint32_t accepted = 0;
    for (uint32_t i = 0; i < 400000; i++) {
        char text[12];
        size_t len = 1 + test_random(&random) % sizeof text;
        for (size_t at = 0; at < len; at++) {
            text[at] = letters[test_random(&random) % (sizeof letters - 1)];
        }
        json_error_t error;
        json_t *tree = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        bool ours = is_json(text, len);
        if (ours != (tree != NULL) && json_error_code(&error) != json_error_numeric_overflow) {
            fail_msg("%.*s: %s", (int)len, text, ours ? error.text : "accepted by jansson alone");
        }
        accepted += ours;
        json_decref(tree);
    }
    assert_true(accepted > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_and_refuses),    cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(numbers),                cmocka_unit_test(kinds_and_errors_stick),
        cmocka_unit_test(walks_objects),          cmocka_unit_test(unescapes_everything),
        cmocka_unit_test(agrees_with_jansson)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
