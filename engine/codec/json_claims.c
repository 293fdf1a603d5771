/* The `authorizations` of an exported record. The metadata holds a map {format, authData}; Zeebe
 * shows what it decodes from it: for a JWT the claim `authorized_tenants` of the token, for any
 * other format the default tenant. A token is three parts with dots, base64url each; the second one
 * is the JSON of the claims. Signatures are not checked, upstream does not either. A token that is
 * not readable, or lacks the claim, shows an empty object. */
#include "codec/json.h"
#include "codec/json_reader.h"
#include "codec/metadata.h"
#include "codec/msgpack.h"

#define CLAIM "authorized_tenants"

struct auth_info {
    struct wg_bytes format, data;
};

static struct auth_info read_auth_info(struct wg_bytes authorization) {
    struct auth_info info = {{NULL, 0}, {NULL, 0}};
    struct wg_reader r = wg_reader_on(authorization);
    struct wg_mp_token map;
    if (!wg_mp_read(&r, &map) || map.kind != WG_MP_MAP) {
        return info;
    }
    for (int64_t i = 0; i < map.number; i++) {
        struct wg_mp_token name, value;
        struct wg_bytes raw;
        if (!wg_mp_read(&r, &name)) {
            break;
        }
        struct wg_reader ahead = r;
        if (!wg_mp_skip(&r, &raw)) {
            break;
        }
        if (name.kind != WG_MP_STR || !wg_mp_read(&ahead, &value) || value.kind != WG_MP_STR) {
            continue;
        }
        if (wg_bytes_equal(name.bytes, wg_bytes_str("format"))) {
            info.format = value.bytes;
        } else if (wg_bytes_equal(name.bytes, wg_bytes_str("authData"))) {
            info.data = value.bytes;
        }
    }
    return info;
}

/* The part of a token between its two dots, without base64's optional padding. */
static bool payload_of(struct wg_bytes token, struct wg_bytes *ret_payload) {
    const uint8_t *end = token.len > 0 ? token.ptr + token.len : token.ptr;
    const uint8_t *first = token.len > 0 ? memchr(token.ptr, '.', token.len) : NULL;
    const uint8_t *second =
        first == NULL ? NULL : memchr(first + 1, '.', (size_t)(end - first) - 1);
    if (second == NULL) {
        return false;
    }
    for (uint32_t padding = 0; padding < 2 && second > first + 1 && second[-1] == '='; padding++) {
        second--;
    }
    *ret_payload = wg_bytes_of(first + 1, (size_t)(second - first) - 1);
    return true;
}

static int letter(uint8_t c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* base64url into `out` (three bytes for each four letters suffice); the bytes, -1 if it is none. */
static int64_t decode_base64url(struct wg_bytes letters, uint8_t *out) {
    uint32_t bits = 0;
    uint32_t have = 0;
    int64_t len = 0;
    for (uint32_t i = 0; i < letters.len; i++) {
        int value = letter(letters.ptr[i]);
        if (value < 0) {
            return -1;
        }
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (uint8_t)(bits >> have);
        }
    }
    return letters.len % 4 == 1 ? -1 : len;
}

static bool put_value(struct wg_text *text, struct wg_json_reader *r);

static void put_raw_string(struct wg_text *text, struct wg_bytes raw) {
    uint8_t *memory = wg_alloc(text->env, (size_t)raw.len + 1);
    uint32_t len = wg_json_unescape(raw, memory);
    wg_text_string(text, wg_bytes_of(memory, len));
    wg_free(text->env, memory, (size_t)raw.len + 1);
}

static void put_members(struct wg_text *text, struct wg_json_reader *r) {
    struct wg_bytes key;
    bool first = true;
    bool put_comma = false;
    wg_text_literal(text, "{");
    while (wg_json_next_member(r, &first, &key)) {
        if (put_comma) {
            wg_text_literal(text, ",");
        }
        put_comma = true;
        put_raw_string(text, key);
        wg_text_literal(text, ":");
        if (!put_value(text, r)) {
            return;
        }
    }
    wg_text_literal(text, "}");
}

static void put_elements(struct wg_text *text, struct wg_json_reader *r) {
    bool first = true;
    bool put_comma = false;
    wg_text_literal(text, "[");
    while (wg_json_next_element(r, &first)) {
        if (put_comma) {
            wg_text_literal(text, ",");
        }
        put_comma = true;
        if (!put_value(text, r)) {
            return;
        }
    }
    wg_text_literal(text, "]");
}

/* Copies one value without its space. Recursion ends at the reader's depth. */
static bool put_value(struct wg_text *text, struct wg_json_reader *r) {
    struct wg_bytes raw;
    switch (wg_json_peek(r)) {
    case WG_JSON_OBJECT:
        if (wg_json_open_object(r)) {
            put_members(text, r);
        }
        break;
    case WG_JSON_ARRAY:
        if (wg_json_open_array(r)) {
            put_elements(text, r);
        }
        break;
    case WG_JSON_STRING:
        if (wg_json_raw_string(r, &raw)) {
            put_raw_string(text, raw);
        }
        break;
    default: {
        const uint8_t *start = r->at;
        if (wg_json_skip_value(r)) {
            wg_text_put(text, (const char *)start, (size_t)(r->at - start));
        }
        break;
    }
    }
    return r->error == NULL;
}

/* `"authorized_tenants":...` of the claims, or nothing. Of a claim that comes twice the last
 * counts. */
static void put_claim(struct wg_text *text, struct wg_bytes claims) {
    struct wg_json_reader r = wg_json_reader_on(claims);
    struct wg_json_reader found = {.at = NULL};
    struct wg_bytes key;
    bool first = true;
    if (wg_json_open_object(&r)) {
        while (wg_json_next_member(&r, &first, &key)) {
            found = wg_json_raw_is(key, CLAIM) ? r : found;
            if (!wg_json_skip_value(&r)) {
                return;
            }
        }
    }
    if (wg_json_at_end(&r) && found.at != NULL) {
        wg_text_literal(text, "\"" CLAIM "\":");
        (void)put_value(text, &found); /* it was skipped over, so it is sound */
    }
}

static void put_claims(struct wg_text *text, struct wg_bytes token) {
    struct wg_bytes payload;
    if (!payload_of(token, &payload)) {
        return;
    }
    uint8_t *memory = wg_alloc(text->env, (size_t)payload.len + 1);
    int64_t len = decode_base64url(payload, memory);
    if (len >= 0) {
        put_claim(text, wg_bytes_of(memory, (size_t)len));
    }
    wg_free(text->env, memory, (size_t)payload.len + 1);
}

void wg_json_authorizations(struct wg_text *text, struct wg_bytes authorization) {
    struct auth_info info = {{NULL, 0}, {NULL, 0}};
    if (!wg_authorization_is_unset(authorization)) { /* nearly always it is */
        info = read_auth_info(authorization);
    }
    if (wg_bytes_equal(info.format, wg_bytes_str("JWT"))) {
        wg_text_literal(text, ",\"authorizations\":{");
        put_claims(text, info.data);
        wg_text_literal(text, "}");
    } else {
        wg_text_literal(text, ",\"authorizations\":{\"" CLAIM "\":[\"<default>\"]}");
    }
}
