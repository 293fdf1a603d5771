/* Readers of single values: names, counts, and quantities, which all need a unit. */
#include "sim/scenario/loader.h"
#include "sim/scenario/trigger_table.h"

#include <inttypes.h>
#include <string.h>

#define NAME_MAX_LENGTH 80

struct unit {
    const char *name;
    uint64_t factor;
};

struct quantity {
    const char *what, *example;
    const struct unit *units; /* ascending */
    size_t unit_count;
};

static const struct unit time_units[] = {{"ns", 1},
                                         {"us", 1000},
                                         {"ms", 1000000},
                                         {"s", 1000000000},
                                         {"m", UINT64_C(60000000000)},
                                         {"h", UINT64_C(3600000000000)},
                                         {"d", UINT64_C(86400000000000)}};
static const struct unit size_units[] = {
    {"B", 1}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}};
static const struct unit rate_units[] = {{"/h", 1}, {"/m", 60}, {"/s", 3600}};
static const struct unit percent_units[] = {{"%", 10000}};

static const struct quantity durations = {"a duration", "30s", time_units,
                                          SIM_COUNT_OF(time_units)};
static const struct quantity sizes = {"a size", "64KiB", size_units, SIM_COUNT_OF(size_units)};
static const struct quantity rates = {"a rate", "20/s", rate_units, SIM_COUNT_OF(rate_units)};
static const struct quantity percentages = {"a percentage", "2%", percent_units,
                                            SIM_COUNT_OF(percent_units)};

static void *member(const struct sim_field *field, void *target) {
    return (char *)target + field->offset;
}

const char *sim_scalar_text(struct sim_loader *loader, const struct sim_yaml_node *node) {
    if (!sim_need_kind(loader, node, SIM_YAML_SCALAR)) {
        return NULL;
    }
    if (node->len == 0) {
        sim_load_error(loader, node, SIM_WG_MISSING, "a value is missing");
        return NULL;
    }
    const char *why = sim_yaml_ambiguous(node);
    if (why != NULL) {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_AMBIGUOUS, "`%.60s` is %s", node->text, why);
        sim_diagnostic_help(entry, "if a text is meant, write \"%.60s\" in quotes", node->text);
        return NULL;
    }
    return node->text;
}

void sim_read_text(struct sim_loader *loader, const struct sim_yaml_node *node,
                   const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text != NULL) {
        *(char **)member(field, target) = sim_copy_text(text);
    }
}

void sim_read_name(struct sim_loader *loader, const struct sim_yaml_node *node,
                   const struct sim_field *field, void *target) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    size_t length = strlen(text);
    if (length > NAME_MAX_LENGTH || strspn(text, allowed) != length || text[0] == '.' ||
        text[0] == '-') {
        struct sim_diagnostic *entry =
            sim_load_error(loader, node, SIM_WG_NAME, "`%.90s` cannot be a name", text);
        sim_diagnostic_help(entry, "up to %d letters, digits, - _ . beginning with a letter or "
                                   "digit",
                            NAME_MAX_LENGTH);
        return;
    }
    *(char **)member(field, target) = sim_copy_text(text);
}

/* --- quantities ------------------------------------------------------------------------------- */

/* The number in front of the unit: value = mantissa / 10^decimals. NULL if there is none. */
static const char *parse_number(const char *text, uint64_t *ret_mantissa, uint32_t *ret_decimals) {
    uint64_t mantissa = 0;
    uint32_t decimals = 0;
    bool digits = false;
    bool point = false;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point && digits); text++) {
        if (*text == '.') {
            point = true;
            digits = false;
            continue;
        }
        digits = true;
        decimals += point ? 1 : 0;
        uint64_t digit = (uint64_t)(*text - '0');
        if (mantissa > (UINT64_MAX - digit) / 10 || decimals > 9) {
            return NULL;
        }
        mantissa = mantissa * 10 + digit;
    }
    *ret_mantissa = mantissa;
    *ret_decimals = decimals;
    return digits ? text : NULL;
}

/* mantissa / 10^decimals * factor when that is whole and fits. */
static bool scale(uint64_t mantissa, uint32_t decimals, uint64_t factor, uint64_t *ret_value) {
    uint64_t product;
    if (__builtin_mul_overflow(mantissa, factor, &product)) {
        return false;
    }
    for (; decimals > 0; decimals--) {
        if (product % 10 != 0) {
            return false;
        }
        product /= 10;
    }
    *ret_value = product;
    return product <= INT64_MAX;
}

static const struct unit *find_unit(const struct quantity *quantity, const char *name) {
    for (size_t i = 0; i < quantity->unit_count; i++) {
        if (strcmp(quantity->units[i].name, name) == 0) {
            return &quantity->units[i];
        }
    }
    return NULL;
}

static void help_units(struct sim_diagnostic *entry, const struct quantity *quantity) {
    char list[80] = "";
    for (size_t i = 0; i < quantity->unit_count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, " %s", quantity->units[i].name);
    }
    sim_diagnostic_help(entry, "%s is written as in `%s`; units:%s", quantity->what,
                        quantity->example, list);
}

/* In the largest unit that gives a whole number. */
static void format_quantity(const struct quantity *quantity, uint64_t value, char *out,
                            size_t size) {
    size_t i = quantity->unit_count - 1;
    while (i > 0 && (value % quantity->units[i].factor != 0 || value == 0)) {
        i--;
    }
    uint64_t factor = quantity->units[i].factor;
    if (value % factor != 0) {
        snprintf(out, size, "%" PRIu64 ".%04" PRIu64 "%s", value / factor, value % factor,
                 quantity->units[i].name);
        return;
    }
    snprintf(out, size, "%" PRIu64 "%s", value / factor, quantity->units[i].name);
}

static const struct quantity *quantity_of(sim_reader read) {
    if (read == sim_read_duration) {
        return &durations;
    }
    if (read == sim_read_size || read == sim_read_size32) {
        return &sizes;
    }
    if (read == sim_read_rate) {
        return &rates;
    }
    return read == sim_read_percent || read == sim_read_percent64 ? &percentages : NULL;
}

bool sim_quantity_describe(const struct sim_field *field, struct sim_quantity_text *ret_text) {
    const struct quantity *quantity = quantity_of(field->read);
    if (quantity == NULL) {
        return false;
    }
    *ret_text = (struct sim_quantity_text){.what = quantity->what, .example = quantity->example};
    for (size_t i = 0; i < quantity->unit_count; i++) {
        size_t used = strlen(ret_text->units);
        snprintf(ret_text->units + used, sizeof ret_text->units - used, "%s%s", i == 0 ? "" : "|",
                 quantity->units[i].name);
    }
    format_quantity(quantity, field->min, ret_text->low, sizeof ret_text->low);
    format_quantity(quantity, field->max, ret_text->high, sizeof ret_text->high);
    return true;
}

static void complain_range(struct sim_loader *loader, const struct sim_yaml_node *node,
                           const struct quantity *quantity, const struct sim_field *field) {
    char low[64], high[64];
    format_quantity(quantity, field->min, low, sizeof low);
    format_quantity(quantity, field->max, high, sizeof high);
    sim_load_error(loader, node, SIM_WG_RANGE, "`%.60s` is not between %s and %s", node->text, low,
                   high);
}

static bool read_quantity(struct sim_loader *loader, const struct sim_yaml_node *node,
                          const struct quantity *quantity, const struct sim_field *field,
                          uint64_t *ret_value) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return false;
    }
    uint64_t mantissa = 0;
    uint32_t decimals = 0;
    const char *unit_name = parse_number(text, &mantissa, &decimals);
    if (unit_name == NULL) {
        help_units(sim_load_error(loader, node, SIM_WG_NUMBER, "`%.60s` is not %s", text,
                                  quantity->what),
                   quantity);
        return false;
    }
    const struct unit *unit = find_unit(quantity, unit_name);
    if (unit == NULL) {
        help_units(*unit_name == '\0'
                       ? sim_load_error(loader, node, SIM_WG_UNIT, "`%.60s` has no unit", text)
                       : sim_load_error(loader, node, SIM_WG_UNIT, "`%.40s` is not a unit of %s",
                                        unit_name, quantity->what),
                   quantity);
        return false;
    }
    uint64_t value = 0;
    if (!scale(mantissa, decimals, unit->factor, &value) || value < field->min ||
        value > field->max) {
        complain_range(loader, node, quantity, field);
        return false;
    }
    *ret_value = value;
    return true;
}

void sim_read_duration(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    uint64_t value;
    if (read_quantity(loader, node, &durations, field, &value)) {
        *(wg_time *)member(field, target) = (wg_time)value;
    }
}

void sim_read_size(struct sim_loader *loader, const struct sim_yaml_node *node,
                   const struct sim_field *field, void *target) {
    uint64_t value;
    if (read_quantity(loader, node, &sizes, field, &value)) {
        *(uint64_t *)member(field, target) = value;
    }
}

void sim_read_size32(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *field, void *target) {
    uint64_t value;
    if (read_quantity(loader, node, &sizes, field, &value)) {
        *(uint32_t *)member(field, target) = (uint32_t)value;
    }
}

void sim_read_rate(struct sim_loader *loader, const struct sim_yaml_node *node,
                   const struct sim_field *field, void *target) {
    uint64_t value;
    if (read_quantity(loader, node, &rates, field, &value)) {
        *(uint64_t *)member(field, target) = value;
    }
}

void sim_read_percent64(struct sim_loader *loader, const struct sim_yaml_node *node,
                        const struct sim_field *field, void *target) {
    uint64_t value;
    if (read_quantity(loader, node, &percentages, field, &value)) {
        *(uint64_t *)member(field, target) = value;
    }
}

void sim_read_percent(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    uint64_t value;
    if (read_quantity(loader, node, &percentages, field, &value)) {
        *(uint32_t *)member(field, target) = (uint32_t)value;
    }
}

/* --- counts and words ------------------------------------------------------------------------- */

/* A whole number that is merely out of any range: negative, or too large to be held. */
static bool is_far_off(const char *text) {
    const char *digits = text + (*text == '-');
    size_t count = strspn(digits, "0123456789");
    return count > 0 && digits[count] == '\0' && (digits != text || count > 19);
}

void sim_read_count64(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    uint64_t value = 0;
    uint32_t decimals = 0;
    const char *rest = parse_number(text, &value, &decimals);
    bool far_off = is_far_off(text);
    if (!far_off && (rest == NULL || *rest != '\0' || decimals > 0)) {
        sim_load_error(loader, node, SIM_WG_NUMBER, "`%.60s` is not a whole number", text);
        return;
    }
    if (far_off || value < field->min || value > field->max) {
        sim_load_error(loader, node, SIM_WG_RANGE,
                       "`%.60s` is not between %" PRIu64 " and %" PRIu64, text, field->min,
                       field->max);
        return;
    }
    *(uint64_t *)member(field, target) = value;
}

void sim_read_count(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    uint64_t value = UINT64_MAX;
    struct sim_field wide = *field;
    wide.offset = 0;
    sim_read_count64(loader, node, &wide, &value);
    if (value <= UINT32_MAX) {
        *(uint32_t *)member(field, target) = (uint32_t)value;
    }
}

void sim_read_word(struct sim_loader *loader, const struct sim_yaml_node *node,
                   const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    for (size_t i = 0; i < field->words->count; i++) {
        if (strcmp(field->words->names[i], text) == 0) {
            *(uint32_t *)member(field, target) = (uint32_t)i;
            return;
        }
    }
    struct sim_diagnostic *entry =
        sim_load_error(loader, node, SIM_WG_UNKNOWN_VALUE, "`%.60s` is not known here", text);
    sim_help_nearest(entry, text, field->words->names, field->words->count);
}

void sim_read_latency(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    static const struct sim_field fields[] = {
        {"base", sim_read_duration, offsetof(struct sim_latency, base), 0,
         (uint64_t)WG_MINUTE, true, NULL},
        {"jitter", sim_read_duration, offsetof(struct sim_latency, jitter), 0,
         (uint64_t)WG_MINUTE, false, NULL},
    };
    struct sim_latency *latency = member(field, target);
    *latency = (struct sim_latency){0};
    if (node->kind == SIM_YAML_SCALAR) {
        sim_read_duration(loader, node, &fields[0], latency);
    } else {
        sim_load_fields(loader, node, fields, SIM_COUNT_OF(fields), latency);
    }
}

void sim_read_exporter(struct sim_loader *loader, const struct sim_yaml_node *node,
                       const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    const char *ids[16];
    size_t count = 0;
    for (uint32_t i = 0; i < loader->scenario->exporter_count; i++) {
        const char *id = loader->scenario->exporters[i].id;
        if (id != NULL && strcmp(id, text) == 0) {
            *(int32_t *)member(field, target) = (int32_t)i;
            return;
        }
        if (id != NULL && count < SIM_COUNT_OF(ids)) {
            ids[count++] = id;
        }
    }
    struct sim_diagnostic *entry =
        sim_load_error(loader, node, SIM_WG_REFERENCE, "no exporter is called `%.60s`", text);
    if (count > 0) {
        sim_help_nearest(entry, text, ids, count);
    }
}

void sim_read_event(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    const char *text = sim_scalar_text(loader, node);
    if (text == NULL) {
        return;
    }
    int event = sim_trigger_find(text);
    if (event >= 0) {
        *(uint32_t *)member(field, target) = (uint32_t)event;
        return;
    }
    const char *names[SIM_TRIGGER_COUNT];
    for (uint32_t i = 0; i < SIM_TRIGGER_COUNT; i++) {
        names[i] = sim_trigger_row(i)->name;
    }
    struct sim_diagnostic *entry =
        sim_load_error(loader, node, SIM_WG_UNKNOWN_VALUE, "no event is called `%.60s`", text);
    sim_help_nearest(entry, text, names, SIM_TRIGGER_COUNT);
}

void sim_read_later(struct sim_loader *loader, const struct sim_yaml_node *node,
                    const struct sim_field *field, void *target) {
    (void)target;
    struct sim_diagnostic *entry = sim_load_error(
        loader, node, SIM_WG_LATER, "`%s` is planned, but this version cannot do it", field->key);
    sim_diagnostic_help(entry, "remove the key");
}

void sim_read_nothing(struct sim_loader *loader, const struct sim_yaml_node *node,
                      const struct sim_field *field, void *target) {
    (void)loader;
    (void)node;
    (void)field;
    (void)target;
}
