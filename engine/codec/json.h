/* Pieces of the record-to-JSON writer, private to codec/: appending to a text, and MessagePack to
 * JSON as it stands. */
#ifndef WG_CODEC_JSON_H
#define WG_CODEC_JSON_H

#include "base/bytes.h"
#include "codec/record_json.h"

/* Makes room for `needed` bytes in all. */
void wg_text_grow(struct wg_text *text, size_t needed);
/* Room for `n` more bytes at the end; the caller adds to text->len what it used. */
static inline char *wg_text_room(struct wg_text *text, size_t n) {
    if (text->capacity - text->len < n) {
        wg_text_grow(text, text->len + n);
    }
    return text->ptr + text->len;
}
static inline void wg_text_put(struct wg_text *text, const char *chars, size_t n) {
    memcpy(wg_text_room(text, n), chars, n);
    text->len += n;
}
#define wg_text_literal(text, literal) wg_text_put((text), (literal), sizeof(literal) - 1)
void wg_text_int(struct wg_text *text, int64_t number);
/* The shortest digits that read back as the same double, laid out as Java does. */
void wg_text_double(struct wg_text *text, double number);
/* A JSON string: escaped as Jackson does, invalid UTF-8 replaced by U+FFFD. */
void wg_text_string(struct wg_text *text, struct wg_bytes chars);
/* Bytes of the UTF-8 sequence of more than one byte at `p`, 0 if there is no valid one. */
uint32_t wg_utf8_bytes(const uint8_t *p, size_t left);
void wg_text_base64(struct wg_text *text, struct wg_bytes bytes);
/* Makes the JSON text from `start` on into one JSON string holding it. */
void wg_text_quote(struct wg_text *text, size_t start);

/* The next MessagePack value as JSON; binary becomes base64. False: malformed, or deeper than
 * WG_MP_MAX_DEPTH. */
bool wg_json_any(struct wg_text *text, struct wg_reader *r, uint32_t depth);

/* `"ancestorScopeKeys":[...]` of a modification whose activate instructions are the given raw value;
 * [] if they are not what they should be. */
void wg_json_scope_keys(struct wg_text *text, struct wg_bytes instructions);

/* `,"authorizations":{...}` of the metadata's authorization (a MessagePack map, or nothing). */
void wg_json_authorizations(struct wg_text *text, struct wg_bytes authorization);

#endif
