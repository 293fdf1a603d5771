/* Typed values: one table of properties per value type, in wire order, drives everything.
 *
 * A value is one MessagePack map. Its writer puts all declared properties in table order, so the
 * reader compares each name with the property that the table expects next and searches only when
 * that fails.
 *
 * Invariants: reading never allocates; a property is type-strict, a missing one has its default or,
 * where there is none, makes the value corrupt; of one that comes twice the last counts. The maps
 * and scalars of arrays are checked by the same rules and stay raw. Unknown properties: `unknown`
 * spans from the first of them to the end of the last; declared ones in between are left out again
 * when it is written back. */
#include "codec/values.h"

#include "codec/msgpack.h"
#include "codec/value_tables.h"

static struct wg_bytes *bytes_at(void *value, uint32_t offset) {
    return (struct wg_bytes *)(void *)((uint8_t *)value + offset);
}
static const struct wg_bytes *bytes_of(const void *value, uint32_t offset) {
    return (const struct wg_bytes *)(const void *)((const uint8_t *)value + offset);
}
static int64_t *number_at(void *value, uint32_t offset) {
    return (int64_t *)(void *)((uint8_t *)value + offset);
}

/* Gives all properties but those seen (one bit each) their defaults; the rest of the value is 0. */
static void set_defaults(const struct wg_schema *schema, uint32_t seen, void *value) {
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct wg_property *p = &schema->properties[i];
        if ((seen >> i & 1u) != 0) {
            continue;
        }
        if (p->kind == WG_P_INT64 || p->kind == WG_P_INT32) {
            *number_at(value, p->offset) = p->number;
        } else if (p->kind == WG_P_BOOL) {
            *(bool *)(void *)((uint8_t *)value + p->offset) = p->number != 0;
        } else if (p->text_len > 0) {
            *bytes_at(value, p->offset) = wg_bytes_of(p->text, p->text_len);
        }
    }
}

wg_status wg_value_init(uint8_t value_type, void *ret_value) {
    const struct wg_schema *schema = &wg_value_schemas[value_type];
    if (schema->count == 0) {
        return WG_UNSUPPORTED;
    }
    memset(ret_value, 0, schema->struct_bytes);
    set_defaults(schema, 0, ret_value);
    return WG_OK;
}

/* --- encode ---------------------------------------------------------------------------------- */

/* Inline MessagePack; nothing set is the given empty container. */
static void write_inline(struct wg_writer *out, struct wg_bytes raw, uint8_t empty) {
    if (raw.len > 0) {
        wg_write_bytes(out, raw.ptr, raw.len);
    } else {
        wg_write_bytes(out, &empty, 1);
    }
}

static inline void write_name(const struct wg_property *p, struct wg_writer *out) {
    bool roomy = (size_t)(out->end - out->at) > WG_PROPERTY_NAME_ROOM;
    uint8_t *at = wg_write_room(out, 1u + p->name_len);
    if (at == NULL) {
        return;
    }
    at[0] = (uint8_t)(0xa0u | p->name_len);
    if (roomy) {
        memcpy(at + 1, p->name, WG_PROPERTY_NAME_ROOM); /* a constant size is much faster */
    } else {
        memcpy(at + 1, p->name, p->name_len);
    }
}

static void write_property(const struct wg_property *p, const void *value, struct wg_writer *out) {
    static const uint8_t empty_map[] = {0x80};
    const uint8_t *at = (const uint8_t *)value + p->offset;
    switch ((enum wg_property_kind)p->kind) {
    case WG_P_INT64:
    case WG_P_INT32:
        wg_mp_write_int(out, *(const int64_t *)(const void *)at);
        return;
    case WG_P_BOOL:
        wg_mp_write_bool(out, *(const bool *)(const void *)at);
        return;
    default:
        break;
    }
    struct wg_bytes bytes = *bytes_of(value, p->offset);
    if (p->kind == WG_P_STR) {
        wg_mp_write_str(out, bytes);
    } else if (p->kind == WG_P_ENUM) {
        wg_mp_write_str(out, bytes.len > 0 ? bytes : wg_bytes_of(p->text, p->text_len));
    } else if (p->kind == WG_P_BIN) {
        wg_mp_write_bin(out, bytes);
    } else if (p->kind == WG_P_DOC) {
        wg_mp_write_bin(out, bytes.len > 0 ? bytes : wg_bytes_of(empty_map, 1));
    } else {
        write_inline(out, bytes, p->kind == WG_P_ARRAY ? 0x90 : 0x80);
    }
}

/* Walks the span of unknown properties: counts those that the table does not know and, with `out`,
 * writes them. */
static uint32_t unknown_properties(const struct wg_schema *schema, struct wg_bytes span,
                                   struct wg_writer *out) {
    if (span.len == 0) {
        return 0;
    }
    struct wg_reader r = wg_reader_on(span);
    uint32_t count = 0;
    while (!r.failed && wg_reader_left(&r) > 0) {
        const uint8_t *start = r.at;
        struct wg_mp_token name = {.bytes = {NULL, 0}};
        struct wg_bytes raw;
        if (!wg_mp_read(&r, &name) || !wg_mp_skip(&r, &raw)) {
            break;
        }
        if (wg_schema_find(schema, name.bytes) == schema->count) {
            count++;
            if (out != NULL) {
                wg_write_bytes(out, start, (size_t)(r.at - start));
            }
        }
    }
    return count;
}

wg_status wg_value_encode(uint8_t value_type, const void *value, struct wg_writer *out) {
    const struct wg_schema *schema = &wg_value_schemas[value_type];
    if (schema->count == 0) {
        return WG_UNSUPPORTED;
    }
    struct wg_bytes unknown = *bytes_of(value, schema->unknown_offset);
    wg_mp_write_map(out, schema->count + unknown_properties(schema, unknown, NULL));
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct wg_property *p = &schema->properties[i];
        write_name(p, out);
        write_property(p, value, out);
    }
    unknown_properties(schema, unknown, out);
    return out->failed ? WG_FULL : WG_OK;
}

/* --- decode ---------------------------------------------------------------------------------- */

static bool is_map(struct wg_bytes bytes) {
    return (bytes.ptr[0] & 0xf0u) == 0x80u || bytes.ptr[0] == 0xdeu || bytes.ptr[0] == 0xdfu;
}

static bool is_array(struct wg_bytes bytes) {
    return (bytes.ptr[0] & 0xf0u) == 0x90u || bytes.ptr[0] == 0xdcu || bytes.ptr[0] == 0xddu;
}

/* A document's payload: a map; nil is an empty one. */
static bool take_document(struct wg_bytes payload, struct wg_bytes *ret_document) {
    bool nil = payload.len == 1 && payload.ptr[0] == 0xc0u;
    if (payload.len > 0 && !nil && !is_map(payload)) {
        return false;
    }
    *ret_document = nil ? wg_bytes_of(NULL, 0) : payload;
    return true;
}

static bool check_map(const struct wg_schema *schema, struct wg_reader *r);

static bool number_fits(const struct wg_property *p, int64_t number) {
    return p->kind != WG_P_INT32 || number == (int32_t)number;
}

/* Whether the elements of an array are what its row says. The array itself is well-formed. */
static bool check_elements(const struct wg_property *p, struct wg_bytes array) {
    struct wg_reader r = wg_reader_on(array);
    struct wg_mp_token token;
    bool good = wg_mp_read(&r, &token);
    int64_t count = token.number;
    for (int64_t i = 0; good && i < count; i++) {
        if (p->element_kind == WG_P_MAP) {
            good = check_map(p->element, &r);
        } else {
            good = wg_mp_read(&r, &token) &&
                   token.kind == (p->element_kind == WG_P_STR ? WG_MP_STR : WG_MP_INT);
        }
    }
    return good;
}

/* Kinds that are kept inline; `raw` is one well-formed value. */
static bool check_inline(const struct wg_property *p, struct wg_bytes raw) {
    return p->kind == WG_P_RAW || (p->kind == WG_P_MAP && is_map(raw)) ||
           (p->kind == WG_P_ARRAY && is_array(raw) && check_elements(p, raw));
}

static enum wg_mp_kind token_kind(const struct wg_property *p) {
    switch ((enum wg_property_kind)p->kind) {
    case WG_P_INT64:
    case WG_P_INT32:
        return WG_MP_INT;
    case WG_P_BOOL:
        return WG_MP_BOOL;
    case WG_P_STR:
    case WG_P_ENUM:
        return WG_MP_STR;
    default:
        return WG_MP_BIN;
    }
}

static bool check_property(const struct wg_property *p, struct wg_reader *r) {
    struct wg_bytes raw;
    struct wg_mp_token token;
    if (p->kind >= WG_P_RAW) {
        return wg_mp_skip(r, &raw) && check_inline(p, raw);
    }
    return wg_mp_read(r, &token) && token.kind == token_kind(p) &&
           (token.kind != WG_MP_INT || number_fits(p, token.number)) &&
           (p->kind != WG_P_DOC || take_document(token.bytes, &raw));
}

/* Whether all rows without a default are among those seen (one bit each). */
static bool has_required(const struct wg_schema *schema, uint32_t seen) {
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->properties[i].required && (seen >> i & 1u) == 0) {
            return false;
        }
    }
    return true;
}

/* A map inside an array. Tables nest four deep at most, and so does this. */
static bool check_map(const struct wg_schema *schema, struct wg_reader *r) {
    struct wg_mp_token map;
    struct wg_mp_token name;
    struct wg_bytes raw;
    uint32_t seen = 0;
    if (!wg_mp_read(r, &map) || map.kind != WG_MP_MAP) {
        return false;
    }
    for (int64_t i = 0; i < map.number; i++) {
        if (!wg_mp_read(r, &name) || name.kind != WG_MP_STR) {
            return false;
        }
        uint32_t row = wg_schema_find(schema, name.bytes);
        if (row == schema->count ? !wg_mp_skip(r, &raw)
                                 : !check_property(&schema->properties[row], r)) {
            return false;
        }
        seen |= row == schema->count ? 0 : 1u << row;
    }
    return has_required(schema, seen);
}

static bool read_number(const struct wg_property *p, struct wg_reader *r, void *value) {
    struct wg_mp_token token;
    if (!wg_mp_read(r, &token)) {
        return false;
    }
    if (p->kind == WG_P_BOOL) {
        *(bool *)(void *)((uint8_t *)value + p->offset) = token.number != 0;
        return token.kind == WG_MP_BOOL;
    }
    if (token.kind != WG_MP_INT || !number_fits(p, token.number)) {
        return false;
    }
    *number_at(value, p->offset) = token.number;
    return true;
}

/* A number in 8 bytes, as keys are; 0 = it is none, or would not fit. */
static inline int64_t wide_number(const struct wg_reader *r) {
    if (*r->at != 0xcfu || wg_reader_left(r) < 9) {
        return 0;
    }
    uint64_t number = __builtin_bswap64(wg_load_le(r->at + 1, 8));
    return number <= INT64_MAX ? (int64_t)number : 0;
}

/* One-byte numbers, keys and short texts, which most properties are, without a token. */
static inline bool read_short(const struct wg_property *p, struct wg_reader *r, void *value) {
    if (wg_reader_left(r) == 0) {
        return false;
    }
    uint8_t head = *r->at;
    if (p->kind <= WG_P_INT32 && (head < 0x80u || head >= 0xe0u)) {
        *number_at(value, p->offset) = (int8_t)head;
        r->at++;
        return true;
    }
    if (p->kind == WG_P_INT64) {
        int64_t number = wide_number(r);
        *number_at(value, p->offset) = number != 0 ? number : *number_at(value, p->offset);
        r->at += number != 0 ? 9 : 0;
        return number != 0;
    }
    uint32_t len = head & 31u;
    if ((p->kind == WG_P_STR || p->kind == WG_P_ENUM) && (head & 0xe0u) == 0xa0u &&
        wg_reader_left(r) > len) {
        *bytes_at(value, p->offset) = wg_bytes_of(r->at + 1, len);
        r->at += 1 + len;
        return true;
    }
    return false;
}

static bool read_property(const struct wg_property *p, struct wg_reader *r, void *value) {
    if (read_short(p, r, value)) {
        return true;
    }
    if (p->kind <= WG_P_BOOL) {
        return read_number(p, r, value);
    }
    struct wg_bytes *bytes = bytes_at(value, p->offset);
    if (p->kind >= WG_P_RAW) {
        return wg_mp_skip_inner(r, bytes) && check_inline(p, *bytes);
    }
    struct wg_mp_token token;
    if (!wg_mp_read(r, &token)) {
        return false;
    }
    if (token.kind != token_kind(p)) {
        return false;
    }
    if (p->kind == WG_P_DOC) {
        return take_document(token.bytes, bytes);
    }
    *bytes = token.bytes;
    return true;
}

/* Compares word by word; WG_PROPERTY_NAME_ROOM bytes can be read at `at`. */
static inline bool same_words(const struct wg_property *p, const uint8_t *at) {
    const uint8_t *name = (const uint8_t *)p->name;
    uint32_t i = 0;
    for (; i + 8 <= p->name_len; i += 8) {
        if (wg_load_le(at + i, 8) != wg_load_le(name + i, 8)) {
            return false;
        }
    }
    uint32_t rest = p->name_len - i;
    return rest == 0 ||
           (wg_load_le(at + i, 8) ^ wg_load_le(name + i, 8)) << (64 - 8 * rest) == 0;
}

/* Whether the next name is `p`'s; then the reader stands behind it. */
static inline bool take_expected(const struct wg_property *p, struct wg_reader *r) {
    size_t need = 1u + p->name_len;
    size_t left = wg_reader_left(r);
    if (left < need || r->at[0] != (0xa0u | p->name_len)) {
        return false;
    }
    bool same = left > WG_PROPERTY_NAME_ROOM ? same_words(p, r->at + 1)
                                 : memcmp(r->at + 1, p->name, p->name_len) == 0;
    r->at += same ? need : 0;
    return same;
}

/* Reads a name that was not the expected one; the row's number, or count after having skipped an
 * unknown property. */
static bool take_other(const struct wg_schema *schema, struct wg_reader *r,
                       struct wg_bytes *unknown, uint32_t *ret_row) {
    const uint8_t *start = r->at;
    struct wg_mp_token name;
    struct wg_bytes raw;
    if (!wg_mp_read(r, &name) || name.kind != WG_MP_STR) {
        return false;
    }
    *ret_row = wg_schema_find(schema, name.bytes);
    if (*ret_row < schema->count) {
        return true;
    }
    if (!wg_mp_skip_inner(r, &raw)) {
        return false;
    }
    const uint8_t *first = unknown->len > 0 ? unknown->ptr : start;
    *unknown = wg_bytes_of(first, (size_t)(r->at - first));
    return true;
}

/* Into a value that is all 0. */
static bool read_properties(const struct wg_schema *schema, struct wg_reader *r, int64_t count,
                            void *value) {
    struct wg_bytes *unknown = bytes_at(value, schema->unknown_offset);
    uint32_t next = 0;
    uint32_t seen = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t row = next;
        if (next == schema->count || !take_expected(&schema->properties[next], r)) {
            if (!take_other(schema, r, unknown, &row)) {
                return false;
            }
            if (row == schema->count) {
                continue;
            }
        }
        if (!read_property(&schema->properties[row], r, value)) {
            return false;
        }
        seen |= 1u << row;
        next = row + 1;
    }
    if (seen == UINT32_MAX >> (32 - schema->count)) {
        return true; /* as our writer leaves it: nothing is missing */
    }
    set_defaults(schema, seen, value);
    return has_required(schema, seen);
}

wg_status wg_value_decode(uint8_t value_type, struct wg_bytes bytes, void *ret_value) {
    const struct wg_schema *schema = &wg_value_schemas[value_type];
    struct wg_mp_token map;
    if (schema->count == 0) {
        return WG_UNSUPPORTED;
    }
    if (bytes.len == 0) {
        return WG_TRUNCATED;
    }
    struct wg_reader r = wg_reader_on(bytes);
    if (!wg_mp_read(&r, &map) || map.kind != WG_MP_MAP) {
        return WG_CORRUPT;
    }
    memset(ret_value, 0, schema->struct_bytes);
    return read_properties(schema, &r, map.number, ret_value) ? WG_OK : WG_CORRUPT;
}
