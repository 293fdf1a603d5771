/* MessagePack as Zeebe writes and reads it. The writer takes the shortest form; the reader takes
 * any width, refuses 0xc1, unsigned numbers of 64 bits with the top bit set and lengths with bit 31
 * set, and never recurses. */
#include "codec/msgpack.h"

#include <float.h>

enum {
    MAP_FIX = 0x80,
    ARRAY_FIX = 0x90,
    STR_FIX = 0xa0,
    NIL = 0xc0,
    BOOL_FALSE = 0xc2,
    BOOL_TRUE = 0xc3,
    BIN_8 = 0xc4,
    EXT_8 = 0xc7,
    FLOAT_32 = 0xca,
    FLOAT_64 = 0xcb,
    UINT_8 = 0xcc,
    UINT_64 = 0xcf,
    INT_8 = 0xd0,
    FIXEXT_1 = 0xd4,
    STR_8 = 0xd9,
    ARRAY_16 = 0xdc,
    MAP_16 = 0xde,
    NEGATIVE_FIX = 0xe0
};

/* --- write ----------------------------------------------------------------------------------- */

static void store_be(uint8_t *p, uint64_t v, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
    }
}

/* A format byte and a number of `width` bytes behind it. */
static void write_tagged(struct wg_writer *w, unsigned tag, uint64_t number, unsigned width) {
    if (!w->failed && (size_t)(w->end - w->at) >= 9) { /* room for the widest: one store */
        w->at[0] = (uint8_t)tag;
        store_be(w->at + 1, number << ((64 - 8 * width) & 63), 8);
        w->at += 1 + width;
        return;
    }
    uint8_t *p = wg_write_room(w, 1 + width);
    if (p != NULL) {
        p[0] = (uint8_t)tag;
        store_be(p + 1, number, width);
    }
}

/* Of the widths 1, 2, 4, 8 the least that holds `number`, as its power of two. */
static unsigned unsigned_width(uint64_t number) {
    return number <= UINT8_MAX ? 0 : number <= UINT16_MAX ? 1 : number <= UINT32_MAX ? 2 : 3;
}

static unsigned signed_width(int64_t number) {
    return number >= INT8_MIN ? 0 : number >= INT16_MIN ? 1 : number >= INT32_MIN ? 2 : 3;
}

void wg_mp_write_int(struct wg_writer *w, int64_t number) {
    if (number >= -32 && number <= 127) {
        write_tagged(w, (uint8_t)number, 0, 0);
    } else if (number > 0) {
        unsigned width = unsigned_width((uint64_t)number);
        write_tagged(w, UINT_8 + width, (uint64_t)number, 1u << width);
    } else {
        unsigned width = signed_width(number);
        write_tagged(w, INT_8 + width, (uint64_t)number, 1u << width);
    }
}

void wg_mp_write_str(struct wg_writer *w, struct wg_bytes text) {
    if (text.len < 32) {
        write_tagged(w, STR_FIX | text.len, 0, 0);
    } else {
        unsigned width = unsigned_width(text.len);
        write_tagged(w, STR_8 + width, text.len, 1u << width);
    }
    wg_write_bytes(w, text.ptr, text.len);
}

void wg_mp_write_bin(struct wg_writer *w, struct wg_bytes bytes) {
    unsigned width = unsigned_width(bytes.len);
    write_tagged(w, BIN_8 + width, bytes.len, 1u << width);
    wg_write_bytes(w, bytes.ptr, bytes.len);
}

void wg_mp_write_bool(struct wg_writer *w, bool value) {
    write_tagged(w, value ? BOOL_TRUE : BOOL_FALSE, 0, 0);
}

void wg_mp_write_nil(struct wg_writer *w) { write_tagged(w, NIL, 0, 0); }

void wg_mp_write_float(struct wg_writer *w, double number) {
    bool in_range = number >= -(double)FLT_MAX && number <= (double)FLT_MAX;
    float narrow = in_range ? (float)number : 0.0f;
    double again = (double)narrow;
    if (in_range && memcmp(&again, &number, sizeof number) == 0) {
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        write_tagged(w, FLOAT_32, bits, 4);
    } else {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        write_tagged(w, FLOAT_64, bits, 8);
    }
}

/* Maps and arrays: a short form below 16, else 2 or 4 bytes of count. */
static void write_count(struct wg_writer *w, unsigned fix, unsigned tag_16, uint32_t count) {
    if (count < 16) {
        write_tagged(w, fix | count, 0, 0);
    } else if (count <= UINT16_MAX) {
        write_tagged(w, tag_16, count, 2);
    } else {
        write_tagged(w, tag_16 + 1, count, 4);
    }
}

void wg_mp_write_map(struct wg_writer *w, uint32_t count) {
    write_count(w, MAP_FIX, MAP_16, count);
}

void wg_mp_write_array(struct wg_writer *w, uint32_t count) {
    write_count(w, ARRAY_FIX, ARRAY_16, count);
}

/* --- read ------------------------------------------------------------------------------------ */

static uint64_t load_be(const uint8_t *p, unsigned width) {
    return __builtin_bswap64(wg_load_le(p, width)) >> (64 - 8 * width);
}

/* Of 1, 2, 4 or 8 bytes. */
static uint64_t read_be(struct wg_reader *r, unsigned width) {
    if (!r->failed && wg_reader_left(r) >= 8) {
        uint64_t v = __builtin_bswap64(wg_load_le(r->at, 8)) >> (64 - 8 * width);
        r->at += width;
        return v;
    }
    const uint8_t *p = wg_read_bytes(r, width);
    return p == NULL ? 0 : load_be(p, width);
}

static bool read_payload(struct wg_reader *r, enum wg_mp_kind kind, uint64_t len,
                         struct wg_mp_token *token) {
    if (len > INT32_MAX) {
        r->failed = true;
    }
    const uint8_t *p = wg_read_bytes(r, len);
    token->kind = kind;
    token->bytes = wg_bytes_of(p, p == NULL ? 0 : len);
    return !r->failed;
}

/* The least form of an element is one byte, of a map's entry two: a larger count cannot be true. */
static bool read_count(struct wg_reader *r, enum wg_mp_kind kind, uint64_t count,
                       struct wg_mp_token *token) {
    uint64_t least = kind == WG_MP_MAP ? 2 * count : count;
    if (count > INT32_MAX || least > wg_reader_left(r)) {
        r->failed = true;
    }
    token->kind = kind;
    token->number = (int64_t)count;
    return !r->failed;
}

static bool read_number(struct wg_reader *r, unsigned tag, struct wg_mp_token *token) {
    token->kind = WG_MP_INT;
    bool is_signed = tag >= INT_8;
    unsigned width = 1u << (tag & 3u);
    uint64_t raw = read_be(r, width);
    if (!is_signed) {
        r->failed = r->failed || raw > INT64_MAX;
        token->number = r->failed ? 0 : (int64_t)raw;
        return !r->failed;
    }
    uint64_t sign = (uint64_t)1 << (8 * width - 1);
    token->number = (int64_t)((raw ^ sign) - sign);
    return !r->failed;
}

static bool read_float(struct wg_reader *r, unsigned tag, struct wg_mp_token *token) {
    token->kind = WG_MP_FLOAT;
    if (tag == FLOAT_64) {
        uint64_t bits = read_be(r, 8);
        memcpy(&token->real, &bits, sizeof bits);
        return !r->failed;
    }
    uint32_t bits = (uint32_t)read_be(r, 4);
    float narrow;
    memcpy(&narrow, &bits, sizeof bits);
    token->real = (double)narrow;
    return !r->failed;
}

/* An ext's payload begins with its type byte. */
static bool read_ext(struct wg_reader *r, uint64_t len, struct wg_mp_token *token) {
    return read_payload(r, WG_MP_EXT, len + 1, token);
}

/* Format bytes 0xc0 to 0xdf. */
static bool read_tagged(struct wg_reader *r, unsigned tag, struct wg_mp_token *token) {
    switch (tag) {
    case NIL:
        token->kind = WG_MP_NIL;
        return true;
    case BOOL_FALSE:
    case BOOL_TRUE:
        token->kind = WG_MP_BOOL;
        token->number = tag == BOOL_TRUE;
        return true;
    case BIN_8:
    case BIN_8 + 1:
    case BIN_8 + 2:
        return read_payload(r, WG_MP_BIN, read_be(r, 1u << (tag - BIN_8)), token);
    case EXT_8:
    case EXT_8 + 1:
    case EXT_8 + 2:
        return read_ext(r, read_be(r, 1u << (tag - EXT_8)), token);
    case FLOAT_32:
    case FLOAT_64:
        return read_float(r, tag, token);
    case STR_8:
    case STR_8 + 1:
    case STR_8 + 2:
        return read_payload(r, WG_MP_STR, read_be(r, 1u << (tag - STR_8)), token);
    case ARRAY_16:
    case ARRAY_16 + 1:
        return read_count(r, WG_MP_ARRAY, read_be(r, 2u << (tag - ARRAY_16)), token);
    case MAP_16:
    case MAP_16 + 1:
        return read_count(r, WG_MP_MAP, read_be(r, 2u << (tag - MAP_16)), token);
    default:
        break;
    }
    if (tag >= FIXEXT_1 && tag < STR_8) {
        return read_ext(r, (uint64_t)1 << (tag - FIXEXT_1), token);
    }
    if (tag >= UINT_8 && tag < FIXEXT_1) {
        return read_number(r, tag, token);
    }
    r->failed = true; /* 0xc1 */
    return false;
}

bool wg_mp_read(struct wg_reader *r, struct wg_mp_token *ret_token) {
    const uint8_t *p = wg_read_bytes(r, 1);
    if (p == NULL) {
        return false;
    }
    unsigned tag = *p;
    if (tag < MAP_FIX || tag >= NEGATIVE_FIX) {
        ret_token->kind = WG_MP_INT;
        ret_token->number = tag < MAP_FIX ? (int64_t)tag : (int64_t)tag - 256;
        return true;
    }
    if (tag < ARRAY_FIX) {
        return read_count(r, WG_MP_MAP, tag & 15u, ret_token);
    }
    if (tag < STR_FIX) {
        return read_count(r, WG_MP_ARRAY, tag & 15u, ret_token);
    }
    if (tag < NIL) {
        return read_payload(r, WG_MP_STR, tag & 31u, ret_token);
    }
    return read_tagged(r, tag, ret_token);
}

/* Elements that stand behind the token itself. */
static uint64_t children(const struct wg_mp_token *token) {
    if (token->kind == WG_MP_MAP) {
        return 2 * (uint64_t)token->number;
    }
    return token->kind == WG_MP_ARRAY ? (uint64_t)token->number : 0;
}

/* One copy for both bounds, and the reader of tokens inlined into it: the hot path of every check. */
__attribute__((noinline)) static bool skip(struct wg_reader *r, uint32_t levels,
                                           struct wg_bytes *ret_raw) {
    uint64_t missing[WG_MP_MAX_DEPTH + 1]; /* elements yet to come at each level */
    uint32_t depth = 0;
    const uint8_t *start = r->at;
    missing[0] = 1;
    for (;;) {
        struct wg_mp_token token;
        if (!wg_mp_read(r, &token)) {
            return false;
        }
        missing[depth]--;
        uint64_t inner = children(&token);
        if (inner > 0) {
            if (depth == levels) {
                r->failed = true;
                return false;
            }
            missing[++depth] = inner;
        }
        while (missing[depth] == 0) {
            if (depth == 0) {
                *ret_raw = wg_bytes_of(start, (size_t)(r->at - start));
                return true;
            }
            depth--;
        }
    }
}

bool wg_mp_skip(struct wg_reader *r, struct wg_bytes *ret_raw) {
    return skip(r, WG_MP_MAX_DEPTH, ret_raw);
}

bool wg_mp_skip_inner(struct wg_reader *r, struct wg_bytes *ret_raw) {
    return skip(r, WG_MP_MAX_DEPTH - 1, ret_raw);
}
