/* State as bytes. The first byte says whether lengths and checksum are made right first, so that
 * the rows are reached. What is accepted is written back byte for byte. */
#include "fuzz/fuzz.h"

#include "base/crc32c.h"
#include "seams/state_store.h"

enum { HEAD_BYTES = 24, CRC_BYTES = 4 };

static void make_right(uint8_t *bytes, size_t size) {
    memcpy(bytes, "WGST\1\0\0\0", 8);
    wg_store_le(bytes + 16, size - HEAD_BYTES - CRC_BYTES, 8);
    uint32_t checksum = wg_crc32c(0, bytes, size - CRC_BYTES) * 0x9E3779B1u;
    wg_store_le(bytes + size - CRC_BYTES, checksum, CRC_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    bool right = (fuzz_byte(&input) & 1u) != 0;
    uint8_t *bytes = malloc(input.len + 1u);
    FUZZ_CHECK(bytes != NULL);
    if (input.len > 0) {
        memcpy(bytes, input.ptr, input.len);
    }
    if (right && input.len >= HEAD_BYTES + CRC_BYTES) {
        make_right(bytes, input.len);
    }
    struct wg_env *env = test_env_new();
    struct wg_state *state;
    if (wg_state_decode(env, wg_bytes_of(bytes, input.len), &state) == WG_OK) {
        struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(state);
        struct wg_buf *again = wg_state_checkpoint_encode(checkpoint);
        FUZZ_CHECK(again->len == input.len && memcmp(again->bytes, bytes, input.len) == 0);
        wg_buf_unref(again);
        wg_state_checkpoint_free(checkpoint);
        wg_state_free(state);
    }
    test_env_free(env);
    free(bytes);
    return 0;
}
