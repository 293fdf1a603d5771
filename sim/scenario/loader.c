/* Tables of fields over YAML nodes: places, unknown keys, missing keys, lists. */
#include "sim/scenario/loader.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 64

struct sim_diagnostic *sim_load_error(struct sim_loader *loader, const struct sim_yaml_node *node,
                                      uint32_t code, const char *format, ...) {
    char message[200];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return sim_diagnostics_add(loader->diagnostics, code, node->line, node->column, loader->path,
                               "%s", message);
}

size_t sim_path_push_key(struct sim_loader *loader, const char *key) {
    size_t length = strlen(loader->path);
    snprintf(loader->path + length, sizeof loader->path - length, "%s%s", length == 0 ? "" : ".",
             key);
    return length;
}

size_t sim_path_push_index(struct sim_loader *loader, uint32_t index) {
    size_t length = strlen(loader->path);
    snprintf(loader->path + length, sizeof loader->path - length, "[%u]", index);
    return length;
}

void sim_path_pop(struct sim_loader *loader, size_t length) {
    loader->path[length] = '\0';
}

void sim_help_nearest(struct sim_diagnostic *entry, const char *word,
                      const char *const *candidates, size_t count) {
    const char *nearest = sim_nearest(word, candidates, count);
    if (nearest != NULL) {
        sim_diagnostic_help(entry, "did you mean `%s`?", nearest);
        return;
    }
    char list[sizeof entry->help] = "one of";
    size_t used = strlen(list);
    for (size_t i = 0; i < count; i++) {
        int n = snprintf(list + used, sizeof list - used, " %s", candidates[i]);
        if (n < 0 || used + (size_t)n >= sizeof list) {
            return;
        }
        used += (size_t)n;
    }
    sim_diagnostic_help(entry, "%s", list);
}

char *sim_copy_text(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

bool sim_need_kind(struct sim_loader *loader, const struct sim_yaml_node *node,
                     enum sim_yaml_kind kind) {
    static const char *const names[] = {"a single value", "a list", "a mapping"};
    if (node->kind == (uint32_t)kind) {
        return true;
    }
    sim_load_error(loader, node, SIM_WG_WRONG_KIND, "%s is needed here, not %s", names[kind],
                   names[node->kind]);
    return false;
}

const struct sim_yaml_node *sim_find_key(const struct sim_yaml_node *mapping, const char *key) {
    for (uint32_t i = 0; i + 1 < mapping->item_count; i += 2) {
        if (strcmp(mapping->items[i]->text, key) == 0) {
            return mapping->items[i + 1];
        }
    }
    return NULL;
}

static const struct sim_field *find_field(const struct sim_field *fields, size_t count,
                                          const char *key) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static void refuse_unknown_keys(struct sim_loader *loader, const struct sim_yaml_node *node,
                                const struct sim_field *fields, size_t count) {
    const char *keys[FIELDS_MAX];
    size_t key_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (fields[i].read != sim_read_later) { /* what would be refused is not suggested */
            keys[key_count++] = fields[i].key;
        }
    }
    for (uint32_t i = 0; i + 1 < node->item_count; i += 2) {
        const struct sim_yaml_node *key = node->items[i];
        if (find_field(fields, count, key->text) == NULL) {
            size_t length = sim_path_push_key(loader, key->text);
            struct sim_diagnostic *entry =
                sim_load_error(loader, key, SIM_WG_UNKNOWN_KEY, "unknown key");
            sim_help_nearest(entry, key->text, keys, key_count);
            sim_path_pop(loader, length);
        }
    }
}

bool sim_load_fields(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *fields, size_t count, void *target) {
    if (!sim_need_kind(loader, node, SIM_YAML_MAPPING)) {
        return false;
    }
    refuse_unknown_keys(loader, node, fields, count);
    for (size_t i = 0; i < count; i++) {
        const struct sim_yaml_node *value = sim_find_key(node, fields[i].key);
        if (value != NULL) {
            size_t length = sim_path_push_key(loader, fields[i].key);
            fields[i].read(loader, value, &fields[i], target);
            sim_path_pop(loader, length);
        } else if (fields[i].required) {
            sim_load_error(loader, node, SIM_WG_MISSING, "the key `%s` is missing",
                           fields[i].key);
        }
    }
    return true;
}

void sim_read_mapping(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    sim_load_fields(loader, node, field->table->fields, field->table->count, target);
}

void *sim_load_list(struct sim_loader *loader, const struct sim_yaml_node *node,
                    size_t element_size, uint32_t max, sim_reader read, uint32_t *ret_count) {
    *ret_count = 0;
    if (!sim_need_kind(loader, node, SIM_YAML_SEQUENCE) || node->item_count == 0) {
        return NULL;
    }
    if (node->item_count > max) {
        sim_load_error(loader, node, SIM_WG_RANGE, "more than %u entries", max);
        return NULL;
    }
    char *elements = calloc(node->item_count, element_size);
    if (elements == NULL) {
        abort();
    }
    *ret_count = node->item_count;
    for (uint32_t i = 0; i < node->item_count; i++) {
        size_t length = sim_path_push_index(loader, i);
        read(loader, node->items[i], NULL, elements + (size_t)i * element_size);
        sim_path_pop(loader, length);
    }
    return elements;
}
