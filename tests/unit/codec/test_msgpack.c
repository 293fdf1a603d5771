/* MessagePack: boundaries of every form, what the reader refuses, skipping, damage. */
#include "golden.h"

#include "codec/msgpack.h"

static void check_int(int64_t number, const char *hex) {
    uint8_t memory[16];
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    wg_mp_write_int(&w, number);
    struct golden golden = golden_of(hex);
    assert_golden(wg_writer_bytes(&w), &golden);
    struct wg_reader r = wg_reader_on(wg_writer_bytes(&w));
    struct wg_mp_token token;
    assert_true(wg_mp_read(&r, &token));
    assert_int_equal(token.kind, WG_MP_INT);
    assert_true(token.number == number);
    assert_int_equal(wg_reader_left(&r), 0);
}

static void golden_integers(void **state) {
    (void)state;
    check_int(0, "00");
    check_int(-1, "ff");
    check_int(127, "7f");
    check_int(128, "cc80");
    check_int(255, "ccff");
    check_int(256, "cd0100");
    check_int(65535, "cdffff");
    check_int(65536, "ce00010000");
    check_int(UINT32_MAX, "ceffffffff");
    check_int((int64_t)1 << 32, "cf0000000100000000");
    check_int(INT64_MAX, "cf7fffffffffffffff");
    check_int(-32, "e0");
    check_int(-33, "d0df");
    check_int(-128, "d080");
    check_int(-129, "d1ff7f");
    check_int(-32768, "d18000");
    check_int(-32769, "d2ffff7fff");
    check_int(INT32_MIN, "d280000000");
    check_int((int64_t)INT32_MIN - 1, "d3ffffffff7fffffff");
    check_int(INT64_MIN, "d38000000000000000");
    check_int(2251799813685249, "cf0008000000000001");
}

static void any_width_is_read(void **state) {
    (void)state;
    static const char *const forms[] = {"05", "cc05", "cd0005", "ce00000005", "cf0000000000000005",
                                        "d005", "d10005", "d200000005", "d30000000000000005"};
    for (uint32_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct golden golden = golden_of(forms[i]);
        struct wg_reader r = wg_reader_on(golden_bytes(&golden));
        struct wg_mp_token token;
        assert_true(wg_mp_read(&r, &token));
        assert_int_equal(token.number, 5);
    }
}

static void refused(void **state) {
    (void)state;
    static const char *const forms[] = {
        "c1", "cf8000000000000000", "dbffffffff61", "c6ffffffff61", "dfffffffff80", "ddffffffff80",
        "de000101", "dc0002c0", "a261", "c90000000401", "d6aabb", "ca0000", "cb00000000000000"};
    for (uint32_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct golden golden = golden_of(forms[i]);
        struct wg_reader r = wg_reader_on(golden_bytes(&golden));
        struct wg_mp_token token;
        assert_false(wg_mp_read(&r, &token));
        assert_true(r.failed);
    }
}

static void lengths(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 31, 32, 255, 256, 65535, 65536};
    static const uint8_t str_heads[] = {1, 1, 2, 2, 3, 3, 5};
    static const uint8_t bin_heads[] = {2, 2, 2, 2, 3, 3, 5};
    uint8_t *payload = calloc(1, 65536);
    uint8_t *memory = malloc(65536 + 8);
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct wg_bytes bytes = wg_bytes_of(payload, sizes[i]);
        struct wg_mp_token token;
        struct wg_writer w = wg_writer_on(memory, 65536 + 8);
        wg_mp_write_str(&w, bytes);
        assert_int_equal(wg_writer_bytes(&w).len, sizes[i] + str_heads[i]);
        struct wg_reader r = wg_reader_on(wg_writer_bytes(&w));
        assert_true(wg_mp_read(&r, &token) && token.kind == WG_MP_STR);
        assert_int_equal(token.bytes.len, sizes[i]);
        w = wg_writer_on(memory, 65536 + 8);
        wg_mp_write_bin(&w, bytes);
        assert_int_equal(wg_writer_bytes(&w).len, sizes[i] + bin_heads[i]);
        r = wg_reader_on(wg_writer_bytes(&w));
        assert_true(wg_mp_read(&r, &token) && token.kind == WG_MP_BIN);
        assert_int_equal(token.bytes.len, sizes[i]);
    }
    free(payload);
    free(memory);
}

static void counts(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 15, 16, 20, 65535, 65536};
    static const char *const maps[] = {"80", "8f", "de0010", "de0014", "deffff", "df00010000"};
    static const char *const arrays[] = {"90", "9f", "dc0010", "dc0014", "dcffff", "dd00010000"};
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t memory[8];
        struct golden golden = golden_of(maps[i]);
        struct wg_writer w = wg_writer_on(memory, sizeof memory);
        wg_mp_write_map(&w, sizes[i]);
        assert_golden(wg_writer_bytes(&w), &golden);
        golden = golden_of(arrays[i]);
        w = wg_writer_on(memory, sizeof memory);
        wg_mp_write_array(&w, sizes[i]);
        assert_golden(wg_writer_bytes(&w), &golden);
    }
}

static void simple_kinds(void **state) {
    (void)state;
    uint8_t memory[8];
    struct golden golden = golden_of("c0c2c3");
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    wg_mp_write_nil(&w);
    wg_mp_write_bool(&w, false);
    wg_mp_write_bool(&w, true);
    assert_golden(wg_writer_bytes(&w), &golden);
    golden = golden_of("ca3fc00000cb3ff8000000000000");
    struct wg_reader r = wg_reader_on(golden_bytes(&golden));
    struct wg_mp_token token;
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(wg_mp_read(&r, &token) && token.kind == WG_MP_FLOAT);
        assert_true(token.real > 1.49 && token.real < 1.51);
    }
}

static void ext_forms(void **state) {
    (void)state;
    static const char *const forms[] = {"d40101", "d5010102", "c7020101ff", "c800010101",
                                        "c90000000101ff", "d80100112233445566778899aabbccddeeff"};
    static const uint32_t payloads[] = {2, 3, 3, 2, 2, 17};
    for (uint32_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct golden golden = golden_of(forms[i]);
        struct wg_reader r = wg_reader_on(golden_bytes(&golden));
        struct wg_mp_token token;
        assert_true(wg_mp_read(&r, &token) && token.kind == WG_MP_EXT);
        assert_int_equal(token.bytes.len, payloads[i]);
        assert_int_equal(wg_reader_left(&r), 0);
    }
}

static void writer_that_is_full(void **state) {
    (void)state;
    uint8_t memory[4];
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    wg_mp_write_int(&w, 65536);
    assert_true(w.failed);
    assert_ptr_equal(w.at, memory);
}

/* {"a": [1, {"b": bin}, nil], "c": "x"} and a byte behind it */
static void skipping(void **state) {
    (void)state;
    struct golden golden = golden_of("82a1619301" "81a162c40100" "c0" "a163a178" "ff");
    for (uint32_t len = 0; len < golden.len; len++) {
        uint8_t *copy = exact_copy(golden.bytes, len);
        struct wg_reader r = {copy, copy + len, false};
        struct wg_bytes raw;
        bool whole = wg_mp_skip(&r, &raw);
        assert_int_equal(whole, len == golden.len - 1);
        if (whole) {
            assert_int_equal(raw.len, len);
        }
        free(copy);
    }
}

static void depth_is_bounded(void **state) {
    (void)state;
    uint8_t nested[200];
    memset(nested, 0x91, sizeof nested);
    struct wg_bytes raw;
    nested[WG_MP_MAX_DEPTH] = 0xc0;
    struct wg_reader r = wg_reader_on(wg_bytes_of(nested, sizeof nested));
    assert_true(wg_mp_skip(&r, &raw));
    assert_int_equal(raw.len, WG_MP_MAX_DEPTH + 1);
    nested[WG_MP_MAX_DEPTH] = 0x91;
    nested[WG_MP_MAX_DEPTH + 1] = 0xc0;
    r = wg_reader_on(wg_bytes_of(nested, sizeof nested));
    assert_false(wg_mp_skip(&r, &raw));
    assert_true(r.failed);
}

static void random_bytes_do_no_harm(void **state) {
    (void)state;
    uint64_t random = 7;
    for (uint32_t round = 0; round < 20000; round++) {
        uint8_t bytes[24];
        uint32_t len = (uint32_t)(test_random(&random) % sizeof bytes);
        for (uint32_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)test_random(&random);
        }
        uint8_t *copy = exact_copy(bytes, len);
        struct wg_reader r = {copy, copy + len, false};
        struct wg_bytes raw;
        while (wg_mp_skip(&r, &raw)) {
            assert_true(raw.len > 0);
        }
        assert_true(r.failed);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_integers), cmocka_unit_test(any_width_is_read),
        cmocka_unit_test(refused),         cmocka_unit_test(lengths),
        cmocka_unit_test(counts),          cmocka_unit_test(simple_kinds),
        cmocka_unit_test(ext_forms),       cmocka_unit_test(writer_that_is_full),
        cmocka_unit_test(skipping),        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(random_bytes_do_no_harm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
