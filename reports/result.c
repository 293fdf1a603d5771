/* Frees results. */
#include "reports/result.h"

#include <stdlib.h>
#include <string.h>

bool wg_violation_counts(const struct wg_result_violation *violation) {
    return !violation->expected && violation->tolerated == NULL;
}

void wg_result_answer_done(struct wg_result_answer *answer) {
    free(answer->action);
    free(answer->request);
    free(answer->body);
}

void wg_run_result_done(struct wg_run_result *result) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        free(result->violations[i].invariant);
        free(result->violations[i].blame);
        free(result->violations[i].message);
        free(result->violations[i].exporter);
        free(result->violations[i].tolerated);
    }
    for (uint32_t i = 0; i < result->export_count; i++) {
        free(result->exports[i].exporter);
    }
    for (uint32_t i = 0; i < result->retention_count; i++) {
        free(result->retention[i].held_by);
    }
    for (uint32_t i = 0; i < result->counter_count; i++) {
        free(result->counters[i].name);
    }
    for (uint32_t i = 0; i < result->metric_count; i++) {
        free(result->metrics[i].name);
    }
    for (uint32_t i = 0; i < result->answer_count; i++) {
        wg_result_answer_done(&result->answers[i]);
    }
    free(result->answers);
    free(result->metrics);
    free(result->violations);
    free(result->exports);
    free(result->retention);
    for (uint32_t i = 0; i < result->coverage_count; i++) {
        free(result->coverage[i].name);
    }
    free(result->counters);
    free(result->coverage);
    free(result->scenario);
    free(result->scenario_path);
    free(result->error);
    free(result->replay);
    memset(result, 0, sizeof *result);
}
