/* Log entries and their metadata: golden vectors both ways, every layout that exists, round trips,
 * damage, and the decoded batch that is kept on a frame. */
#include "golden.h"

#include "codec/batch.h"
#include "codec/frame.h"

enum { METADATA_AT = 52 };

/* The metadata that the encoder gives to `record`. */
static struct golden encoded_metadata(struct wg_env *env, const struct wg_record *record) {
    struct wg_buf *buf = wg_batch_encode(env, record, 1);
    struct golden got = {.len = wg_metadata_bytes(record)};
    assert_true(METADATA_AT + got.len <= buf->len);
    memcpy(got.bytes, buf->bytes + METADATA_AT, got.len);
    wg_buf_unref(buf);
    return got;
}

static void check_metadata(const char *hex, const struct wg_record *record) {
    struct wg_env *env = test_env_new();
    struct golden golden = golden_of(hex);
    struct golden got = encoded_metadata(env, record);
    assert_golden(golden_bytes(&got), &golden);

    struct wg_record decoded;
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &decoded), WG_OK);
    got = encoded_metadata(env, &decoded);
    assert_golden(golden_bytes(&got), &golden);
    test_env_free(env);
}

static void golden_metadata(void **state) {
    (void)state;
    struct wg_record record;
    wg_record_init(&record);
    check_metadata(GOLDEN_A, &record);

    record.record_type = WG_EVENT;
    record.value_type = WG_VT_JOB;
    record.intent = WG_JOB_CREATED;
    record.record_version = 2;
    check_metadata(GOLDEN_B, &record);

    wg_record_init(&record);
    record.record_type = WG_COMMAND;
    record.value_type = WG_VT_PROCESS_INSTANCE;
    record.intent = WG_PI_CANCEL;
    record.request_stream_id = 7;
    record.request_id = 0x4000000000000003u;
    record.operation_reference = 1234;
    check_metadata(GOLDEN_C, &record);

    static const char jwt[] = "\x82\xa6" "format" "\xa3" "JWT" "\xa8" "authData" "\xa8" "e30.e30.";
    wg_record_init(&record);
    record.record_type = WG_REJECTION;
    record.value_type = WG_VT_DEPLOYMENT;
    record.intent = WG_DEPLOYMENT_CREATE;
    record.request_stream_id = 1;
    record.request_id = 23;
    record.protocol_version = 1;
    record.broker_version[0] = 1;
    record.broker_version[1] = 2;
    record.broker_version[2] = 3;
    record.record_version = 10;
    record.rejection_type = WG_REJECT_INVALID_ARGUMENT;
    record.rejection_reason = wg_bytes_str("fails");
    record.operation_reference = 1234;
    record.authorization = wg_bytes_of(jwt, sizeof jwt - 1);
    check_metadata(GOLDEN_D, &record);
}

static void legacy_metadata(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_L);
    struct wg_record record;
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_OK);
    assert_int_equal(record.record_type, WG_EVENT);
    assert_int_equal(record.value_type, WG_VT_VARIABLE);
    assert_int_equal(record.intent, WG_VARIABLE_CREATED);
    assert_int_equal(record.protocol_version, 3);
    assert_int_equal(record.rejection_type, 255);
    assert_int_equal(record.broker_version[0], 8);
    assert_int_equal(record.broker_version[1], 2);
    assert_int_equal(record.broker_version[2], 15);
    assert_int_equal(record.record_version, 1);
    assert_int_equal(record.operation_reference, -1);
    assert_int_equal(record.rejection_reason.len, 0);
    assert_int_equal(record.authorization.len, 0);
}

/* Metadata with a block of `block_len` bytes made from vector C's, reason "no". */
static struct golden with_block(uint32_t block_len, uint16_t version, bool authorization) {
    struct golden plain = golden_of(GOLDEN_C);
    struct golden got = {.len = 8 + block_len};
    memcpy(got.bytes, plain.bytes, 8 + 40);
    wg_store_le(got.bytes, block_len, 2);
    wg_store_le(got.bytes + 6, version, 2);
    memcpy(got.bytes + got.len, "\2\0\0\0no", 6);
    got.len += 6;
    if (authorization) {
        memcpy(got.bytes + got.len, "\1\0\0\0\x80", 5);
        got.len += 5;
    }
    return got;
}

static void every_block_length(void **state) {
    (void)state;
    for (uint32_t block_len = 0; block_len <= 64; block_len++) {
        for (uint16_t version = 1; version <= 6; version++) {
            struct golden golden = with_block(block_len, version, version >= 4);
            struct wg_record record;
            wg_status status = wg_metadata_decode(golden_bytes(&golden), &record);
            assert_int_equal(status, block_len < 18 ? WG_CORRUPT : WG_OK);
            if (status != WG_OK) {
                continue;
            }
            assert_text(record.rejection_reason, "no");
            assert_int_equal(record.authorization.len, version >= 4 ? 1 : 0);
            assert_int_equal(record.operation_reference, block_len >= 40 ? 1234 : -1);
            assert_int_equal(record.request_stream_id, 7);
            assert_int_equal(record.intent, 0);
            if (block_len < 32) {
                assert_int_equal(record.record_version, 1);
            } else {
                assert_int_equal(record.broker_version[0], 8);
                assert_int_equal(record.rejection_type, 255);
            }
            if (block_len < 30) {
                assert_int_equal(record.broker_version[0], 0);
            }
        }
    }
}

static void record_version_null(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_A);
    struct wg_record record;
    golden.bytes[8 + 29] = 0;
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_OK);
    assert_int_equal(record.record_version, 1);
    golden.bytes[8 + 29] = golden.bytes[8 + 30] = 0xff;
    assert_int_equal(wg_metadata_decode(golden_bytes(&golden), &record), WG_OK);
    assert_int_equal(record.record_version, 1);
}

static void golden_log_entry(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct golden golden = golden_of(GOLDEN_E);
    struct wg_record record;
    uint32_t used;
    assert_int_equal(wg_log_entry_decode_record(golden_bytes(&golden), &record, &used), WG_OK);
    assert_int_equal(used, 152);
    assert_int_equal(record.position, 3);
    assert_int_equal(record.source_position, 2);
    assert_int_equal(record.key, -1);
    assert_int_equal(record.timestamp_ms, 1700000000000);
    assert_int_equal(record.skip_processing, 0);
    assert_int_equal(record.value_type, WG_VT_CHECKPOINT);
    assert_int_equal(record.value.len, 15);

    struct wg_record again;
    wg_record_init(&again);
    again.position = 3;
    again.source_position = 2;
    again.timestamp_ms = 1700000000000;
    again.record_type = WG_EVENT;
    again.value_type = WG_VT_CHECKPOINT;
    again.intent = 1;
    again.value = record.value;
    assert_int_equal(wg_log_entry_bytes(&again), golden.len);
    struct wg_buf *buf = wg_batch_encode(env, &again, 1);
    assert_golden(wg_bytes_of(buf->bytes, buf->len), &golden);
    wg_buf_unref(buf);

    /* The last entry's padding may be cut off; an old writer's metadata length has 16 bits. */
    assert_int_equal(
        wg_log_entry_decode_record(wg_bytes_of(golden.bytes, 149), &record, &used), WG_OK);
    assert_int_equal(used, 149);
    golden.bytes[12] = 0;
    golden.bytes[50] = golden.bytes[51] = 0xee;
    assert_int_equal(wg_log_entry_decode_record(golden_bytes(&golden), &record, &used), WG_OK);
    assert_int_equal(record.value.len, 15);
    test_env_free(env);
}

static void truncated_and_impossible_entries(void **state) {
    (void)state;
    struct golden golden = golden_of(GOLDEN_E);
    struct wg_record record;
    uint32_t used;
    for (uint32_t len = 0; len < 149; len++) {
        uint8_t *copy = exact_copy(golden.bytes, len);
        assert_int_equal(wg_log_entry_decode_record(wg_bytes_of(copy, len), &record, &used),
                         WG_TRUNCATED);
        free(copy);
    }
    for (uint32_t framed = 0; framed < 52 + 82; framed++) {
        wg_store_le(golden.bytes, framed, 4);
        assert_int_equal(wg_log_entry_decode_record(golden_bytes(&golden), &record, &used),
                         WG_CORRUPT);
    }
    wg_store_le(golden.bytes, 149, 4);
    wg_store_le(golden.bytes + 48, 0xffffffffu, 4);
    assert_int_equal(wg_log_entry_decode_record(golden_bytes(&golden), &record, &used),
                     WG_CORRUPT);
    wg_store_le(golden.bytes + 48, 98, 4);
    assert_int_equal(wg_log_entry_decode_record(golden_bytes(&golden), &record, &used),
                     WG_CORRUPT);
}

static struct wg_bytes random_bytes(uint64_t *random, uint8_t *memory, uint32_t bound) {
    uint32_t len = (uint32_t)(test_random(random) % bound);
    for (uint32_t i = 0; i < len; i++) {
        memory[i] = (uint8_t)test_random(random);
    }
    return wg_bytes_of(memory, len);
}

static void random_record(uint64_t *random, struct wg_record *record, uint8_t memory[3][64]) {
    wg_record_init(record);
    record->position = (wg_position)(test_random(random) >> 1);
    record->source_position = (wg_position)test_random(random);
    record->key = (wg_key)test_random(random);
    record->timestamp_ms = (int64_t)(test_random(random) >> 1);
    record->operation_reference = (int64_t)test_random(random);
    record->request_id = test_random(random);
    record->request_stream_id = (int32_t)(uint32_t)test_random(random);
    record->record_type = (uint8_t)test_random(random);
    record->value_type = (uint8_t)test_random(random);
    record->intent = (uint8_t)test_random(random);
    record->rejection_type = (uint8_t)test_random(random);
    record->skip_processing = test_random(random) % 2 == 0;
    record->record_version = (uint16_t)(1 + test_random(random) % 65534);
    record->protocol_version = (uint16_t)test_random(random);
    for (uint32_t i = 0; i < 3; i++) {
        record->broker_version[i] = (int32_t)(uint32_t)test_random(random);
    }
    record->rejection_reason = random_bytes(random, memory[0], 64);
    record->authorization = random_bytes(random, memory[1], 64);
    record->value = random_bytes(random, memory[2], 64);
}

static void assert_same_record(const struct wg_record *a, const struct wg_record *b) {
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->source_position, b->source_position);
    assert_int_equal(a->key, b->key);
    assert_int_equal(a->timestamp_ms, b->timestamp_ms);
    assert_int_equal(a->operation_reference, b->operation_reference);
    assert_int_equal(a->request_id, b->request_id);
    assert_int_equal(a->request_stream_id, b->request_stream_id);
    assert_int_equal(a->record_type, b->record_type);
    assert_int_equal(a->value_type, b->value_type);
    assert_int_equal(a->intent, b->intent);
    assert_int_equal(a->rejection_type, b->rejection_type);
    assert_int_equal(a->skip_processing, b->skip_processing);
    assert_int_equal(a->record_version, b->record_version);
    assert_int_equal(a->protocol_version, b->protocol_version);
    assert_memory_equal(a->broker_version, b->broker_version, sizeof a->broker_version);
    assert_true(wg_bytes_equal(a->rejection_reason, b->rejection_reason));
    assert_true(wg_bytes_equal(a->value, b->value));
    if (a->authorization.len > 0) {
        assert_true(wg_bytes_equal(a->authorization, b->authorization));
    }
}

static void random_round_trips(void **state) {
    (void)state;
    uint64_t random = 42;
    for (uint32_t round = 0; round < 300; round++) {
        struct wg_env *env = test_env_new();
        uint8_t memory[5][3][64];
        struct wg_record records[5];
        uint32_t count = 1 + round % 5;
        for (uint32_t i = 0; i < count; i++) {
            random_record(&random, &records[i], memory[i]);
        }
        struct wg_buf *batch = wg_batch_encode(env, records, count);
        assert_int_equal(batch->len, wg_batch_bytes(records, count));
        struct wg_buf *frame = wg_frame_encode(env, 1, 1, 0, 1, count,
                                               wg_bytes_of(batch->bytes, batch->len));
        struct wg_record *decoded;
        uint32_t decoded_count;
        bool owned;
        assert_int_equal(wg_batch_records(env, frame, &decoded, &decoded_count, &owned), WG_OK);
        assert_int_equal(decoded_count, count);
        assert_false(owned);
        for (uint32_t i = 0; i < count; i++) {
            assert_same_record(&records[i], &decoded[i]);
        }
        wg_buf_unref(batch);
        wg_buf_unref(frame);
        test_env_free(env);
    }
}

static void records_are_kept_on_the_frame(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct golden golden = golden_of(GOLDEN_F);
    struct wg_buf *frame = wg_buf_copy(env, golden.bytes, golden.len);
    struct wg_record *first, *second;
    uint32_t count;
    bool owned;
    assert_int_equal(wg_batch_records(env, frame, &first, &count, &owned), WG_OK);
    assert_true((frame->marks & WG_BUF_CHECKSUM_OK) != 0);
    uint64_t allocations = test_env_allocations(env);
    assert_int_equal(wg_batch_records(env, frame, &second, &count, &owned), WG_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(allocations, test_env_allocations(env));

    env->flags = WG_ENV_NO_MARKS;
    assert_int_equal(wg_batch_records(env, frame, &second, &count, &owned), WG_OK);
    assert_true(owned);
    assert_ptr_not_equal(first, second);
    assert_same_record(first, second);
    wg_free(env, second, count * sizeof *second);
    wg_buf_unref(frame);
    test_env_free(env);
}

static void frames_without_records(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct golden golden = golden_of(GOLDEN_G);
    struct wg_buf *frame = wg_buf_copy(env, golden.bytes, golden.len);
    struct wg_record *records;
    uint32_t count = 9;
    bool owned;
    assert_int_equal(wg_batch_records(env, frame, &records, &count, &owned), WG_OK);
    assert_int_equal(count, 0);
    wg_buf_unref(frame);
    test_env_free(env);
}

static void damaged_frames(void **state) {
    (void)state;
    struct wg_env *env = test_env_new();
    struct golden golden = golden_of(GOLDEN_F);
    for (uint32_t bit = 0; bit < 8 * golden.len; bit++) {
        struct wg_buf *frame = wg_buf_copy(env, golden.bytes, golden.len);
        frame->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        struct wg_record *records;
        uint32_t count;
        bool owned;
        wg_status status = wg_batch_records(env, frame, &records, &count, &owned);
        if (bit / 8 >= 21) {
            assert_int_equal(status, WG_CORRUPT);
        }
        frame->marks |= WG_BUF_CHECKSUM_OK; /* now the checksum is taken on trust */
        status = wg_batch_records(env, frame, &records, &count, &owned);
        assert_true(status == WG_OK || status == WG_CORRUPT || status == WG_TRUNCATED);
        wg_buf_unref(frame);
    }
    test_env_free(env);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_metadata),
                                       cmocka_unit_test(legacy_metadata),
                                       cmocka_unit_test(every_block_length),
                                       cmocka_unit_test(record_version_null),
                                       cmocka_unit_test(golden_log_entry),
                                       cmocka_unit_test(truncated_and_impossible_entries),
                                       cmocka_unit_test(random_round_trips),
                                       cmocka_unit_test(records_are_kept_on_the_frame),
                                       cmocka_unit_test(frames_without_records),
                                       cmocka_unit_test(damaged_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
