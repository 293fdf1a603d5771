/* Adds up tolerated violations. There are as many entries as scenarios have tolerances, so a search
 * one by one is good enough. */
#include "reports/tolerated.h"

#include <stdlib.h>
#include <string.h>

static struct wg_tolerated *find(struct wg_tolerated_list *list, const char *scenario,
                                 const struct wg_result_violation *violation) {
    for (uint32_t i = list->count; i > 0; i--) {
        struct wg_tolerated *entry = &list->entries[i - 1];
        if (strcmp(entry->scenario, scenario) == 0 &&
            strcmp(entry->invariant, violation->invariant) == 0 &&
            strcmp(entry->reason, violation->tolerated) == 0) {
            return entry;
        }
    }
    list->entries = realloc(list->entries, (list->count + 1) * sizeof *list->entries);
    if (list->entries == NULL) {
        abort();
    }
    list->entries[list->count] = (struct wg_tolerated){.scenario = scenario,
                                                       .invariant = violation->invariant,
                                                       .reason = violation->tolerated,
                                                       .last_run = UINT32_MAX};
    return &list->entries[list->count++];
}

struct wg_tolerated_list wg_tolerated_of(const struct wg_report *report) {
    struct wg_tolerated_list list = {NULL, 0};
    for (uint32_t i = 0; i < report->run_count; i++) {
        const struct wg_run_result *run = &report->runs[i];
        for (uint32_t k = 0; k < run->violation_count; k++) {
            if (run->violations[k].tolerated != NULL) {
                struct wg_tolerated *entry = find(&list, run->scenario, &run->violations[k]);
                entry->violations++;
                entry->runs += entry->last_run == i ? 0 : 1;
                entry->last_run = i;
            }
        }
    }
    return list;
}

void wg_tolerated_done(struct wg_tolerated_list *list) {
    free(list->entries);
    *list = (struct wg_tolerated_list){NULL, 0};
}
