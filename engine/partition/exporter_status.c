/* What a management endpoint says about exporters, in Zeebe's words (exporters 3.6): status codes of
 * requests, and the list of GET exporters. */
#include "waggle/inspect.h"

#include "base/bytes.h"
#include "partition/exporter_settings.h"

uint32_t wg_admin_http_status(enum wg_admin_kind kind, wg_status status) {
    bool changes = kind == WG_ADMIN_ENABLE_EXPORTER || kind == WG_ADMIN_DISABLE_EXPORTER;
    switch (status) {
    case WG_OK:
        return changes ? 202 : 204;
    case WG_INVALID:
    case WG_NOT_FOUND:
    case WG_EXISTS:
        return 400;
    case WG_STALE:
        return 409;
    case WG_CLOSED:
    case WG_NOT_LEADER:
        return 503;
    default:
        return 500;
    }
}

/* Counts what does not fit as well, so that the caller learns how much room it takes. */
struct text {
    char *out;
    size_t capacity, len;
};

static void put(struct text *text, const char *chars, size_t len) {
    for (size_t i = 0; i < len; i++, text->len++) {
        if (text->len + 1 < text->capacity) {
            text->out[text->len] = chars[i];
        }
    }
}

static void put_text(struct text *text, const char *chars) { put(text, chars, strlen(chars)); }

static void put_json(struct text *text, const char *chars) {
    static const char hex[] = "0123456789abcdef";
    put(text, "\"", 1);
    for (; *chars != '\0'; chars++) {
        unsigned char c = (unsigned char)*chars;
        char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (c == '"' || c == '\\') {
            put(text, "\\", 1);
        }
        if (c < 0x20) {
            put(text, escaped, sizeof escaped);
        } else {
            put(text, chars, 1);
        }
    }
    put(text, "\"", 1);
}

size_t wg_exporter_settings_json(const struct wg_exporter_settings *settings,
                                 const struct wg_node_options *options, char *out, size_t capacity) {
    static const char *const names[] = {"DISABLED", "ENABLED", "DISABLING", "ENABLING"};
    struct text text = {out, capacity, 0};
    put(&text, "[", 1);
    for (uint32_t i = 0; i < options->exporter_count; i++) {
        bool enables, differs;
        bool here = wg_setting_of(options, i).enabled;
        differs = wg_exporter_settings_differ(settings, i, &enables);
        put_text(&text, i == 0 ? "{\"exporterId\":" : ",{\"exporterId\":");
        put_json(&text, options->exporters[i].id);
        put_text(&text, ",\"status\":\"");
        put_text(&text, names[differs ? 2 + enables : here]);
        put_text(&text, "\"}");
    }
    put(&text, "]", 1);
    if (capacity > 0) {
        out[text.len < capacity ? text.len : capacity - 1] = '\0';
    }
    return text.len;
}
