/* Log entries back to back: the reader of one entry and the reader of a whole batch agree, and what
 * they accept can be written, read and written again without a change. */
#include "fuzz/fuzz.h"

#include "codec/frame.h"

enum { RECORDS_MAX = 64 };

/* Entry by entry; the number of records, or UINT32_MAX when one cannot be read. */
static uint32_t read_each(struct wg_bytes bytes, struct wg_record *records) {
    uint32_t count = 0;
    uint32_t at = 0;
    while (at < bytes.len) {
        uint32_t used = 0;
        struct wg_bytes rest = wg_bytes_of(bytes.ptr + at, bytes.len - at);
        if (count == RECORDS_MAX ||
            wg_log_entry_decode_record(rest, &records[count], &used) != WG_OK) {
            return UINT32_MAX;
        }
        FUZZ_CHECK(used >= 52 && used <= rest.len);
        at += used;
        count++;
    }
    return count;
}

/* The records of a batch inside a journal frame. */
static void check_batch(struct wg_env *env, struct wg_bytes bytes, const struct wg_record *records,
                        uint32_t count) {
    struct wg_buf *frame = wg_frame_encode(env, 1, 1, 0, 1, 1, bytes);
    struct wg_record *found = NULL;
    uint32_t found_count = 0;
    bool owned = false;
    wg_status status = wg_batch_records(env, frame, &found, &found_count, &owned);
    FUZZ_CHECK((status == WG_OK) == (count != UINT32_MAX));
    if (status == WG_OK) {
        FUZZ_CHECK(!owned && found_count == count);
        for (uint32_t i = 0; i < count; i++) {
            FUZZ_CHECK(fuzz_same_record(&records[i], &found[i]));
        }
    }
    wg_buf_unref(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_record records[RECORDS_MAX], again[RECORDS_MAX];
    if (size > UINT16_MAX) {
        return 0;
    }
    struct wg_bytes bytes = wg_bytes_of(data, size);
    uint32_t count = read_each(bytes, records);
    struct wg_env *env = test_env_new();
    if (size < RECORDS_MAX * 52) {
        check_batch(env, bytes, records, count);
    }
    if (count != UINT32_MAX && count > 0) {
        struct wg_buf *first = wg_batch_encode(env, records, count);
        FUZZ_CHECK(read_each(wg_bytes_of(first->bytes, first->len), again) == count);
        for (uint32_t i = 0; i < count; i++) {
            FUZZ_CHECK(fuzz_same_record(&records[i], &again[i]));
        }
        struct wg_buf *second = wg_batch_encode(env, again, count);
        FUZZ_CHECK(second->len == first->len &&
                   memcmp(first->bytes, second->bytes, first->len) == 0);
        wg_buf_unref(first);
        wg_buf_unref(second);
    }
    test_env_free(env);
    return 0;
}
