/* Plain arrays by number; names are made at the end. */
#include "sim/run/coverage.h"

#include "codec/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_TYPES 4u
#define VALUE_TYPES 256u
#define INTENTS 64u
#define REJECTIONS 16u
#define ELEMENTS 64u
#define ELEMENT_NAME 48u

struct element {
    char name[ELEMENT_NAME];
    uint64_t states[INTENTS];
};

struct sim_coverage {
    uint64_t records[RECORD_TYPES][VALUE_TYPES][INTENTS];
    uint64_t rejections[REJECTIONS];
    struct element elements[ELEMENTS]; /* in the order of their first record */
    uint32_t element_count;
};

struct sim_coverage *sim_coverage_new(void) {
    struct sim_coverage *coverage = calloc(1, sizeof *coverage);
    if (coverage == NULL) {
        abort();
    }
    return coverage;
}

void sim_coverage_free(struct sim_coverage *coverage) { free(coverage); }

static void element_state(struct sim_coverage *coverage, struct wg_bytes type, uint8_t intent) {
    uint32_t i = 0;
    if (type.len >= ELEMENT_NAME) {
        return;
    }
    while (i < coverage->element_count &&
           !wg_bytes_equal(wg_bytes_str(coverage->elements[i].name), type)) {
        i++;
    }
    if (i == ELEMENTS) {
        return;
    }
    struct element *element = &coverage->elements[i];
    if (i == coverage->element_count) {
        memcpy(element->name, type.ptr, type.len);
        coverage->element_count++;
    }
    element->states[intent % INTENTS]++;
}

void sim_coverage_record(struct sim_coverage *coverage, const struct wg_record *record) {
    if (record->record_type >= RECORD_TYPES || record->intent >= INTENTS) {
        return;
    }
    coverage->records[record->record_type][record->value_type][record->intent]++;
    if (record->record_type == WG_REJECTION && record->rejection_type < REJECTIONS) {
        coverage->rejections[record->rejection_type]++;
    }
    if (record->record_type == WG_EVENT && record->value_type == WG_VT_PROCESS_INSTANCE) {
        struct wg_value_process_instance value;
        if (wg_value_decode(WG_VT_PROCESS_INSTANCE, record->value, &value) == WG_OK) {
            element_state(coverage, value.bpmn_element_type, record->intent);
        }
    }
}

static const char *const record_types[RECORD_TYPES] = {
    [WG_EVENT] = "EVENT", [WG_COMMAND] = "COMMAND", [WG_REJECTION] = "REJECTION"};

static void each_record(const struct sim_coverage *coverage, uint32_t type, uint32_t value_type,
                        void (*each)(void *, const char *, uint64_t), void *ctx) {
    for (uint32_t intent = 0; intent < INTENTS; intent++) {
        uint64_t count = coverage->records[type][value_type][intent];
        if (count > 0 && record_types[type] != NULL) {
            char name[160];
            snprintf(name, sizeof name, "%s.%s.%s", record_types[type],
                     wg_value_type_name((uint8_t)value_type),
                     wg_intent_name((uint8_t)value_type, (uint8_t)intent));
            each(ctx, name, count);
        }
    }
}

static void each_element(const struct element *element,
                         void (*each)(void *, const char *, uint64_t), void *ctx) {
    for (uint32_t intent = 0; intent < INTENTS; intent++) {
        if (element->states[intent] > 0) {
            char name[160];
            snprintf(name, sizeof name, "ELEMENT.%s.%s", element->name,
                     wg_intent_name(WG_VT_PROCESS_INSTANCE, (uint8_t)intent));
            each(ctx, name, element->states[intent]);
        }
    }
}

void sim_coverage_each(const struct sim_coverage *coverage,
                       void (*each)(void *ctx, const char *name, uint64_t count), void *ctx) {
    for (uint32_t type = 0; type < RECORD_TYPES; type++) {
        for (uint32_t value_type = 0; value_type < VALUE_TYPES; value_type++) {
            each_record(coverage, type, value_type, each, ctx);
        }
    }
    for (uint32_t i = 0; i < REJECTIONS; i++) {
        if (coverage->rejections[i] > 0) {
            char name[160];
            snprintf(name, sizeof name, "REJECTED.%s", wg_rejection_type_name((uint8_t)i));
            each(ctx, name, coverage->rejections[i]);
        }
    }
    for (uint32_t i = 0; i < coverage->element_count; i++) {
        each_element(&coverage->elements[i], each, ctx);
    }
}
