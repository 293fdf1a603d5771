/* One entry of a zdb dump as a line of JSON: what is imported can be written as a batch, and reads
 * back as the same records. */
#include "fuzz/fuzz.h"

#include "reports/import_zdb.h"

static void check_records(const struct wg_zdb_entry *entry) {
    struct wg_env *env = test_env_new();
    for (uint32_t i = 0; i < entry->record_count; i++) {
        const struct wg_record *record = &entry->records[i].record;
        struct wg_record again;
        uint32_t used;
        struct wg_buf *buf = wg_batch_encode(env, record, 1);
        FUZZ_CHECK(wg_log_entry_decode_record(wg_bytes_of(buf->bytes, buf->len), &again, &used) ==
                   WG_OK);
        /* A version of 0 stands for 1. */
        again.record_version = record->record_version;
        FUZZ_CHECK(fuzz_same_record(record, &again));
        wg_buf_unref(buf);
    }
    test_env_free(env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char why[WG_IMPORT_WHY_BYTES];
    json_error_t error;
    json_t *parsed = json_loadb((const char *)data, size, JSON_ALLOW_NUL, &error);
    if (parsed == NULL) {
        return 0;
    }
    struct wg_zdb_entry entry;
    if (wg_zdb_entry_import(parsed, &entry, why)) {
        check_records(&entry);
        wg_zdb_entry_free(&entry);
    }
    json_decref(parsed);
    return 0;
}
