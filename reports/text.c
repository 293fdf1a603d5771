/* Helpers of the writers. */
#include "reports/text.h"

#include <inttypes.h>
#include <string.h>

static const char *const verdict_names[] = {"passed", "failed", "error", "skipped"};
static const char *const cause_names[WG_CAUSE_COUNT] = {
    "failover",         "restart",          "power_loss",  "retry",
    "director_restart", "snapshot_install", "unexplained", NULL};

const char *wg_verdict_name(enum wg_verdict verdict) {
    return verdict_names[verdict];
}

int wg_verdict_find(const char *name) {
    for (int i = 0; i < 4; i++) {
        if (strcmp(verdict_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *wg_cause_name(uint32_t cause) {
    return cause < WG_CAUSE_COUNT ? cause_names[cause] : NULL;
}

uint64_t wg_per_million(uint64_t count, uint64_t total) {
    return total == 0 ? 0 : (uint64_t)((unsigned __int128)count * 1000000 / total);
}

void wg_format_ratio(uint64_t per_million, char *out, size_t size) {
    snprintf(out, size, "%" PRIu64 ".%04" PRIu64 "%%", per_million / 10000, per_million % 10000);
}

void wg_format_bytes(uint64_t bytes, char *out, size_t size) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    uint64_t tenths = bytes;
    while (unit < 4 && tenths >= 1024) {
        tenths = unit == 0 ? tenths * 10 / 1024 : tenths / 1024;
        unit++;
        if (tenths < 10240) {
            break;
        }
    }
    if (unit == 0) {
        snprintf(out, size, "%" PRIu64 " B", bytes);
    } else {
        snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
    }
}

void wg_format_time(int64_t ns, char *out, size_t size) {
    int64_t ms = ns / 1000000;
    if (ms < 60000) {
        snprintf(out, size, "%" PRId64 ".%03" PRId64 "s", ms / 1000, ms % 1000);
    } else if (ms < 3600000) {
        snprintf(out, size, "%" PRId64 "m%02" PRId64 "s", ms / 60000, ms / 1000 % 60);
    } else {
        snprintf(out, size, "%" PRId64 "h%02" PRId64 "m", ms / 3600000, ms / 60000 % 60);
    }
}

void wg_format_count(uint64_t count, char *out, size_t size) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t used = 0;
    for (int i = 0; i < n && used + 2 < size; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

size_t wg_utf8_length(const char *text, size_t len) {
    const unsigned char *bytes = (const unsigned char *)text;
    if (len == 0 || bytes[0] < 0x80) {
        return len == 0 ? 0 : 1;
    }
    size_t need = bytes[0] >= 0xf0 ? 4 : (bytes[0] >= 0xe0 ? 3 : 2);
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || need > len) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* Overlong forms, surrogates and what lies above U+10FFFF. */
    bool bad = (bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
               (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f);
    return bad ? 0 : need;
}

void wg_print_safe(const char *text, FILE *out) {
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t n = wg_utf8_length(text + i, len - i);
        unsigned char c = (unsigned char)text[i];
        /* C1 controls are two bytes in UTF-8 and move cursors as well. */
        bool c1 = n == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0;
        if (n == 0 || c1 || c < 0x20 || c == 0x7f) {
            fputc('?', out);
            i += n == 0 ? 1 : n;
            continue;
        }
        fwrite(text + i, 1, n, out);
        i += n;
    }
}
