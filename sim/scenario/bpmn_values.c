/* See bpmn_values.h. */
#include "sim/scenario/bpmn_values.h"

#include "codec/process_model.h"

#include <ctype.h>
#include <string.h>

#define BPMN_NAMESPACE "http://www.omg.org/spec/BPMN/20100524/MODEL"
#define ZEEBE_NAMESPACE "http://camunda.org/schema/zeebe/1.0"
#define NUMBER_MAX INT64_C(1000000000)

uint32_t sim_bpmn_line(const xmlNode *node) {
    long line = node == NULL ? 0 : xmlGetLineNo(node);
    return line > 0 ? (uint32_t)line : 0;
}

static bool is_of(const xmlNode *node, const char *space, const char *name) {
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           strcmp((const char *)node->ns->href, space) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

bool sim_bpmn_is(const xmlNode *node, const char *name) {
    return is_of(node, BPMN_NAMESPACE, name);
}

static const xmlNode *child_of(const xmlNode *node, const char *space, const char *name) {
    const xmlNode *child = node == NULL ? NULL : node->children;
    while (child != NULL && !is_of(child, space, name)) {
        child = child->next;
    }
    return child;
}

const xmlNode *sim_bpmn_child(const xmlNode *node, const char *name) {
    return child_of(node, BPMN_NAMESPACE, name);
}

const xmlNode *sim_bpmn_extension(const xmlNode *node, const char *name) {
    return child_of(sim_bpmn_child(node, "extensionElements"), ZEEBE_NAMESPACE, name);
}

/* The attribute's text if it is plain; entities leave other nodes. */
static const char *text_of(const xmlNode *node, const char *name) {
    const xmlAttr *attribute = node == NULL ? NULL : node->properties;
    while (attribute != NULL &&
           (attribute->ns != NULL || strcmp((const char *)attribute->name, name) != 0)) {
        attribute = attribute->next;
    }
    const xmlNode *text = attribute == NULL ? NULL : attribute->children;
    return text != NULL && text->type == XML_TEXT_NODE && text->next == NULL
               ? (const char *)text->content
               : NULL;
}

bool sim_bpmn_attribute(const xmlNode *node, const char *name, char *out) {
    const char *text = text_of(node, name);
    bool word = strcmp(name, "isSequential") == 0 || strcmp(name, "triggeredByEvent") == 0 ||
                strcmp(name, "cancelActivity") == 0 || strcmp(name, "isExecutable") == 0;
    size_t most = word ? 7 : WG_MODEL_NAME_MAX;
    size_t len = text == NULL ? 0 : strlen(text);
    if (out == NULL || len == 0 || len > most) {
        return out == NULL && len > 0;
    }
    memcpy(out, text, len + 1);
    return true;
}

const xmlNode *sim_bpmn_reference(const xmlNode *node, const char *attribute, const char *name) {
    char wanted[WG_MODEL_NAME_MAX + 1];
    char id[WG_MODEL_NAME_MAX + 1];
    if (node == NULL || !sim_bpmn_attribute(node, attribute, wanted)) {
        return NULL;
    }
    const xmlNode *child = xmlDocGetRootElement(node->doc)->children;
    while (child != NULL && !(sim_bpmn_is(child, name) && sim_bpmn_attribute(child, "id", id) &&
                              strcmp(id, wanted) == 0)) {
        child = child->next;
    }
    return child;
}

/* --- expressions -------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *at) {
    while (isspace((unsigned char)*at)) {
        at++;
    }
    return at;
}

static const char *read_number(const char *at, int64_t *ret_number) {
    int64_t number = 0;
    const char *begin = at;
    for (; isdigit((unsigned char)*at) && number < NUMBER_MAX; at++) {
        number = number * 10 + (*at - '0');
    }
    *ret_number = number;
    return at == begin || isdigit((unsigned char)*at) ? NULL : at;
}

static const char *read_name(const char *at, char *out) {
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) || at[len] == '_') {
        len++;
    }
    if (len == 0 || len > WG_MODEL_NAME_MAX || isdigit((unsigned char)*at)) {
        return NULL;
    }
    memcpy(out, at, len);
    out[len] = '\0';
    return at + len;
}

/* Behind "= name". */
static const char *read_variable(const char *text, char *out) {
    const char *at = text == NULL ? NULL : skip_blanks(text);
    return at != NULL && *at == '=' ? read_name(skip_blanks(at + 1), out) : NULL;
}

bool sim_bpmn_variable(const xmlNode *node, const char *attribute, char *out) {
    const char *end = read_variable(text_of(node, attribute), out);
    return end != NULL && *skip_blanks(end) == '\0';
}

/* The text of an element that holds nothing else. */
static const char *content_of(const xmlNode *node) {
    const xmlNode *text = node->children;
    bool plain = text != NULL && text->next == NULL &&
                 (text->type == XML_TEXT_NODE || text->type == XML_CDATA_SECTION_NODE);
    return plain ? (const char *)text->content : NULL;
}

bool sim_bpmn_condition(const xmlNode *node, char *variable, int64_t *ret_constant) {
    const char *at = read_variable(content_of(node), variable);
    if (at == NULL || *(at = skip_blanks(at)) != '=') {
        return false;
    }
    at = read_number(skip_blanks(at + 1), ret_constant);
    return at != NULL && *skip_blanks(at) == '\0';
}

bool sim_bpmn_number(const xmlNode *node, const char *name, int64_t min, int64_t max,
                     int64_t *ret_number) {
    const char *text = text_of(node, name);
    const char *at = text == NULL ? NULL : read_number(text, ret_number);
    return at != NULL && *at == '\0' && *ret_number >= min && *ret_number <= max;
}

/* Thousandths behind the point. */
static const char *read_fraction(const char *at, int64_t *ret_ms) {
    int64_t unit = 100;
    *ret_ms = 0;
    if (!isdigit((unsigned char)*at)) {
        return NULL;
    }
    for (; isdigit((unsigned char)*at); at++) {
        *ret_ms += (*at - '0') * unit;
        unit /= 10;
    }
    return at;
}

bool sim_bpmn_duration(const xmlNode *node, int64_t max_ms, int64_t *ret_ms) {
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'H', 3600000}, {'M', 60000}, {'S', 1000}};
    const char *at = content_of(node);
    at = at == NULL ? NULL : skip_blanks(at);
    if (at == NULL || at[0] != 'P' || at[1] != 'T') {
        return false;
    }
    *ret_ms = 0;
    at += 2;
    for (size_t i = 0; i < 3 && isdigit((unsigned char)*at); i++) {
        int64_t number;
        int64_t fraction = 0;
        const char *end = read_number(at, &number);
        if (end != NULL && *end == '.' && i == 2) {
            end = read_fraction(end + 1, &fraction);
        } else if (end != NULL && *end == '.') {
            continue; /* only seconds have a fraction */
        }
        if (end == NULL || number > NUMBER_MAX / 3600) {
            return false;
        }
        if (*end == units[i].letter) {
            *ret_ms += number * units[i].ms + fraction;
            at = end + 1;
        }
    }
    return *skip_blanks(at) == '\0' && *ret_ms >= 1 && *ret_ms <= max_ms;
}
