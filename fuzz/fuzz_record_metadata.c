/* A record's metadata in all layouts: what is read can be written in today's layout, reads back as
 * the same, and writing it again gives the same bytes. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t empty_map = 0x80;
    struct wg_record record, again;
    uint32_t used;
    if (size > UINT16_MAX || wg_metadata_decode(wg_bytes_of(data, size), &record) != WG_OK) {
        return 0;
    }
    FUZZ_CHECK(record.record_version != 0);
    struct wg_env *env = test_env_new();
    record.position = 1;
    record.value = wg_bytes_of(&empty_map, 1);
    struct wg_buf *first = wg_batch_encode(env, &record, 1);
    FUZZ_CHECK(wg_log_entry_decode_record(wg_bytes_of(first->bytes, first->len), &again, &used) ==
               WG_OK);
    FUZZ_CHECK(used == first->len && fuzz_same_record(&record, &again));
    FUZZ_CHECK(record.authorization.len == 0 ||
               wg_bytes_equal(record.authorization, again.authorization));
    struct wg_buf *second = wg_batch_encode(env, &again, 1);
    FUZZ_CHECK(second->len == first->len &&
               memcmp(first->bytes, second->bytes, first->len) == 0);
    wg_buf_unref(first);
    wg_buf_unref(second);
    test_env_free(env);
    return 0;
}
