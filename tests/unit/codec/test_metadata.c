/* Metadata in every layout that was published, written as each version did and read back: what a
 * version had no place for is null afterwards, everything else survives. */
#include "golden.h"

#include "codec/batch.h"

static const enum wg_metadata_block blocks[] = {
    WG_METADATA_BLOCK_FIRST, WG_METADATA_BLOCK_8_0, WG_METADATA_BLOCK_8_3, WG_METADATA_BLOCK_8_6,
    WG_METADATA_BLOCK_8_8};
enum { BLOCKS = sizeof blocks / sizeof *blocks, ROOM = 256 };

static const uint8_t token[] = "\x82\xa6" "format" "\xa3" "JWT" "\xa8" "authData" "\xa8" "e30.e30.";

static void full_record(struct wg_record *record) {
    wg_record_init(record);
    record->record_type = WG_REJECTION;
    record->request_stream_id = -7;
    record->request_id = 0x8000000000000001u;
    record->protocol_version = 4;
    record->value_type = 200; /* not known here */
    record->intent = 199;
    record->broker_version[0] = 8;
    record->broker_version[1] = 8;
    record->broker_version[2] = -1;
    record->record_version = 65534;
    record->rejection_type = 7;
    record->operation_reference = INT64_MIN;
    record->batch_operation_reference = 4611686018427387904;
    record->rejection_reason = wg_bytes_str("no");
    record->authorization = wg_bytes_of(token, sizeof token - 1);
}

static void every_layout_keeps_what_it_has(void **state) {
    (void)state;
    struct wg_record record, got;
    full_record(&record);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint8_t memory[ROOM];
        struct wg_writer w = wg_writer_on(memory, sizeof memory);
        assert_int_equal(wg_metadata_encode_as(&record, blocks[i], &w), WG_OK);
        assert_int_equal(wg_load_le(memory, 2), blocks[i]);
        assert_int_equal(wg_metadata_decode(wg_writer_bytes(&w), &got), WG_OK);
        assert_int_equal(got.record_type, WG_REJECTION);
        assert_int_equal(got.request_stream_id, -7);
        assert_true(got.request_id == record.request_id);
        assert_int_equal(got.protocol_version, 4);
        assert_int_equal(got.value_type, 200);
        assert_int_equal(got.intent, 199);
        assert_int_equal(got.rejection_type, 7);
        assert_text(got.rejection_reason, "no");
        bool versions = blocks[i] >= WG_METADATA_BLOCK_8_0;
        assert_int_equal(got.broker_version[0], versions ? 8 : 0);
        assert_int_equal(got.broker_version[2], versions ? -1 : 0);
        bool modern = blocks[i] >= WG_METADATA_BLOCK_8_3;
        assert_int_equal(got.record_version, modern ? 65534 : 1);
        assert_int_equal(got.authorization.len, modern ? sizeof token - 1 : 0);
        bool references = blocks[i] >= WG_METADATA_BLOCK_8_6;
        assert_true(got.operation_reference == (references ? INT64_MIN : -1));
        bool batches = blocks[i] >= WG_METADATA_BLOCK_8_8;
        assert_true(got.batch_operation_reference == (batches ? 4611686018427387904 : -1));
    }
}

/* Each length that is one short of what is there is refused, and so is room that is one short. */
static void cut_at_every_byte(void **state) {
    (void)state;
    struct wg_record record, got;
    full_record(&record);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint8_t memory[ROOM];
        struct wg_writer w = wg_writer_on(memory, sizeof memory);
        assert_int_equal(wg_metadata_encode_as(&record, blocks[i], &w), WG_OK);
        struct wg_bytes whole = wg_writer_bytes(&w);
        bool modern = blocks[i] >= WG_METADATA_BLOCK_8_3;
        uint32_t optional = modern ? whole.len - 4 - (uint32_t)sizeof token + 1 : UINT32_MAX;
        for (uint32_t len = 0; len < whole.len; len++) {
            uint8_t *copy = exact_copy(memory, len);
            wg_status expected = len == optional ? WG_OK : WG_TRUNCATED;
            assert_int_equal(wg_metadata_decode(wg_bytes_of(copy, len), &got), expected);
            free(copy);
        }
        w = wg_writer_on(memory, whole.len - 1);
        assert_int_equal(wg_metadata_encode_as(&record, blocks[i], &w), WG_FULL);
    }
    uint8_t none[1];
    struct wg_writer w = wg_writer_on(none, 0);
    assert_int_equal(wg_metadata_encode_as(&record, (enum wg_metadata_block)41, &w), WG_INVALID);
}

/* Vector L, written again as 8.2 did. */
static void golden_legacy_is_written_again(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_L);
    struct wg_record record;
    uint8_t memory[ROOM];
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_OK);
    assert_int_equal(wg_metadata_encode_as(&record, WG_METADATA_BLOCK_8_0, &w), WG_OK);
    assert_golden(wg_writer_bytes(&w), &golden);
    golden = golden_of(GOLDEN_C);
    w = wg_writer_on(memory, sizeof memory);
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_OK);
    assert_int_equal(wg_metadata_encode_as(&record, WG_METADATA_BLOCK_8_6, &w), WG_OK);
    assert_golden(wg_writer_bytes(&w), &golden);
}

/* A newer writer's block: unknown bytes behind ours are stepped over, ours are read. */
static void longer_blocks_are_read(void **state) {
    (void)state;
    struct wg_record record, got;
    uint8_t memory[ROOM + 64];
    full_record(&record);
    for (uint32_t more = 0; more < 40; more++) {
        struct wg_writer w = wg_writer_on(memory, ROOM);
        assert_int_equal(wg_metadata_encode_as(&record, WG_METADATA_BLOCK_8_8, &w), WG_OK);
        uint32_t len = wg_writer_bytes(&w).len;
        memmove(memory + 56 + more, memory + 56, len - 56);
        memset(memory + 56, 0xee, more);
        wg_store_le(memory, 48 + more, 2);
        assert_int_equal(wg_metadata_decode(wg_bytes_of(memory, len + more), &got), WG_OK);
        assert_true(got.batch_operation_reference == record.batch_operation_reference);
        assert_text(got.rejection_reason, "no");
        assert_int_equal(got.authorization.len, sizeof token - 1);
    }
}

/* A record with a batch operation keeps it through a log entry; one without stays at block 40. */
static void later_field_survives_a_batch(void **state) {
    (void)state;
    static const uint8_t empty = 0x80;
    struct wg_env *env = test_env_new();
    struct wg_record record, got;
    uint32_t used;
    full_record(&record);
    record.position = 3;
    record.value = wg_bytes_of(&empty, 1);
    struct wg_buf *buf = wg_batch_encode(env, &record, 1);
    assert_int_equal(wg_load_le(buf->bytes + 52, 2), 48);
    assert_int_equal(wg_load_le(buf->bytes + 52 + 6, 2), 6);
    assert_int_equal(
        wg_log_entry_decode_record(wg_bytes_of(buf->bytes, buf->len), &got, &used), WG_OK);
    assert_true(got.batch_operation_reference == record.batch_operation_reference);
    wg_buf_unref(buf);
    record.batch_operation_reference = -1;
    buf = wg_batch_encode(env, &record, 1);
    assert_int_equal(wg_load_le(buf->bytes + 52, 2), 40);
    wg_buf_unref(buf);
    test_env_free(env);
}

static void wrong_headers(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_C);
    struct wg_record record;
    for (uint32_t at = 2; at < 6; at++) { /* template, schema */
        golden.bytes[at] ^= 1;
        assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_CORRUPT);
        golden.bytes[at] ^= 1;
    }
    wg_store_le(golden.bytes, 65535, 2);
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_TRUNCATED);
    wg_store_le(golden.bytes, 40, 2);
    wg_store_le(golden.bytes + 48, 0xffffffffu, 4); /* length of the reason */
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_TRUNCATED);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_layout_keeps_what_it_has),
                                       cmocka_unit_test(cut_at_every_byte),
                                       cmocka_unit_test(golden_legacy_is_written_again),
                                       cmocka_unit_test(longer_blocks_are_read),
                                       cmocka_unit_test(later_field_survives_a_batch),
                                       cmocka_unit_test(wrong_headers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
