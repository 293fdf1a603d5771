/* Any MessagePack value as JSON, as it stands: documents of variables, custom headers, the payload
 * of a variable. Depth is bounded, so is the recursion. */
#include "codec/json.h"

#include "codec/msgpack.h"

static bool put_array(struct wg_text *text, struct wg_reader *r, int64_t count, uint32_t depth) {
    wg_text_literal(text, "[");
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) {
            wg_text_literal(text, ",");
        }
        if (!wg_json_any(text, r, depth + 1)) {
            return false;
        }
    }
    wg_text_literal(text, "]");
    return true;
}

/* JSON has text keys only; numbers are put in quotes. */
static bool put_key(struct wg_text *text, struct wg_reader *r) {
    struct wg_mp_token key;
    if (!wg_mp_read(r, &key)) {
        return false;
    }
    if (key.kind == WG_MP_STR) {
        wg_text_string(text, key.bytes);
    } else if (key.kind == WG_MP_INT) {
        wg_text_literal(text, "\"");
        wg_text_int(text, key.number);
        wg_text_literal(text, "\"");
    }
    wg_text_literal(text, ":");
    return key.kind == WG_MP_STR || key.kind == WG_MP_INT;
}

static bool put_map(struct wg_text *text, struct wg_reader *r, int64_t count, uint32_t depth) {
    wg_text_literal(text, "{");
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) {
            wg_text_literal(text, ",");
        }
        if (!put_key(text, r) || !wg_json_any(text, r, depth + 1)) {
            return false;
        }
    }
    wg_text_literal(text, "}");
    return true;
}

bool wg_json_any(struct wg_text *text, struct wg_reader *r, uint32_t depth) {
    struct wg_mp_token token;
    if (depth > WG_MP_MAX_DEPTH || !wg_mp_read(r, &token)) {
        return false;
    }
    switch (token.kind) {
    case WG_MP_NIL:
        wg_text_literal(text, "null");
        return true;
    case WG_MP_BOOL:
        wg_text_put(text, token.number != 0 ? "true" : "false", token.number != 0 ? 4 : 5);
        return true;
    case WG_MP_INT:
        wg_text_int(text, token.number);
        return true;
    case WG_MP_FLOAT:
        wg_text_double(text, token.real);
        return true;
    case WG_MP_STR:
        wg_text_string(text, token.bytes);
        return true;
    case WG_MP_BIN:
    case WG_MP_EXT:
        wg_text_base64(text, token.bytes);
        return true;
    case WG_MP_ARRAY:
        return put_array(text, r, token.number, depth);
    case WG_MP_MAP:
        return put_map(text, r, token.number, depth);
    }
    return false;
}
