/* Exporter arguments: YAML to the JSON text that a plugin gets. Scalars are typed by the core
 * schema of YAML 1.2; what 1.1 would type differently has been refused before. */
#include "sim/scenario/loader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct json_text {
    char *bytes;
    size_t len, room;
};

static void append(struct json_text *json, const char *bytes, size_t len) {
    if (json->len + len + 1 > json->room) {
        json->room = (json->len + len + 1) * 2;
        json->bytes = realloc(json->bytes, json->room);
        if (json->bytes == NULL) {
            abort();
        }
    }
    memcpy(json->bytes + json->len, bytes, len);
    json->len += len;
    json->bytes[json->len] = '\0';
}

static void append_text(struct json_text *json, const char *text) {
    append(json, text, strlen(text));
}

/* libyaml has checked that the text is UTF-8. */
static void append_string(struct json_text *json, const char *text, size_t len) {
    append_text(json, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            char escaped[2] = {'\\', (char)c};
            append(json, escaped, 2);
        } else if (c < 0x20) {
            char escaped[8];
            int n = snprintf(escaped, sizeof escaped, "\\u%04x", c);
            append(json, escaped, (size_t)n);
        } else {
            append(json, text + i, 1);
        }
    }
    append_text(json, "\"");
}

static size_t span_digits(const char *text) {
    return strspn(text, "0123456789");
}

/* Is `text` [-+]? digits with an optional point and exponent, at least one digit? */
static bool is_number(const char *text, bool *ret_whole) {
    text += *text == '-' || *text == '+' ? 1 : 0;
    size_t before = span_digits(text);
    text += before;
    size_t after = 0;
    bool point = *text == '.';
    if (point) {
        after = span_digits(++text);
        text += after;
    }
    if (before + after == 0) {
        return false;
    }
    bool exponent = *text == 'e' || *text == 'E';
    if (exponent) {
        text += text[1] == '-' || text[1] == '+' ? 2 : 1;
        size_t digits = span_digits(text);
        if (digits == 0) {
            return false;
        }
        text += digits;
    }
    *ret_whole = !point && !exponent;
    return *text == '\0';
}

static bool fits_64_bits(const char *text) {
    bool negative = *text == '-';
    text += *text == '-' || *text == '+' ? 1 : 0;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (limit - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    return true;
}

/* JSON wants a digit on both sides of the point and no plus sign. */
static void append_number(struct json_text *json, const char *text) {
    if (*text == '-') {
        append_text(json, "-");
    }
    text += *text == '-' || *text == '+' ? 1 : 0;
    size_t before = span_digits(text);
    append(json, before == 0 ? "0" : text, before == 0 ? 1 : before);
    text += before;
    if (*text == '.') {
        size_t after = span_digits(++text);
        append_text(json, ".");
        append(json, after == 0 ? "0" : text, after == 0 ? 1 : after);
        text += after;
    }
    append_text(json, text);
}

static bool is_word(const char *text, const char *a, const char *b, const char *c) {
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

static bool is_not_finite(const char *text) {
    text += *text == '-' || *text == '+' ? 1 : 0;
    return is_word(text, ".inf", ".Inf", ".INF") || is_word(text, ".nan", ".NaN", ".NAN");
}

static bool check_ambiguous(struct sim_loader *loader, const struct sim_yaml_node *node) {
    const char *why = sim_yaml_ambiguous(node);
    if (why == NULL) {
        return true;
    }
    struct sim_diagnostic *entry =
        sim_load_error(loader, node, SIM_WG_AMBIGUOUS, "`%.60s` is %s", node->text, why);
    sim_diagnostic_help(entry, "if a text is meant, write \"%.60s\" in quotes", node->text);
    return false;
}

static void append_plain(struct sim_loader *loader, const struct sim_yaml_node *node,
                         struct json_text *json) {
    bool whole = false;
    if (!check_ambiguous(loader, node)) {
        return;
    }
    if (node->len == 0 || is_word(node->text, "null", "Null", "NULL")) {
        append_text(json, "null");
    } else if (is_word(node->text, "true", "True", "TRUE")) {
        append_text(json, "true");
    } else if (is_word(node->text, "false", "False", "FALSE")) {
        append_text(json, "false");
    } else if (is_not_finite(node->text)) {
        sim_load_error(loader, node, SIM_WG_JSON, "`%.20s` cannot be written as JSON",
                       node->text);
    } else if (is_number(node->text, &whole)) {
        if (whole && !fits_64_bits(node->text)) {
            struct sim_diagnostic *entry = sim_load_error(
                loader, node, SIM_WG_JSON, "`%.60s` does not fit in 64 bits", node->text);
            sim_diagnostic_help(entry, "if a text is meant, write it in quotes");
        }
        append_number(json, node->text);
    } else {
        append_string(json, node->text, node->len);
    }
}

static void append_node(struct sim_loader *loader, const struct sim_yaml_node *node,
                        struct json_text *json);

static void append_mapping(struct sim_loader *loader, const struct sim_yaml_node *node,
                           struct json_text *json) {
    append_text(json, "{");
    for (uint32_t i = 0; i + 1 < node->item_count; i += 2) {
        const struct sim_yaml_node *key = node->items[i];
        size_t length = sim_path_push_key(loader, key->text);
        check_ambiguous(loader, key);
        append_text(json, i == 0 ? "" : ",");
        append_string(json, key->text, key->len);
        append_text(json, ":");
        append_node(loader, node->items[i + 1], json);
        sim_path_pop(loader, length);
    }
    append_text(json, "}");
}

/* Depth is bounded by the parser of the tree. */
static void append_node(struct sim_loader *loader, const struct sim_yaml_node *node,
                        struct json_text *json) {
    if (node->kind == SIM_YAML_MAPPING) {
        append_mapping(loader, node, json);
    } else if (node->kind == SIM_YAML_SEQUENCE) {
        append_text(json, "[");
        for (uint32_t i = 0; i < node->item_count; i++) {
            size_t length = sim_path_push_index(loader, i);
            append_text(json, i == 0 ? "" : ",");
            append_node(loader, node->items[i], json);
            sim_path_pop(loader, length);
        }
        append_text(json, "]");
    } else if (node->plain) {
        append_plain(loader, node, json);
    } else {
        append_string(json, node->text, node->len);
    }
}

void sim_read_args(struct sim_loader *loader, const struct sim_yaml_node *node,
                   const struct sim_field *field, void *target) {
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return;
    }
    struct json_text json = {0};
    append_mapping(loader, node, &json);
    char **member = (char **)((char *)target + field->offset);
    free(*member);
    *member = json.bytes;
}
