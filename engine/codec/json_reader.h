/* A small bounded reader of JSON (RFC 8259) for the few JSON texts that the engine itself reads:
 * backup manifests and claims of tokens. A pull reader: the caller asks for what he expects; nothing
 * is allocated, strings borrow. The first error sticks, with its place; after it every call answers
 * false. Depth is bounded by WG_JSON_MAX_DEPTH, UTF-8 and escapes are checked. */
#ifndef WG_CODEC_JSON_READER_H
#define WG_CODEC_JSON_READER_H

#include "base/bytes.h"

#define WG_JSON_MAX_DEPTH 64

enum wg_json_kind {
    WG_JSON_NONE, /* the text ends, or what stands here begins no value */
    WG_JSON_OBJECT,
    WG_JSON_ARRAY,
    WG_JSON_STRING,
    WG_JSON_NUMBER,
    WG_JSON_BOOL,
    WG_JSON_NULL
};

struct wg_json_reader {
    const uint8_t *start, *at, *end;
    uint32_t depth;
    const char *error;    /* constant text; NULL = none so far */
    uint32_t error_at;    /* byte offset of the first byte that does not fit */
};

struct wg_json_reader wg_json_reader_on(struct wg_bytes text);
/* What the next value is; nothing is consumed but space. */
enum wg_json_kind wg_json_peek(struct wg_json_reader *r);

/* bool first = true;
 * if (wg_json_open_object(r)) while (wg_json_next_member(r, &first, &key)) { one value }
 * The loop ends behind the closing brace, or with r->error. The key is raw. */
bool wg_json_open_object(struct wg_json_reader *r);
bool wg_json_next_member(struct wg_json_reader *r, bool *first, struct wg_bytes *ret_raw_key);
/* The same for arrays. */
bool wg_json_open_array(struct wg_json_reader *r);
bool wg_json_next_element(struct wg_json_reader *r, bool *first);

/* A string as it stands between its quotes, escapes and all. */
bool wg_json_raw_string(struct wg_json_reader *r, struct wg_bytes *ret_raw);
/* A number as it stands. */
bool wg_json_raw_number(struct wg_json_reader *r, struct wg_bytes *ret_raw);
/* A number without fraction and exponent that fits. */
bool wg_json_int64(struct wg_json_reader *r, int64_t *ret_number);
bool wg_json_bool(struct wg_json_reader *r, bool *ret_value);
bool wg_json_null(struct wg_json_reader *r);
/* Any one value. */
bool wg_json_skip_value(struct wg_json_reader *r);
/* Nothing but space is left. */
bool wg_json_at_end(struct wg_json_reader *r);

/* What a raw string stands for, into `out` of at least raw.len bytes; its length. */
uint32_t wg_json_unescape(struct wg_bytes raw, uint8_t *out);
/* Whether a raw string stands for `text`, however it is escaped. */
bool wg_json_raw_is(struct wg_bytes raw, const char *text);

#endif
