/* See bytes_io.h. Text is taken for hexadecimal if it holds nothing but an even number of such
 * digits, else for base64 if it holds nothing but that, else for the bytes themselves. */
#include "sim/cli/bytes_io.h"

#include "sim/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)1 << 30)

enum cli_form cli_form_of(const char *name) {
    static const char *const names[] = {"auto", "hex", "base64", "binary"};
    int form = 0;
    while (form < CLI_FORM_UNKNOWN && strcmp(names[form], name) != 0) {
        form++;
    }
    return (enum cli_form)form;
}

static bool read_all(FILE *in, struct cli_bytes *bytes) {
    size_t capacity = 0;
    for (;;) {
        if (bytes->len == capacity) {
            capacity = capacity == 0 ? 65536 : 2 * capacity;
            uint8_t *grown = capacity > INPUT_MAX ? NULL : realloc(bytes->ptr, capacity);
            if (grown == NULL) {
                errno = EFBIG;
                return false;
            }
            bytes->ptr = grown;
        }
        size_t got = fread(bytes->ptr + bytes->len, 1, capacity - bytes->len, in);
        bytes->len += got;
        if (got == 0) {
            return !ferror(in);
        }
    }
}

bool cli_read_input(const char *path, struct cli_bytes *ret_bytes) {
    bool standard = strcmp(path, "-") == 0;
    struct cli_bytes bytes = {NULL, 0};
    FILE *in = standard ? stdin : fopen(path, "rb");
    bool good = in != NULL && read_all(in, &bytes);
    if (!good) {
        cli_usage_error("%s: %s", path, strerror(errno));
        free(bytes.ptr);
    } else {
        *ret_bytes = bytes;
    }
    if (in != NULL && !standard) {
        fclose(in);
    }
    return good;
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_digit(uint8_t c) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    const char *found = c == '\0' ? NULL : strchr(letters, c);
    return found == NULL ? -1 : (int)(found - letters);
}

static bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/* Digits of `width` bits each. Writes to `out` (which may be the input) unless it is NULL. */
static bool decode_digits(const struct cli_bytes *text, unsigned width, int (*digit)(uint8_t),
                          uint8_t *out, size_t *ret_len) {
    uint32_t bits = 0;
    unsigned have = 0;
    size_t len = 0;
    size_t digits = 0;
    size_t padding = 0;
    for (size_t i = 0; i < text->len; i++) {
        uint8_t c = text->ptr[i];
        if (is_space(c)) {
            continue;
        }
        padding += c == '=' && width == 6;
        int value = c == '=' && width == 6 ? 0 : digit(c);
        if (value < 0 || (padding > 0 && c != '=')) {
            return false;
        }
        digits++;
        bits = bits << width | (uint32_t)value;
        have += width;
        if (have >= 8) {
            have -= 8;
            if (out != NULL) {
                out[len] = (uint8_t)(bits >> have);
            }
            len++;
        }
    }
    *ret_len = len - (padding > len ? len : padding);
    return digits > 0 && digits % (width == 6 ? 4 : 2) == 0 && padding <= 2;
}

bool cli_decode_form(struct cli_bytes *bytes, enum cli_form form) {
    size_t len;
    bool hex = form == CLI_FORM_HEX || form == CLI_FORM_AUTO;
    bool base64 = form == CLI_FORM_BASE64 || form == CLI_FORM_AUTO;
    if (hex && decode_digits(bytes, 4, hex_digit, NULL, &len)) {
        return decode_digits(bytes, 4, hex_digit, bytes->ptr, &bytes->len);
    }
    if (base64 && decode_digits(bytes, 6, base64_digit, NULL, &len)) {
        return decode_digits(bytes, 6, base64_digit, bytes->ptr, &bytes->len);
    }
    return form == CLI_FORM_AUTO || form == CLI_FORM_BINARY;
}

static void print_base64(const uint8_t *bytes, size_t len, FILE *out) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= left > 2 ? bytes[i + 2] : 0u;
        fputc(letters[bits >> 18 & 63], out);
        fputc(letters[bits >> 12 & 63], out);
        fputc(left > 1 ? letters[bits >> 6 & 63] : '=', out);
        fputc(left > 2 ? letters[bits & 63] : '=', out);
    }
    fputc('\n', out);
}

void cli_print_form(const uint8_t *bytes, size_t len, enum cli_form form, FILE *out) {
    if (form == CLI_FORM_BINARY) {
        fwrite(bytes, 1, len, out);
        return;
    }
    if (form == CLI_FORM_BASE64) {
        print_base64(bytes, len, out);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        fprintf(out, "%02x", bytes[i]);
    }
    fputc('\n', out);
}
