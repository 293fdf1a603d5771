/* JSON text into a room that may be too small. */
#include "waggle/management.h"

#include "base/paths.h"

#include <string.h>

static void put(struct wg_json_out *out, const char *chars, size_t count) {
    for (size_t i = 0; i < count; i++, out->len++) {
        if (out->len + 1 < out->room) {
            out->text[out->len] = chars[i];
        }
    }
    if (out->room > 0) {
        out->text[out->len < out->room ? out->len : out->room - 1] = '\0';
    }
}

void wg_json_put(struct wg_json_out *out, const char *text) { put(out, text, strlen(text)); }

void wg_json_put_number(struct wg_json_out *out, uint64_t number) {
    char digits[WG_DIGITS_MAX];
    size_t count = wg_digits(digits, number);
    put(out, digits + WG_DIGITS_MAX - count, count);
}

void wg_json_put_string(struct wg_json_out *out, const char *text) {
    static const char hex[] = "0123456789abcdef";
    put(out, "\"", 1);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        const char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (c == '"' || c == '\\') {
            put(out, "\\", 1);
        }
        put(out, c < 0x20 ? escaped : text, c < 0x20 ? sizeof escaped : 1);
    }
    put(out, "\"", 1);
}
