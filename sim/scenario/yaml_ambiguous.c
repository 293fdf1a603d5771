/* Which plain scalars YAML 1.1 and 1.2 read differently. Readers of both kinds are in use, so a
 * scenario that means one thing here and another thing in an editor or a CI tool is refused. */
#include "sim/scenario/yaml_tree.h"

#include <string.h>

static bool is_one_of(const char *text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t span_digits(const char *text) {
    size_t n = 0;
    while (is_digit(text[n])) {
        n++;
    }
    return n;
}

static bool only_contains(const char *text, const char *allowed) {
    return text[0] != '\0' && strspn(text, allowed) == strlen(text);
}

/* 12:30, 1:02:03.5 */
static bool is_base_60(const char *text) {
    size_t n = span_digits(text);
    return n > 0 && text[n] == ':' && only_contains(text, "0123456789:._");
}

/* 2001-12-14 and what may follow a date */
static bool is_date(const char *text) {
    return span_digits(text) == 4 && text[4] == '-' && is_digit(text[5]) &&
           strchr(text + 5, '-') != NULL && only_contains(text, "0123456789-:.+TtZz ");
}

/* An exponent without a point or without a sign is a number in 1.2 only. */
static bool is_half_float(const char *text) {
    size_t e = strcspn(text, "eE");
    if (e == 0 || text[e] == '\0' || strspn(text, "0123456789.") != e || !is_digit(text[0])) {
        return false;
    }
    const char *exponent = text + e + 1;
    bool has_sign = exponent[0] == '+' || exponent[0] == '-';
    if (!only_contains(exponent + (has_sign ? 1 : 0), "0123456789")) {
        return false;
    }
    return !has_sign || memchr(text, '.', e) == NULL;
}

static const char *ambiguous_number(const char *text) {
    if (text[0] == '-' || text[0] == '+') {
        text++;
    }
    if (!is_digit(text[0])) {
        return NULL;
    }
    if (strchr(text, '_') != NULL && only_contains(text, "0123456789_.eE+-abcdefABCDEFx:")) {
        return "a number in YAML 1.1 and a text in 1.2";
    }
    if (text[0] == '0' && strchr("xXobB", text[1]) != NULL && text[1] != '\0' &&
        only_contains(text + 2, "0123456789abcdefABCDEF")) {
        return "not a decimal number in one version of YAML and a text in another";
    }
    if (text[0] == '0' && text[1] != '\0' && span_digits(text) == strlen(text)) {
        return "an octal number in YAML 1.1 and a decimal one in 1.2";
    }
    if (is_base_60(text)) {
        return "a number to the base of 60 in YAML 1.1 and a text in 1.2";
    }
    if (is_date(text)) {
        return "a date in YAML 1.1 and a text in 1.2";
    }
    if (is_half_float(text)) {
        return "a text in YAML 1.1 and a number in 1.2";
    }
    return NULL;
}

const char *sim_yaml_ambiguous(const struct sim_yaml_node *node) {
    static const char *const booleans[] = {"y",  "Y",   "n",   "N",   "yes", "Yes", "YES", "no",
                                           "No", "NO",  "on",  "On",  "ON",  "off", "Off", "OFF"};
    if (node->kind != SIM_YAML_SCALAR || !node->plain) {
        return NULL;
    }
    if (is_one_of(node->text, booleans, sizeof booleans / sizeof booleans[0])) {
        return "a boolean in YAML 1.1 and a text in 1.2";
    }
    if (strcmp(node->text, "~") == 0) {
        return "a null that is easily taken for a text";
    }
    if (strcmp(node->text, "=") == 0 || strcmp(node->text, "<<") == 0) {
        return "a special key in YAML 1.1 and a text in 1.2";
    }
    return ambiguous_number(node->text);
}
