/* Journal frames and segment descriptors against the golden vectors, and against damage. */
#include "golden.h"

#include "base/crc32c.h"
#include "codec/frame.h"

static void application_frame(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct golden frame = golden_of(GOLDEN_F);
    struct golden batch = golden_of(GOLDEN_E);
    struct wg_buf *buf = wg_frame_encode(env, 2, 1, 0, 3, 3, golden_bytes(&batch));
    assert_golden(wg_bytes_of(buf->bytes, buf->len), &frame);
    assert_true((buf->marks & WG_BUF_CHECKSUM_OK) != 0);

    struct wg_frame parts;
    assert_int_equal(wg_frame_decode(golden_bytes(&frame), true, &parts), WG_OK);
    assert_int_equal(parts.index, 2);
    assert_int_equal(parts.asqn, 3);
    assert_int_equal(parts.checksum, 0x92f6b746u);
    assert_int_equal(parts.term, 1);
    assert_int_equal(parts.kind, 0);
    assert_int_equal(parts.lowest, 3);
    assert_int_equal(parts.highest, 3);
    assert_int_equal(parts.total, frame.len);
    assert_golden(wg_bytes_of(frame.bytes + parts.data_offset, parts.data_len), &batch);
    wg_buf_unref(buf);
    test_env_free(env);
}

static void initial_frame(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct golden frame = golden_of(GOLDEN_G);
    struct wg_buf *buf = wg_frame_encode(env, 1, 1, 2, -1, -1, wg_bytes_of(NULL, 0));
    assert_golden(wg_bytes_of(buf->bytes, buf->len), &frame);
    struct wg_frame parts;
    assert_int_equal(wg_frame_decode(golden_bytes(&frame), true, &parts), WG_OK);
    assert_int_equal(parts.kind, 2);
    assert_int_equal(parts.asqn, -1);
    assert_int_equal(parts.lowest, WG_POSITION_NONE);
    assert_int_equal(parts.data_len, 0);
    wg_buf_unref(buf);
    test_env_free(env);
}

static void configuration_frame_and_more_bytes_behind(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct wg_buf *buf = wg_frame_encode(env, 9, 4, 1, -1, -1, wg_bytes_str("members"));
    uint8_t bytes[200] = {0};
    memcpy(bytes, buf->bytes, buf->len);
    struct wg_frame parts;
    assert_int_equal(wg_frame_decode(wg_bytes_of(bytes, sizeof bytes), true, &parts), WG_OK);
    assert_int_equal(parts.total, buf->len);
    assert_int_equal(parts.kind, 1);
    assert_text(wg_bytes_of(bytes + parts.data_offset, parts.data_len), "members");
    assert_int_equal(wg_frame_decode(wg_bytes_of(bytes + buf->len, 10), true, &parts),
                     WG_NOT_FOUND);
    wg_buf_unref(buf);
    test_env_free(env);
}

static void truncated_frames(void **state) {
    (void)state;
    struct golden frame = golden_of(GOLDEN_F);
    for (uint32_t len = 0; len < frame.len; len++) {
        uint8_t *copy = exact_copy(frame.bytes, len);
        struct wg_frame parts;
        assert_int_equal(wg_frame_decode(wg_bytes_of(copy, len), true, &parts), WG_TRUNCATED);
        free(copy);
    }
}

/* A changed bit in the covered bytes is found; anywhere it must not read out of bounds. */
static void flipped_frames(void **state) {
    (void)state;
    struct golden frame = golden_of(GOLDEN_F);
    for (uint32_t bit = 0; bit < 8 * frame.len; bit++) {
        uint8_t *copy = exact_copy(frame.bytes, frame.len);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        struct wg_frame parts;
        wg_status status = wg_frame_decode(wg_bytes_of(copy, frame.len), true, &parts);
        if (bit / 8 >= 21) {
            assert_int_equal(status, WG_CORRUPT);
        }
        status = wg_frame_decode(wg_bytes_of(copy, frame.len), false, &parts);
        if (status == WG_OK) {
            assert_true(parts.data_offset + parts.data_len <= frame.len);
        }
        free(copy);
    }
}

static void segment_descriptor(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_H);
    struct wg_segment_descriptor descriptor = {.id = 1, .index = 1, .max_bytes = 134217728};
    uint8_t out[WG_SEGMENT_DESCRIPTOR_BYTES];
    wg_segment_descriptor_encode(&descriptor, out);
    assert_golden(wg_bytes_of(out, sizeof out), &golden);

    descriptor.last_index = 77;
    descriptor.last_position = 4711;
    wg_segment_descriptor_encode(&descriptor, out);
    struct wg_segment_descriptor got;
    uint32_t used;
    assert_int_equal(wg_segment_descriptor_decode(wg_bytes_of(out, sizeof out), &got, &used),
                     WG_OK);
    assert_int_equal(used, 57);
    assert_int_equal(got.id, 1);
    assert_int_equal(got.index, 1);
    assert_int_equal(got.max_bytes, 134217728);
    assert_int_equal(got.last_index, 77);
    assert_int_equal(got.last_position, 4711);
}

static void older_segment_descriptor(void **state) {
    (void)state;
    struct golden golden = golden_of("02080004000700020000000000000000001400030007000100"
                                     "030000000000000009000000000000000000"
                                     "1000");
    assert_int_equal(golden.len, 45);
    uint32_t crc = wg_crc32c(0, golden.bytes + 17, 28);
    wg_store_le(golden.bytes + 9, crc, 8);
    struct wg_segment_descriptor got;
    uint32_t used;
    assert_int_equal(wg_segment_descriptor_decode(golden_bytes(&golden), &got, &used), WG_OK);
    assert_int_equal(used, 45);
    assert_int_equal(got.id, 3);
    assert_int_equal(got.index, 9);
    assert_int_equal(got.max_bytes, 0x100000);
    assert_int_equal(got.last_index, 0);
}

static void damaged_descriptors(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_H);
    struct wg_segment_descriptor got;
    uint32_t used;
    for (uint32_t len = 0; len < golden.len; len++) {
        uint8_t *copy = exact_copy(golden.bytes, len);
        assert_int_equal(wg_segment_descriptor_decode(wg_bytes_of(copy, len), &got, &used),
                         WG_TRUNCATED);
        free(copy);
    }
    for (uint32_t bit = 0; bit < 8 * golden.len; bit++) {
        struct golden damaged = golden;
        damaged.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        wg_status status = wg_segment_descriptor_decode(golden_bytes(&damaged), &got, &used);
        bool version_only = (bit >= 8 && bit < 24) || (bit >= 56 && bit < 72);
        assert_true(status != WG_OK || version_only);
    }
    golden.bytes[0] = 1;
    assert_int_equal(wg_segment_descriptor_decode(golden_bytes(&golden), &got, &used),
                     WG_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(application_frame),
                                       cmocka_unit_test(initial_frame),
                                       cmocka_unit_test(configuration_frame_and_more_bytes_behind),
                                       cmocka_unit_test(truncated_frames),
                                       cmocka_unit_test(flipped_frames),
                                       cmocka_unit_test(segment_descriptor),
                                       cmocka_unit_test(older_segment_descriptor),
                                       cmocka_unit_test(damaged_descriptors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
