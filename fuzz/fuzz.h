/* What the fuzz targets share. A target is one function over bytes that anybody may have written;
 * it checks properties, not only that nothing crashes. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/bytes.h"
#include "codec/batch.h"
#include "tests/lib/test_env.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the code under test; one that does not hold is a finding. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The first `n` bytes (fewer if there are not so many), cut off from the input. */
static inline struct wg_bytes fuzz_take(struct wg_bytes *input, size_t n) {
    n = n < input->len ? n : input->len;
    struct wg_bytes taken = wg_bytes_of(input->ptr, n);
    *input = wg_bytes_of(input->ptr + n, input->len - n);
    return taken;
}

/* The next byte, 0 where there is none. */
static inline uint8_t fuzz_byte(struct wg_bytes *input) {
    struct wg_bytes taken = fuzz_take(input, 1);
    return taken.len == 0 ? 0 : taken.ptr[0];
}

/* Every field, and the bytes that fields refer to. An authorization that `a` lacks may be set in
 * `b`: its unset form is written out. */
static inline bool fuzz_same_record(const struct wg_record *a, const struct wg_record *b) {
    return a->position == b->position && a->source_position == b->source_position &&
           a->key == b->key && a->timestamp_ms == b->timestamp_ms &&
           a->operation_reference == b->operation_reference &&
           a->batch_operation_reference == b->batch_operation_reference && a->request_id == b->request_id &&
           a->request_stream_id == b->request_stream_id && a->record_type == b->record_type &&
           a->value_type == b->value_type && a->intent == b->intent &&
           a->rejection_type == b->rejection_type && a->skip_processing == b->skip_processing &&
           a->record_version == b->record_version && a->protocol_version == b->protocol_version &&
           memcmp(a->broker_version, b->broker_version, sizeof a->broker_version) == 0 &&
           wg_bytes_equal(a->rejection_reason, b->rejection_reason) &&
           (a->authorization.len == 0 || wg_bytes_equal(a->authorization, b->authorization)) &&
           wg_bytes_equal(a->value, b->value);
}

#endif
