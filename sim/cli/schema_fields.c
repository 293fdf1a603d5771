/* Walks the tables of the format and puts fields into words. */
#include "sim/cli/schema.h"

#include <inttypes.h>
#include <string.h>

static void join_words(const struct sim_words *words, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < words->count && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s`%s`", i == 0 ? "" : ", ",
                                 words->names[i]);
    }
}

static const char *shape_text(enum sim_shape shape) {
    switch (shape) {
    case SIM_SHAPE_LIST:
    case SIM_SHAPE_FAULTS:
    case SIM_SHAPE_EXPECTS:
    case SIM_SHAPE_EXPORTERS:
        return "a list of mappings";
    case SIM_SHAPE_VERSION:
        return "`waggle/v1alpha1`";
    case SIM_SHAPE_TEXT:
        return "a text";
    case SIM_SHAPE_ARGS:
        return "a mapping";
    case SIM_SHAPE_TARGET:
        return "`all`, `random`, or a mapping with one key";
    case SIM_SHAPE_GROUPS:
        return "two lists of brokers";
    case SIM_SHAPE_WEIGHTS:
        return "a mapping of faults to whole numbers, 0 to 1000";
    case SIM_SHAPE_EXPORTER_ID:
        return "the id of an exporter";
    case SIM_SHAPE_INVARIANT:
        return "the id of an invariant (`waggle list --invariants`)";
    case SIM_SHAPE_NAMES:
        return "a list of names";
    case SIM_SHAPE_ARG_DURATION:
        return "a duration such as `50ms`, or whole seconds";
    case SIM_SHAPE_ARG_SIZE:
        return "a size such as `64KiB`, or a number of bytes";
    case SIM_SHAPE_ARG_COUNT:
        return "a whole number";
    case SIM_SHAPE_ARG_NUMBER:
        return "a whole number, also negative";
    case SIM_SHAPE_NUMBERS:
        return "a list of whole numbers";
    case SIM_SHAPE_PROCESS:
        return "the id of a process";
    case SIM_SHAPE_RATE:
        return "a rate, or `{ from: ..., to: ..., over: ... }`";
    case SIM_SHAPE_NESTED:
        return "a list";
    case SIM_SHAPE_BY_READER:
        break;
    }
    return NULL;
}

static const char *reader_text(sim_reader read) {
    if (read == sim_read_text) {
        return "a text";
    }
    if (read == sim_read_name) {
        return "a name";
    }
    if (read == sim_read_event) {
        return "an event (`waggle list --events`)";
    }
    if (read == sim_read_nothing) {
        return "a fault (`waggle list --faults`)";
    }
    return read == sim_read_latency ? "a duration, or `{ base: ..., jitter: ... }`" : "a value";
}

void cli_field_value(const struct sim_field *field, char *out, size_t size) {
    struct sim_quantity_text text;
    if (field->words != NULL) {
        size_t used = (size_t)snprintf(out, size, "%s",
                                       field->shape == SIM_SHAPE_NAMES ? "a list of " : "");
        join_words(field->words, out + used, size - used);
    } else if (shape_text(field->shape) != NULL) {
        snprintf(out, size, "%s", shape_text(field->shape));
    } else if (field->table != NULL) {
        snprintf(out, size, "a mapping");
    } else if (sim_quantity_describe(field, &text)) {
        snprintf(out, size, "%s, %s to %s", text.what, text.low, text.high);
    } else if (field->read == sim_read_count || field->read == sim_read_count64) {
        snprintf(out, size, "a whole number, %" PRIu64 " to %" PRIu64, field->min, field->max);
    } else {
        snprintf(out, size, "%s", reader_text(field->read));
    }
}

/* A number in the unit of the field, as it would be written: describing a range of nothing else. */
static void written(sim_reader read, uint64_t value, char *out, size_t size) {
    struct sim_field field = {.read = read, .min = value, .max = value};
    struct sim_quantity_text text;
    if (sim_quantity_describe(&field, &text)) {
        snprintf(out, size, "%s", text.low);
    } else {
        snprintf(out, size, "%" PRIu64, value);
    }
}

static void param_range(const struct sim_fault_param *param, const char *what, sim_reader read,
                        bool either_way, char *out, size_t size) {
    char low[64], high[64], standard[64];
    bool negative = either_way && (int64_t)param->standard < 0;
    written(read, param->min, low, sizeof low);
    written(read, param->max, high, sizeof high);
    written(read, negative ? 0 - param->standard : param->standard, standard, sizeof standard);
    snprintf(out, size, "%s%s, %s to %s; default %s%s", what, either_way ? " with + or -" : "", low,
             high, negative ? "-" : "", standard);
}

void cli_param_value(const struct sim_fault_param *param, char *out, size_t size) {
    switch ((enum sim_param_unit)param->unit) {
    case SIM_UNIT_PROBABILITY:
        param_range(param, "a percentage", sim_read_percent64, false, out, size);
        break;
    case SIM_UNIT_DURATION:
        param_range(param, "a duration", sim_read_duration, false, out, size);
        break;
    case SIM_UNIT_SIZE:
        param_range(param, "a size", sim_read_size, false, out, size);
        break;
    case SIM_UNIT_SIGNED_DURATION:
        param_range(param, "a duration", sim_read_duration, true, out, size);
        break;
    case SIM_UNIT_PPM:
        param_range(param, "parts per million", sim_read_count64, true, out, size);
        break;
    case SIM_UNIT_WORD: {
        struct sim_words words = {param->words, (size_t)param->max + 1};
        join_words(&words, out, size);
        size_t used = strlen(out);
        snprintf(out + used, size - used, "; default `%s`", param->words[param->standard]);
        break;
    }
    case SIM_UNIT_NONE:
    case SIM_UNIT_COUNT:
        param_range(param, "a whole number", sim_read_count64, false, out, size);
        break;
    }
}

struct walk {
    void (*each)(void *ctx, const char *path, const struct sim_field *field);
    void *ctx;
};

static void walk_table(const struct walk *walk, const struct sim_table *table, const char *prefix);

static void walk_field(const struct walk *walk, const struct sim_field *field,
                       const char *prefix) {
    char path[SIM_PATH_MAX];
    if (field->read == sim_read_later) {
        return; /* known, but refused */
    }
    int n = snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", field->key);
    if (n < 0 || (size_t)n >= sizeof path) {
        return;
    }
    walk->each(walk->ctx, path, field);
    if (field->table != NULL) {
        walk_table(walk, field->table, path);
    }
    for (uint32_t i = 0; field->shape == SIM_SHAPE_EXPECTS && i < sim_expect_kinds.count; i++) {
        walk_table(walk, sim_expect_keys(i), path);
    }
}

static void walk_table(const struct walk *walk, const struct sim_table *table,
                       const char *prefix) {
    for (size_t i = 0; i < table->count; i++) {
        walk_field(walk, &table->fields[i], prefix);
    }
}

void cli_fields_walk(void (*each)(void *ctx, const char *path, const struct sim_field *field),
                     void *ctx) {
    struct walk walk = {each, ctx};
    walk_table(&walk, &sim_top_keys, "");
}

struct search {
    const char *path;
    const struct sim_field *found;
};

static void compare(void *ctx, const char *path, const struct sim_field *field) {
    struct search *search = ctx;
    if (search->found == NULL && strcmp(search->path, path) == 0) {
        search->found = field;
    }
}

const struct sim_field *cli_field_find(const char *path) {
    struct search search = {path, NULL};
    cli_fields_walk(compare, &search);
    return search.found;
}
