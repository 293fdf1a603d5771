/* State as bytes, as stored in a snapshot. All numbers little-endian.
 *
 * off size field
 *   0    4 magic "WGST"
 *   4    2 version, 1
 *   6    2 zero
 *   8    8 number of rows
 *  16    8 bytes of the row section
 *  24    . rows in ascending order of (column family, key):
 *            1 column family, 1 key length (1..255), 4 value length, key, value
 *   .    4 CRC32C of everything before it, times 0x9E3779B1
 *
 * Why times: behind its own CRC32C every text has one and the same CRC32C as a whole, so the checksum file of a
 * snapshot could not tell one state from another that was written in its place.
 *
 * A reader accepts nothing else: wrong order, a repeated key, left-over bytes are CORRUPT. */
#include "state/store.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"

#define MAGIC 0x54534757u
#define VERSION 1u
#define HEAD_BYTES 24u
#define ROW_HEAD_BYTES 6u
#define CRC_BYTES 4u
#define CRC_FACTOR 0x9E3779B1u

static uint32_t checksum(const uint8_t *bytes, size_t len) {
    return wg_crc32c(0, bytes, len) * CRC_FACTOR;
}

static void write_row(void *ctx, const struct wg_row *row) {
    struct wg_writer *out = ctx;
    wg_write_le(out, row->cf, 1);
    wg_write_le(out, row->key_len, 1);
    wg_write_le(out, row->value_len, 4);
    wg_write_bytes(out, row->bytes, (size_t)row->key_len + row->value_len);
}

struct wg_buf *wg_state_checkpoint_encode(const struct wg_state_checkpoint *checkpoint) {
    struct wg_env *env = checkpoint->env;
    uint64_t section = checkpoint->rows * ROW_HEAD_BYTES + checkpoint->bytes;
    uint64_t total = HEAD_BYTES + section + CRC_BYTES;
    WG_ASSERT(env, total <= UINT32_MAX);
    struct wg_buf *buf = wg_buf_new(env, (uint32_t)total);
    struct wg_writer out = wg_writer_on(buf->bytes, buf->len);
    wg_write_le(&out, MAGIC, 4);
    wg_write_le(&out, VERSION, 2);
    wg_write_le(&out, 0, 2);
    wg_write_le(&out, checkpoint->rows, 8);
    wg_write_le(&out, section, 8);
    for (uint32_t cf = 0; cf < WG_STATE_FAMILIES; cf++) {
        wg_tree_each(checkpoint->roots[cf], write_row, &out);
    }
    wg_write_le(&out, checksum(buf->bytes, (size_t)(out.at - out.start)), 4);
    WG_ASSERT(env, !out.failed && out.at == out.end);
    return buf;
}

/* Reads the head and leaves `in` on the row section, whose end it becomes. */
static wg_status read_head(struct wg_bytes bytes, struct wg_reader *in, uint64_t *ret_rows) {
    if (bytes.len < HEAD_BYTES + CRC_BYTES) {
        return WG_TRUNCATED;
    }
    *in = wg_reader_on(bytes);
    uint64_t magic = wg_read_le(in, 4);
    uint64_t version = wg_read_le(in, 2);
    uint64_t zero = wg_read_le(in, 2);
    uint64_t rows = wg_read_le(in, 8);
    uint64_t section = wg_read_le(in, 8);
    if (magic != MAGIC || version != VERSION || zero != 0) {
        return WG_CORRUPT;
    }
    uint64_t there = bytes.len - HEAD_BYTES - CRC_BYTES;
    if (section != there) {
        return section > there ? WG_TRUNCATED : WG_CORRUPT;
    }
    uint32_t covered = bytes.len - CRC_BYTES;
    if (wg_load_le(bytes.ptr + covered, 4) != checksum(bytes.ptr, covered)) {
        return WG_CORRUPT;
    }
    in->end -= CRC_BYTES;
    *ret_rows = rows;
    return WG_OK;
}

static bool follows(struct wg_bytes before, uint8_t cf_before, struct wg_bytes key, uint8_t cf) {
    if (before.ptr == NULL || cf != cf_before) {
        return before.ptr == NULL || cf > cf_before;
    }
    uint32_t shorter = before.len < key.len ? before.len : key.len;
    int order = memcmp(before.ptr, key.ptr, shorter);
    return order != 0 ? order < 0 : before.len < key.len;
}

static wg_status read_rows(struct wg_reader *in, uint64_t rows, struct wg_state *state) {
    struct wg_bytes before = {NULL, 0};
    uint8_t cf_before = 0;
    for (uint64_t i = 0; i < rows; i++) {
        uint8_t cf = (uint8_t)wg_read_le(in, 1);
        uint32_t key_len = (uint32_t)wg_read_le(in, 1);
        uint32_t value_len = (uint32_t)wg_read_le(in, 4);
        struct wg_bytes key = {wg_read_bytes(in, key_len), key_len};
        struct wg_bytes value = {wg_read_bytes(in, value_len), value_len};
        if (in->failed || key_len == 0 || !follows(before, cf_before, key, cf)) {
            return WG_CORRUPT;
        }
        wg_state_put(state, cf, key, value);
        before = key;
        cf_before = cf;
    }
    return wg_reader_left(in) == 0 ? WG_OK : WG_CORRUPT;
}

wg_status wg_state_decode(struct wg_env *env, struct wg_bytes bytes, struct wg_state **ret_state) {
    struct wg_reader in;
    uint64_t rows;
    wg_status status = read_head(bytes, &in, &rows);
    if (status != WG_OK) {
        return status;
    }
    struct wg_state *state = wg_state_new(env);
    status = read_rows(&in, rows, state);
    if (status != WG_OK) {
        wg_state_free(state);
        return status;
    }
    *ret_state = state;
    return WG_OK;
}
