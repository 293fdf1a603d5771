/* Broadcast of exporter positions: encode, send, decode, apply.
 *
 * Payload, little-endian, in the manner of Zeebe's SBE group:
 *   u16 block length (8)  u16 template (1)  u16 schema (0)  u16 version (3)
 *   u16 block length (8)  u16 count
 *   count times: i64 position, u16 id length, id, u32 metadata length, metadata
 * When any row's metadata version is not 0, version is 4, the group's block length 16, and an i64 with
 * that version follows each position. (Zeebe never sends it: a follower may take a late position of an
 * earlier enabling for one of the present, WG_QUIRK_BROADCAST_REVIVES.)
 *
 * Invariants
 *  1. A broadcast carries every row of the sender's state, -1 included.
 *  2. A receiver's position only grows, and its metadata changes only together with it.
 *  3. Nothing is answered or repeated: a lost broadcast is made good by the next one. */
#include "exporting/distribution.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "exporting/container.h"

#include <string.h>

enum { HEAD_BYTES = 12, BLOCK_BYTES = 8, TEMPLATE = 1, VERSION = 3, VERSION_OF_VERSIONS = 4 };

/* --- encode -------------------------------------------------------------------------------- */

struct measure {
    uint32_t bytes, count;
    bool versions; /* some row has one */
};

static void measure_row(void *ctx, const char *id, const struct wg_exporter_row *row) {
    struct measure *measure = ctx;
    measure->bytes += (uint32_t)(8 + 2 + strlen(id) + 4) + row->metadata.len;
    measure->count++;
    measure->versions |= row->metadata_version != 0;
}

struct encoding {
    struct wg_writer out;
    bool versions;
};

static void write_row(void *ctx, const char *id, const struct wg_exporter_row *row) {
    struct encoding *encoding = ctx;
    struct wg_writer *out = &encoding->out;
    size_t len = strlen(id);
    wg_write_le(out, (uint64_t)row->position, 8);
    if (encoding->versions) {
        wg_write_le(out, (uint64_t)row->metadata_version, 8);
    }
    wg_write_le(out, len, 2);
    wg_write_bytes(out, id, len);
    wg_write_le(out, row->metadata.len, 4);
    wg_write_bytes(out, row->metadata.ptr, row->metadata.len);
}

struct wg_buf *wg_exporter_state_encode(struct wg_env *env, const struct wg_state *state) {
    struct measure measure = {HEAD_BYTES, 0, false};
    wg_exporter_row_each(state, measure_row, &measure);
    measure.bytes += measure.versions ? 8 * measure.count : 0;
    struct wg_buf *payload = wg_buf_new(env, measure.bytes);
    struct encoding encoding = {wg_writer_on(payload->bytes, payload->len), measure.versions};
    struct wg_writer *out = &encoding.out;
    wg_write_le(out, BLOCK_BYTES, 2);
    wg_write_le(out, TEMPLATE, 2);
    wg_write_le(out, 0, 2);
    wg_write_le(out, measure.versions ? VERSION_OF_VERSIONS : VERSION, 2);
    wg_write_le(out, measure.versions ? 2 * BLOCK_BYTES : BLOCK_BYTES, 2);
    wg_write_le(out, measure.count, 2);
    wg_exporter_row_each(state, write_row, &encoding);
    return payload;
}

/* --- decode -------------------------------------------------------------------------------- */

static bool read_head(struct wg_reader *in, uint32_t *ret_count, bool *ret_versions) {
    uint64_t block = wg_read_le(in, 2), template = wg_read_le(in, 2);
    (void)wg_read_le(in, 4);
    uint64_t group_block = wg_read_le(in, 2);
    *ret_count = (uint32_t)wg_read_le(in, 2);
    *ret_versions = group_block == 2 * BLOCK_BYTES;
    return !in->failed && block == BLOCK_BYTES && template == TEMPLATE &&
           (group_block == BLOCK_BYTES || *ret_versions);
}

static bool read_row(struct wg_reader *in, bool versions, struct wg_bytes *ret_id,
                     struct wg_exporter_row *ret) {
    wg_position position = (wg_position)wg_read_le(in, 8);
    int64_t version = versions ? (int64_t)wg_read_le(in, 8) : 0;
    uint32_t id_len = (uint32_t)wg_read_le(in, 2);
    const uint8_t *id = wg_read_bytes(in, id_len);
    uint32_t metadata_len = (uint32_t)wg_read_le(in, 4);
    const uint8_t *metadata = wg_read_bytes(in, metadata_len);
    if (in->failed) {
        return false;
    }
    *ret_id = wg_bytes_of(id, id_len);
    *ret = (struct wg_exporter_row){position, version, wg_bytes_of(metadata, metadata_len)};
    return true;
}

bool wg_exporter_state_decode(struct wg_bytes payload,
                              void (*each)(void *ctx, struct wg_bytes id,
                                           const struct wg_exporter_row *row),
                              void *ctx) {
    /* The first pass only checks, so that a malformed message has no effect at all. */
    for (int pass = 0; pass < 2; pass++) {
        struct wg_reader in = wg_reader_on(payload);
        uint32_t count;
        bool versions;
        if (!read_head(&in, &count, &versions)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct wg_bytes id;
            struct wg_exporter_row row;
            if (!read_row(&in, versions, &id, &row)) {
                return false;
            }
            if (pass == 1) {
                each(ctx, id, &row);
            }
        }
        if (wg_reader_left(&in) != 0) {
            return false;
        }
    }
    return true;
}

/* --- send ---------------------------------------------------------------------------------- */

static void destroy_message(struct wg_message *head) {
    struct wg_exporter_state_message *message = (struct wg_exporter_state_message *)head;
    wg_buf_unref(message->payload);
    wg_free(head->env, message, sizeof *message);
}

void wg_exporter_state_send(struct wg_env *env, const struct wg_partition_options *partition,
                            const struct wg_state *state) {
    struct wg_buf *payload = wg_exporter_state_encode(env, state);
    uint64_t digest = wg_hash_bytes(payload->bytes, payload->len, WG_MSG_EXPORTER_STATE);
    for (uint32_t i = 0; i < partition->member_count; i++) {
        if (partition->members[i] == env->node) {
            continue;
        }
        struct wg_exporter_state_message *message = wg_alloc(env, sizeof *message);
        message->head = (struct wg_message){.env = env,
                                            .refs = 1,
                                            .kind = WG_MSG_EXPORTER_STATE,
                                            .actor = WG_ACTOR_EXPORTER,
                                            .from = env->node,
                                            .to = partition->members[i],
                                            .partition = partition->id,
                                            .wire_bytes = payload->len,
                                            .digest = digest,
                                            .destroy = destroy_message};
        message->payload = wg_buf_ref(payload);
        wg_emit_send(env, &message->head);
    }
    wg_buf_unref(payload);
}

/* --- apply --------------------------------------------------------------------------------- */

struct apply {
    struct wg_env *env;
    const struct wg_node_options *options;
    wg_partition_id partition;
    struct wg_state *state;
};

/* Whether the row is of an exporter that is enabled here, and of the same enabling. */
static bool concerns(const struct apply *apply, uint32_t exporter,
                     const struct wg_exporter_row *received, const struct wg_exporter_row *stored) {
    return wg_has_quirk(apply->options, WG_QUIRK_BROADCAST_REVIVES) ||
           (wg_setting_of(apply->options, exporter).enabled &&
            received->metadata_version == stored->metadata_version);
}

static void apply_row(void *ctx, struct wg_bytes id, const struct wg_exporter_row *row) {
    struct apply *apply = ctx;
    for (uint32_t i = 0; i < apply->options->exporter_count; i++) {
        const char *own = apply->options->exporters[i].id;
        if (!wg_bytes_equal(wg_bytes_str(own), id)) {
            continue;
        }
        struct wg_exporter_row stored = {.position = WG_POSITION_NONE};
        (void)wg_exporter_row_get(apply->state, own, &stored);
        if (row->position > stored.position && concerns(apply, i, row, &stored)) {
            struct wg_exporter_row next = {row->position, stored.metadata_version, row->metadata};
            wg_exporter_row_put(apply->state, own, &next);
            wg_claim(apply->env, WG_CLAIM_EXPORTER_POSITION, apply->partition, i,
                     (uint64_t)row->position, WG_CAUSE_DISTRIBUTED, 0);
        }
        return;
    }
}

void wg_exporter_state_apply(struct wg_env *env, const struct wg_node_options *options,
                             wg_partition_id partition, struct wg_state *state,
                             struct wg_bytes payload) {
    struct apply apply = {env, options, partition, state};
    (void)wg_exporter_state_decode(payload, apply_row, &apply);
}
