/* Configuration entries, little-endian, behind the 17 bytes of the raft entry:
 *
 *    0  8  header, block 8, template 4, schema 8, version 3
 *    8  8  timestamp
 *   16     members, then (from version 2 on) old members: a group each, that is
 *          2  block length of an element   1  number of elements, then each of them:
 *          1  type   8  updated   (block of 9, or longer)   4  length of the id, and the id
 *
 * A newer writer may have made any block longer. Nothing may follow the last group. */
#include "codec/configuration.h"

enum {
    HEADER = 8,
    BLOCK = 8,
    TEMPLATE = 4,
    SCHEMA = 8,
    VERSION = 3,
    VERSION_WITH_OLD_MEMBERS = 2,
    MEMBER_BLOCK = 9
};

const char *wg_configuration_member_type(uint8_t type) {
    static const char *const names[] = {"INACTIVE", "PASSIVE", "PROMOTABLE", "ACTIVE"};
    return type < sizeof names / sizeof *names ? names[type] : NULL;
}

static void write_members(struct wg_writer *out, const struct wg_configuration_members *members) {
    wg_write_le(out, MEMBER_BLOCK, 2);
    wg_write_le(out, members->count, 1);
    for (uint32_t i = 0; i < members->count; i++) {
        const struct wg_configuration_member *member = &members->items[i];
        wg_write_le(out, member->type, 1);
        wg_write_le(out, (uint64_t)member->updated, 8);
        wg_write_le(out, member->id.len, 4);
        wg_write_bytes(out, member->id.ptr, member->id.len);
    }
}

wg_status wg_configuration_encode(const struct wg_configuration *configuration,
                                  struct wg_writer *out) {
    if (configuration->members.count > WG_CONFIGURATION_MAX ||
        configuration->old_members.count > WG_CONFIGURATION_MAX) {
        return WG_INVALID;
    }
    wg_write_le(out, BLOCK, 2);
    wg_write_le(out, TEMPLATE, 2);
    wg_write_le(out, SCHEMA, 2);
    wg_write_le(out, VERSION, 2);
    wg_write_le(out, configuration->timestamp, 8);
    write_members(out, &configuration->members);
    write_members(out, &configuration->old_members);
    return out->failed ? WG_FULL : WG_OK;
}

static void read_member(struct wg_reader *r, uint32_t block_len,
                        struct wg_configuration_member *member) {
    const uint8_t *block = wg_read_bytes(r, block_len);
    uint32_t len = (uint32_t)wg_read_le(r, 4);
    const uint8_t *id = wg_read_bytes(r, len);
    if (!r->failed) {
        member->type = block[0];
        member->updated = (int64_t)wg_load_le(block + 1, 8);
        member->id = wg_bytes_of(id, len);
    }
}

static void read_members(struct wg_reader *r, struct wg_configuration_members *members) {
    uint32_t block_len = (uint32_t)wg_read_le(r, 2);
    uint32_t count = (uint32_t)wg_read_le(r, 1);
    r->failed = r->failed || (count > 0 && block_len < MEMBER_BLOCK);
    for (uint32_t i = 0; !r->failed && i < count; i++) {
        read_member(r, block_len, &members->items[i]);
    }
    members->count = count;
}

wg_status wg_configuration_decode(struct wg_bytes data,
                                  struct wg_configuration *ret_configuration) {
    struct wg_reader r = wg_reader_on(data);
    const uint8_t *header = wg_read_bytes(&r, HEADER);
    if (header == NULL || wg_load_le(header + 2, 2) != TEMPLATE ||
        wg_load_le(header + 4, 2) != SCHEMA || wg_load_le(header, 2) < BLOCK) {
        return WG_CORRUPT;
    }
    const uint8_t *block = wg_read_bytes(&r, wg_load_le(header, 2));
    if (block == NULL) {
        return WG_CORRUPT;
    }
    ret_configuration->timestamp = wg_load_le(block, 8);
    read_members(&r, &ret_configuration->members);
    ret_configuration->old_members.count = 0;
    if (wg_load_le(header + 6, 2) >= VERSION_WITH_OLD_MEMBERS) {
        read_members(&r, &ret_configuration->old_members);
    }
    return r.failed || wg_reader_left(&r) > 0 ? WG_CORRUPT : WG_OK;
}
