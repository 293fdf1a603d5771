/* A record's metadata in all layouts: what is read can be written in today's layout, reads back as
 * the same, and writing it again gives the same bytes. Written as each version did, it reads back
 * without what that version had no place for, and reading that once more changes nothing. */
#include "fuzz/fuzz.h"

static void check_as(const struct wg_record *record, enum wg_metadata_block block) {
    struct wg_record once, twice;
    size_t room = record->rejection_reason.len + record->authorization.len + 128u;
    uint8_t *memory = malloc(2 * room);
    FUZZ_CHECK(memory != NULL);
    struct wg_writer first = wg_writer_on(memory, room);
    struct wg_writer second = wg_writer_on(memory + room, room);
    FUZZ_CHECK(wg_metadata_encode_as(record, block, &first) == WG_OK);
    FUZZ_CHECK(wg_metadata_decode(wg_writer_bytes(&first), &once) == WG_OK);
    FUZZ_CHECK(once.intent == record->intent && once.value_type == record->value_type);
    FUZZ_CHECK(once.rejection_type == record->rejection_type);
    FUZZ_CHECK(once.request_id == record->request_id);
    FUZZ_CHECK(wg_bytes_equal(once.rejection_reason, record->rejection_reason));
    bool all = block == WG_METADATA_BLOCK_8_8;
    FUZZ_CHECK(!all || once.batch_operation_reference == record->batch_operation_reference);
    FUZZ_CHECK(block < WG_METADATA_BLOCK_8_6 ||
               once.operation_reference == record->operation_reference);
    FUZZ_CHECK(wg_metadata_encode_as(&once, block, &second) == WG_OK);
    FUZZ_CHECK(wg_bytes_equal(wg_writer_bytes(&first), wg_writer_bytes(&second)));
    FUZZ_CHECK(wg_metadata_decode(wg_writer_bytes(&second), &twice) == WG_OK);
    FUZZ_CHECK(fuzz_same_record(&once, &twice));
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t empty_map = 0x80;
    static const enum wg_metadata_block blocks[] = {
        WG_METADATA_BLOCK_FIRST, WG_METADATA_BLOCK_8_0, WG_METADATA_BLOCK_8_3,
        WG_METADATA_BLOCK_8_6, WG_METADATA_BLOCK_8_8};
    struct wg_record record, again;
    uint32_t used;
    if (size > UINT16_MAX || wg_metadata_decode(wg_bytes_of(data, size), &record) != WG_OK) {
        return 0;
    }
    FUZZ_CHECK(record.record_version != 0);
    struct wg_env *env = test_env_new();
    record.position = 1;
    record.value = wg_bytes_of(&empty_map, 1);
    for (uint32_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        check_as(&record, blocks[i]);
    }
    struct wg_buf *first = wg_batch_encode(env, &record, 1);
    FUZZ_CHECK(wg_log_entry_decode_record(wg_bytes_of(first->bytes, first->len), &again, &used) ==
               WG_OK);
    FUZZ_CHECK(used == first->len && fuzz_same_record(&record, &again));
    struct wg_buf *second = wg_batch_encode(env, &again, 1);
    FUZZ_CHECK(second->len == first->len &&
               memcmp(first->bytes, second->bytes, first->len) == 0);
    wg_buf_unref(first);
    wg_buf_unref(second);
    test_env_free(env);
    return 0;
}
