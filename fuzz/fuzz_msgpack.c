/* MessagePack. First byte: a value type; the rest: its value. Skipping a value and reading it token
 * by token agree; a typed value that is read is written in a form that reads back, a fixpoint. */
#include "fuzz/fuzz.h"

#include "codec/msgpack.h"
#include "codec/values.h"

enum { ROOM_BESIDES = 4096 }; /* for all defaults of the largest type */

/* Reads one whole value by tokens; false = malformed or too deep. */
static bool walk(struct wg_reader *r, uint32_t depth) {
    struct wg_mp_token token;
    if (!wg_mp_read(r, &token)) {
        return false;
    }
    int64_t inner = token.kind == WG_MP_MAP     ? 2 * token.number
                    : token.kind == WG_MP_ARRAY ? token.number
                                                : 0;
    if (inner > 0 && depth == WG_MP_MAX_DEPTH) {
        return false;
    }
    for (int64_t i = 0; i < inner; i++) {
        if (!walk(r, depth + 1)) {
            return false;
        }
    }
    return true;
}

static void check_value(uint8_t type, struct wg_bytes bytes) {
    union wg_any_typed_value value, again;
    if (wg_value_decode(type, bytes, &value) != WG_OK) {
        return;
    }
    size_t room = bytes.len + ROOM_BESIDES;
    uint8_t *first = malloc(room);
    uint8_t *second = malloc(room);
    FUZZ_CHECK(first != NULL && second != NULL);
    struct wg_writer w = wg_writer_on(first, room);
    FUZZ_CHECK(wg_value_encode(type, &value, &w) == WG_OK);
    struct wg_bytes written = wg_writer_bytes(&w);
    FUZZ_CHECK(wg_value_decode(type, written, &again) == WG_OK);
    struct wg_reader r = wg_reader_on(written);
    struct wg_bytes raw;
    FUZZ_CHECK(wg_mp_skip(&r, &raw) && wg_reader_left(&r) == 0);
    w = wg_writer_on(second, room);
    FUZZ_CHECK(wg_value_encode(type, &again, &w) == WG_OK);
    FUZZ_CHECK(wg_bytes_equal(written, wg_writer_bytes(&w)));
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    uint8_t type = fuzz_byte(&input);
    struct wg_reader skipping = wg_reader_on(input);
    struct wg_reader walking = wg_reader_on(input);
    struct wg_bytes raw;
    bool skipped = wg_mp_skip(&skipping, &raw);
    FUZZ_CHECK(skipped == walk(&walking, 0));
    FUZZ_CHECK(!skipped || skipping.at == walking.at);
    check_value(type, input);
    return 0;
}
