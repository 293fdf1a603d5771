/* The format as JSON Schema. What one table says is one object with closed keys; where keys depend
 * on a word (a fault's name, what is expected, an exporter's type) there is one variant per word. */
#include "sim/cli/schema.h"
#include "sim/scenario/exporter_table.h"
#include "sim/scenario/invariant_table.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/trigger_table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$"
#define ARG_DURATION_PATTERN "^[0-9]{1,10}(ns|us|ms|s|m|h)$"

static json_t *must(json_t *value) {
    if (value == NULL) {
        abort();
    }
    return value;
}

static void set(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, must(value)) != 0) {
        abort();
    }
}

static void add(json_t *array, json_t *value) {
    if (json_array_append_new(array, must(value)) != 0) {
        abort();
    }
}

static json_t *of_type(const char *type) {
    return must(json_pack("{s:s}", "type", type));
}

static json_t *text_like(const char *pattern) {
    return must(json_pack("{s:s, s:s}", "type", "string", "pattern", pattern));
}

static json_t *whole_number(uint64_t min, uint64_t max) {
    json_t *schema = of_type("integer");
    set(schema, "minimum", json_integer((json_int_t)min));
    if (max < INT64_MAX) {
        set(schema, "maximum", json_integer((json_int_t)max));
    }
    return schema;
}

static json_t *one_of_names(const char *(*name)(uint32_t i), uint32_t count) {
    json_t *names = must(json_array());
    for (uint32_t i = 0; i < count; i++) {
        add(names, json_string(name(i)));
    }
    return must(json_pack("{s:o}", "enum", names));
}

static const char *event_name(uint32_t i) {
    return sim_trigger_row(i)->name;
}

static const char *fault_name(uint32_t i) {
    return sim_fault_row(i)->name;
}

/* To YAML, and so to editors, a plain `true` is no text. */
static json_t *words(const struct sim_words *list) {
    json_t *names = must(json_array());
    for (size_t i = 0; i < list->count; i++) {
        bool yes = strcmp(list->names[i], "true") == 0;
        add(names, json_string(list->names[i]));
        if (yes || strcmp(list->names[i], "false") == 0) {
            add(names, json_boolean(yes));
        }
    }
    return must(json_pack("{s:o}", "enum", names));
}

static json_t *quantity(const struct sim_quantity_text *text) {
    char pattern[160];
    snprintf(pattern, sizeof pattern, "^[0-9]+(\\.[0-9]+)?(%s)$", text->units);
    json_t *schema = text_like(pattern);
    set(schema, "examples", json_pack("[s]", text->example));
    return schema;
}

static json_t *value_of(const struct sim_field *field);

/* --- mappings --------------------------------------------------------------------------------- */

static json_t *describe(json_t *schema, const struct sim_field *field) {
    char text[600];
    struct sim_quantity_text range;
    bool is_quantity = sim_quantity_describe(field, &range);
    int used = snprintf(text, sizeof text, "%s", field->about == NULL ? "" : field->about);
    if (is_quantity) {
        used += snprintf(text + used, sizeof text - (size_t)used, " From %s to %s.", range.low,
                         range.high);
    }
    if (field->standard != NULL) {
        snprintf(text + used, sizeof text - (size_t)used, " Default: %s.", field->standard);
    }
    if (text[0] != '\0') {
        set(schema, "description", json_string(text));
    }
    return schema;
}

static json_t *empty_mapping(void) {
    return must(json_pack("{s:s, s:{}, s:[], s:b}", "type", "object", "properties", "required",
                          "additionalProperties", 0));
}

static void add_key(json_t *mapping, const struct sim_field *field) {
    if (field->read == sim_read_later) {
        return;
    }
    set(json_object_get(mapping, "properties"), field->key, describe(value_of(field), field));
    if (field->required) {
        add(json_object_get(mapping, "required"), json_string(field->key));
    }
}

static json_t *mapping_of(const struct sim_table *table) {
    json_t *mapping = empty_mapping();
    for (size_t i = 0; i < table->count; i++) {
        add_key(mapping, &table->fields[i]);
    }
    return mapping;
}

/* Makes `key` say which variant this is. */
static void fix_word(json_t *mapping, const char *key, const char *word) {
    json_t *property = json_object_get(json_object_get(mapping, "properties"), key);
    json_object_del(property, "enum");
    json_object_del(property, "type");
    set(property, "const", json_string(word));
}

static json_t *list_of(json_t *items) {
    return must(json_pack("{s:s, s:o}", "type", "array", "items", items));
}

/* --- variants --------------------------------------------------------------------------------- */

static json_t *param_words(const struct sim_fault_param *param) {
    struct sim_words list = {param->words, (size_t)param->max + 1};
    return words(&list);
}

static json_t *param_value(const struct sim_fault_param *param) {
    struct sim_field field = {.min = param->min, .max = param->max};
    switch ((enum sim_param_unit)param->unit) {
    case SIM_UNIT_PROBABILITY:
        field.read = sim_read_percent64;
        break;
    case SIM_UNIT_DURATION:
        field.read = sim_read_duration;
        break;
    case SIM_UNIT_SIZE:
        field.read = sim_read_size;
        break;
    case SIM_UNIT_WORD:
        return param_words(param);
    case SIM_UNIT_SIGNED_DURATION:
        return text_like("^[-+]?[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d)$");
    case SIM_UNIT_PPM: {
        json_t *schema = of_type("integer");
        set(schema, "minimum", json_integer(-(json_int_t)param->max));
        set(schema, "maximum", json_integer((json_int_t)param->max));
        return schema;
    }
    case SIM_UNIT_NONE:
    case SIM_UNIT_COUNT:
        field.read = sim_read_count64;
        break;
    }
    return value_of(&field);
}

static void add_param(json_t *mapping, const struct sim_fault_param *param) {
    char text[200];
    json_t *schema = param_value(param);
    cli_param_value(param, text, sizeof text);
    set(schema, "description", json_string(text));
    set(json_object_get(mapping, "properties"), param->name, schema);
}

static bool fault_has_key(const struct sim_fault_row *row, const char *key) {
    if (strcmp(key, "for") == 0) {
        return row->lasts;
    }
    if (strcmp(key, "target") == 0) {
        return row->targets != SIM_TARGETS_NONE && row->targets != SIM_TARGETS_EXPORTER;
    }
    if (strcmp(key, "between") == 0 || strcmp(key, "direction") == 0) {
        return row->targets == SIM_TARGETS_LINKS;
    }
    return strcmp(key, "exporter") != 0 || row->targets == SIM_TARGETS_EXPORTER;
}

static json_t *fault_variant(const struct sim_fault_row *row) {
    json_t *variant = empty_mapping();
    for (size_t i = 0; i < sim_fault_keys.count; i++) {
        if (fault_has_key(row, sim_fault_keys.fields[i].key)) {
            add_key(variant, &sim_fault_keys.fields[i]);
        }
    }
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
        const struct sim_fault_param *param = &row->params[i];
        if (param->name != NULL) {
            add_param(variant, param);
        }
    }
    fix_word(variant, "fault", row->name);
    set(variant, "description", json_string(row->effect));
    set(variant, "oneOf", json_pack("[{s:[s]}, {s:[s]}]", "required", "at", "required", "after"));
    return variant;
}

static json_t *faults(void) {
    json_t *variants = must(json_array());
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        add(variants, fault_variant(sim_fault_row(kind)));
    }
    return list_of(must(json_pack("{s:o}", "oneOf", variants)));
}

static json_t *expects(void) {
    json_t *variants = must(json_array());
    for (uint32_t kind = 0; kind < sim_expect_kinds.count; kind++) {
        json_t *variant = mapping_of(sim_expect_keys(kind));
        fix_word(variant, "that", sim_expect_kinds.names[kind]);
        if (kind == SIM_EXPECT_DUPLICATES_RATIO || kind == SIM_EXPECT_LOG_BYTES) {
            set(variant, "anyOf",
                json_pack("[{s:[s]}, {s:[s]}]", "required", "min", "required", "max"));
        }
        add(variants, variant);
    }
    return list_of(must(json_pack("{s:o}", "oneOf", variants)));
}

static json_t *exporters(void) {
    json_t *variants = must(json_array());
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        const struct sim_exporter_type *type = &sim_exporter_types[i];
        json_t *variant = mapping_of(&sim_exporter_keys);
        json_t *properties = json_object_get(variant, "properties");
        json_object_del(properties, "path");
        fix_word(variant, "type", type->name);
        if (type->args != NULL) {
            json_t *args = mapping_of(type->args);
            set(args, "description", json_string("Arguments of the exporter."));
            set(properties, "args", args);
        }
        add(json_object_get(variant, "required"), json_string("type"));
        set(variant, "description", json_string(type->about));
        add(variants, variant);
    }
    json_t *foreign = mapping_of(&sim_exporter_keys);
    json_object_del(json_object_get(foreign, "properties"), "type");
    add(json_object_get(foreign, "required"), json_string("path"));
    set(foreign, "description", json_string("A shared object that speaks waggle/exporter.h."));
    add(variants, foreign);
    return list_of(must(json_pack("{s:o}", "oneOf", variants)));
}

/* --- values ----------------------------------------------------------------------------------- */

static json_t *target(const struct sim_table *table) {
    json_t *mapping = mapping_of(table);
    set(mapping, "minProperties", json_integer(1));
    set(mapping, "maxProperties", json_integer(1));
    return must(json_pack("{s:[{s:[s,s]}, o]}", "oneOf", "enum", "all", "random", mapping));
}

static json_t *groups(void) {
    json_t *member = must(json_pack("{s:[o, {s:s}]}", "anyOf",
                                    whole_number(0, SIM_BROKERS_MAX - 1), "const", "clients"));
    json_t *group = list_of(member);
    set(group, "minItems", json_integer(1));
    json_t *both = list_of(group);
    set(both, "minItems", json_integer(2));
    set(both, "maxItems", json_integer(2));
    return both;
}

static json_t *weights(void) {
    json_t *mapping = empty_mapping();
    json_object_del(mapping, "required");
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        json_t *weight = whole_number(0, 1000);
        set(weight, "description", json_string(sim_fault_row(kind)->effect));
        set(json_object_get(mapping, "properties"), fault_name(kind), weight);
    }
    json_t *all = whole_number(0, 1000);
    set(all, "description", json_string("Every fault that is not named beside it, but for those that must be named."));
    set(json_object_get(mapping, "properties"), "all", all);
    set(mapping, "minProperties", json_integer(1));
    return mapping;
}

static json_t *latency(void) {
    static const struct sim_field rows[] = {
        {.key = "base", .read = sim_read_duration, .max = (uint64_t)WG_MINUTE, .required = true},
        {.key = "jitter", .read = sim_read_duration, .max = (uint64_t)WG_MINUTE},
    };
    static const struct sim_table table = {rows, SIM_COUNT_OF(rows)};
    return must(json_pack("{s:[o, o]}", "oneOf", value_of(&rows[0]), mapping_of(&table)));
}

static json_t *value_by_shape(const struct sim_field *field) {
    switch (field->shape) {
    case SIM_SHAPE_LIST:
        return list_of(mapping_of(field->table));
    case SIM_SHAPE_VERSION:
        return must(json_pack("{s:s}", "const", SIM_SCENARIO_API));
    case SIM_SHAPE_ARGS:
        return of_type("object");
    case SIM_SHAPE_TARGET:
        return target(field->table);
    case SIM_SHAPE_GROUPS:
        return groups();
    case SIM_SHAPE_WEIGHTS:
        return weights();
    case SIM_SHAPE_FAULTS:
        return faults();
    case SIM_SHAPE_EXPECTS:
        return expects();
    case SIM_SHAPE_EXPORTERS:
        return exporters();
    case SIM_SHAPE_EXPORTER_ID:
        return text_like(NAME_PATTERN);
    case SIM_SHAPE_INVARIANT:
        return one_of_names(sim_invariant_id, sim_invariant_count());
    case SIM_SHAPE_NAMES:
        return list_of(field->words == NULL ? of_type("string") : words(field->words));
    case SIM_SHAPE_ARG_DURATION:
        return must(json_pack("{s:[o, o]}", "anyOf", text_like(ARG_DURATION_PATTERN),
                              whole_number(0, 86400)));
    case SIM_SHAPE_ARG_SIZE:
        return must(json_pack("{s:[o, o]}", "anyOf", text_like("^[0-9]{1,9}(KiB|MiB|GiB)?$"),
                              whole_number(field->min, INT64_MAX)));
    case SIM_SHAPE_ARG_COUNT:
        return whole_number(field->min, field->max);
    case SIM_SHAPE_ARG_NUMBER:
        return of_type("integer");
    case SIM_SHAPE_NUMBERS:
        return list_of(whole_number(field->min, INT64_MAX));
    case SIM_SHAPE_PROCESS:
        return text_like(NAME_PATTERN);
    case SIM_SHAPE_RATE: {
        struct sim_field scalar = {.read = sim_read_rate, .min = field->min, .max = field->max};
        return must(json_pack("{s:[o, o]}", "oneOf", value_of(&scalar), mapping_of(field->table)));
    }
    case SIM_SHAPE_NESTED:
        return of_type("array");
    case SIM_SHAPE_TEXT:
    case SIM_SHAPE_BY_READER:
        break;
    }
    return must(json_pack("{s:s, s:i}", "type", "string", "minLength", 1));
}

static json_t *value_of(const struct sim_field *field) {
    struct sim_quantity_text text;
    if (field->shape != SIM_SHAPE_BY_READER) {
        return value_by_shape(field);
    }
    if (field->words != NULL) {
        return words(field->words);
    }
    if (field->table != NULL) {
        return mapping_of(field->table);
    }
    if (sim_quantity_describe(field, &text)) {
        return quantity(&text);
    }
    if (field->read == sim_read_count || field->read == sim_read_count64) {
        return whole_number(field->min, field->max);
    }
    if (field->read == sim_read_name) {
        return text_like(NAME_PATTERN);
    }
    if (field->read == sim_read_latency) {
        return latency();
    }
    if (field->read == sim_read_event) {
        return one_of_names(event_name, SIM_TRIGGER_COUNT);
    }
    if (field->read == sim_read_nothing) {
        return one_of_names(fault_name, SIM_FAULT_KIND_COUNT); /* made one word by the variant */
    }
    return value_by_shape(field);
}

void cli_schema_json(FILE *out) {
    json_t *schema = must(json_pack("{s:s, s:s, s:s}", "$schema",
                                    "http://json-schema.org/draft-07/schema#", "title",
                                    "A scenario of waggle", "$comment",
                                    "Made by `waggle schema` from the tables that the reader uses."));
    json_t *top = mapping_of(&sim_top_keys);
    json_object_update(schema, top);
    json_decref(top);
    if (json_dumpf(schema, out, JSON_INDENT(2)) == 0) {
        fputc('\n', out);
    }
    json_decref(schema);
}
