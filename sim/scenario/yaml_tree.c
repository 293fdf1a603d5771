/* Builds the tree from libyaml's events; its document interface would hide aliases and styles. */
#include "sim/scenario/yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct builder {
    struct sim_diagnostics *diagnostics;
    struct sim_yaml_tree *tree;
    struct sim_yaml_node *open[SIM_YAML_MAX_DEPTH];
    uint32_t depth;
    uint32_t aliases;
    uint32_t nodes;
    bool stop; /* an error after which going on makes no sense */
};

static void *must(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static struct sim_diagnostic *complain(struct builder *builder, uint32_t code, yaml_mark_t mark,
                                       const char *message) {
    return sim_diagnostics_add(builder->diagnostics, code, (uint32_t)mark.line + 1,
                               (uint32_t)mark.column + 1, "", "%s", message);
}

static void refuse_limit(struct builder *builder, yaml_mark_t mark, const char *message) {
    complain(builder, SIM_WG_LIMIT, mark, message);
    builder->stop = true;
}

static struct sim_yaml_node *new_node(struct builder *builder, enum sim_yaml_kind kind,
                                      const yaml_event_t *event, const yaml_char_t *anchor) {
    struct sim_yaml_node *node = must(calloc(1, sizeof *node));
    node->kind = (uint32_t)kind;
    node->line = (uint32_t)event->start_mark.line + 1;
    node->column = (uint32_t)event->start_mark.column + 1;
    node->size = 1;
    node->anchor = anchor == NULL ? NULL : must(strdup((const char *)anchor));
    node->next = builder->tree->all;
    builder->tree->all = node;
    return node;
}

static bool is_key_position(const struct sim_yaml_node *parent) {
    return parent->kind == SIM_YAML_MAPPING && parent->item_count % 2 == 0;
}

/* Checks a key that is about to be added to `mapping`. */
static void check_key(struct builder *builder, const struct sim_yaml_node *mapping,
                      const struct sim_yaml_node *key, yaml_mark_t mark) {
    if (key->kind != SIM_YAML_SCALAR) {
        complain(builder, SIM_WG_WRONG_KIND, mark, "a key must be a word");
        builder->stop = true;
        return;
    }
    if (key->plain && strcmp(key->text, "<<") == 0) {
        struct sim_diagnostic *entry =
            complain(builder, SIM_WG_MERGE_KEY, mark, "merge keys are not allowed");
        sim_diagnostic_help(entry, "write the keys out; YAML 1.2 has no merge key");
        return;
    }
    for (uint32_t i = 0; i + 1 < mapping->item_count; i += 2) {
        const struct sim_yaml_node *earlier = mapping->items[i];
        if (earlier->len == key->len && memcmp(earlier->text, key->text, key->len) == 0) {
            struct sim_diagnostic *entry = sim_diagnostics_add(
                builder->diagnostics, SIM_WG_DUPLICATE_KEY, key->line, key->column, "",
                "the key `%.60s` occurs twice", key->text);
            sim_diagnostic_help(entry, "the first one is in line %u", earlier->line);
        }
    }
}

static void add_child(struct builder *builder, struct sim_yaml_node *node, yaml_mark_t mark) {
    builder->nodes += node->size;
    if (builder->nodes > SIM_YAML_MAX_NODES) {
        refuse_limit(builder, mark, "more than 20000 values in one file");
        return;
    }
    if (builder->depth == 0) {
        builder->tree->root = node;
        return;
    }
    struct sim_yaml_node *parent = builder->open[builder->depth - 1];
    if (is_key_position(parent)) {
        check_key(builder, parent, node, mark);
    }
    if ((parent->item_count & (parent->item_count - 1)) == 0) {
        size_t room = parent->item_count == 0 ? 1 : (size_t)parent->item_count * 2;
        parent->items = must(realloc(parent->items, room * sizeof(struct sim_yaml_node *)));
    }
    parent->items[parent->item_count++] = node;
}

static void open_collection(struct builder *builder, struct sim_yaml_node *node,
                            yaml_mark_t mark) {
    if (builder->depth == SIM_YAML_MAX_DEPTH) {
        refuse_limit(builder, mark, "nested deeper than 32 levels");
        return;
    }
    add_child(builder, node, mark);
    builder->open[builder->depth++] = node;
}

static void close_collection(struct builder *builder) {
    struct sim_yaml_node *node = builder->open[--builder->depth];
    for (uint32_t i = 0; i < node->item_count; i++) {
        node->size += node->items[i]->size;
    }
    node->finished = true;
}

static void add_alias(struct builder *builder, const yaml_event_t *event) {
    const char *name = (const char *)event->data.alias.anchor;
    if (++builder->aliases > SIM_YAML_MAX_ALIASES) {
        refuse_limit(builder, event->start_mark, "more than 100 aliases in one file");
        return;
    }
    const struct sim_yaml_node *found = builder->tree->all;
    while (found != NULL && (found->anchor == NULL || strcmp(found->anchor, name) != 0)) {
        found = found->next;
    }
    if (found == NULL || !found->finished) {
        struct sim_diagnostic *entry =
            complain(builder, SIM_WG_SYNTAX, event->start_mark, "");
        snprintf(entry->message, sizeof entry->message,
                 found == NULL ? "no anchor `&%.40s` before this alias"
                               : "the alias `*%.40s` is inside of what it stands for",
                 name);
        builder->stop = true;
        return;
    }
    /* The list holds const nodes only while we search it. */
    add_child(builder, (struct sim_yaml_node *)(uintptr_t)found, event->start_mark);
}

static void refuse_tag(struct builder *builder, const yaml_event_t *event,
                       const yaml_char_t *tag) {
    if (tag != NULL) {
        struct sim_diagnostic *entry =
            complain(builder, SIM_WG_TAG, event->start_mark, "tags are not allowed");
        sim_diagnostic_help(entry, "remove `%.60s`", (const char *)tag);
    }
}

static void add_scalar(struct builder *builder, const yaml_event_t *event) {
    refuse_tag(builder, event, event->data.scalar.tag);
    struct sim_yaml_node *node =
        new_node(builder, SIM_YAML_SCALAR, event, event->data.scalar.anchor);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->len = event->data.scalar.length;
    node->text = must(malloc(node->len + 1));
    memcpy(node->text, event->data.scalar.value, node->len);
    node->text[node->len] = '\0';
    node->finished = true;
    if (memchr(node->text, '\0', node->len) != NULL) {
        complain(builder, SIM_WG_SYNTAX, event->start_mark, "a NUL character");
    }
    add_child(builder, node, event->start_mark);
}

static void handle(struct builder *builder, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        add_scalar(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_tag(builder, event, event->data.sequence_start.tag);
        open_collection(builder,
                        new_node(builder, SIM_YAML_SEQUENCE, event,
                                 event->data.sequence_start.anchor),
                        event->start_mark);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_tag(builder, event, event->data.mapping_start.tag);
        open_collection(builder,
                        new_node(builder, SIM_YAML_MAPPING, event,
                                 event->data.mapping_start.anchor),
                        event->start_mark);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(builder);
        break;
    case YAML_ALIAS_EVENT:
        add_alias(builder, event);
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (builder->tree->root != NULL) {
            complain(builder, SIM_WG_SYNTAX, event->start_mark, "a second document in the file");
            builder->stop = true;
        }
        break;
    default:
        break;
    }
}

static void complain_syntax(struct builder *builder, const yaml_parser_t *parser) {
    char message[160];
    snprintf(message, sizeof message, "not YAML: %s%s%s",
             parser->problem == NULL ? "unreadable bytes" : parser->problem,
             parser->context == NULL ? "" : " ", parser->context == NULL ? "" : parser->context);
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR) {
        /* The reader only knows a byte offset. */
        mark = (yaml_mark_t){0};
        const char *source = builder->diagnostics->source;
        for (size_t i = 0; i < parser->problem_offset && i < builder->diagnostics->source_len;
             i++) {
            mark.column = source[i] == '\n' ? 0 : mark.column + 1;
            mark.line += source[i] == '\n' ? 1 : 0;
        }
    }
    complain(builder, SIM_WG_SYNTAX, mark, message);
    builder->stop = true;
}

static void parse_events(struct builder *builder, yaml_parser_t *parser) {
    bool end = false;
    while (!end && !builder->stop) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            complain_syntax(builder, parser);
            return;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        handle(builder, &event);
        yaml_event_delete(&event);
    }
}

/* Some editors put a byte order mark in front; it is no part of the text. */
static void drop_byte_order_mark(struct sim_diagnostics *diagnostics) {
    if (diagnostics->source_len >= 3 && memcmp(diagnostics->source, "\xef\xbb\xbf", 3) == 0) {
        diagnostics->source_len -= 3;
        memmove(diagnostics->source, diagnostics->source + 3, diagnostics->source_len + 1);
    }
}

bool sim_yaml_parse(struct sim_diagnostics *diagnostics, struct sim_yaml_tree *ret_tree) {
    *ret_tree = (struct sim_yaml_tree){0};
    struct builder builder = {.diagnostics = diagnostics, .tree = ret_tree};
    if (diagnostics->source_len > SIM_YAML_MAX_BYTES) {
        refuse_limit(&builder, (yaml_mark_t){0}, "larger than 1 MiB");
        return false;
    }
    drop_byte_order_mark(diagnostics);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        abort();
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)diagnostics->source,
                                 diagnostics->source_len);
    /* Nothing says "UTF-16" in a scenario; guessing would accept bytes that are not text. */
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    parse_events(&builder, &parser);
    yaml_parser_delete(&parser);
    if (!builder.stop && ret_tree->root == NULL) {
        complain(&builder, SIM_WG_SYNTAX, (yaml_mark_t){0}, "the file is empty");
    }
    if (diagnostics->count > 0) {
        ret_tree->root = NULL;
    }
    return ret_tree->root != NULL;
}

void sim_yaml_free(struct sim_yaml_tree *tree) {
    struct sim_yaml_node *node = tree->all;
    while (node != NULL) {
        struct sim_yaml_node *next = node->next;
        free(node->text);
        free(node->items);
        free(node->anchor);
        free(node);
        node = next;
    }
    *tree = (struct sim_yaml_tree){0};
}
