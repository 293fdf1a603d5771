/* Finds the first diverging event by comparing two traces line by line. */
#include "sim/cli/divergence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static FILE *trace_of(const struct sim_run_options *options) {
    FILE *trace = tmpfile();
    if (trace == NULL) {
        return NULL;
    }
    struct sim_run_options copy = *options;
    struct wg_run_result result = {0};
    copy.trace = trace;
    copy.record_choices = false;
    sim_run(&copy, &result);
    wg_run_result_done(&result);
    rewind(trace);
    return trace;
}

/* The first differing line (from 1) of both in `a` and `b`, 0 when there is none. */
static uint64_t first_difference(FILE *first, FILE *second, char **a, char **b) {
    size_t a_room = 0;
    size_t b_room = 0;
    for (uint64_t line = 1;; line++) {
        ssize_t a_len = getline(a, &a_room, first);
        ssize_t b_len = getline(b, &b_room, second);
        if (a_len < 0 && b_len < 0) {
            return 0;
        }
        if (a_len != b_len || memcmp(*a, *b, (size_t)a_len) != 0) {
            if (a_len < 0 && *a != NULL) {
                **a = '\0';
            }
            if (b_len < 0 && *b != NULL) {
                **b = '\0';
            }
            return line;
        }
    }
}

static const char *shown(char *line) {
    if (line == NULL || line[0] == '\0') {
        return "(the end)";
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

void cli_describe_divergence(const struct sim_run_options *options, uint64_t hash_a,
                             uint64_t hash_b, char *message, size_t size) {
    int used = snprintf(message, size,
                        "not deterministic: the same seed gave the hashes %016" PRIx64
                        " and %016" PRIx64,
                        hash_a, hash_b);
    FILE *first = trace_of(options);
    FILE *second = trace_of(options);
    char *a = NULL;
    char *b = NULL;
    if (first != NULL && second != NULL && used > 0 && (size_t)used < size) {
        uint64_t line = first_difference(first, second, &a, &b);
        if (line > 0) {
            snprintf(message + used, size - (size_t)used,
                     "; first diverging event, line %" PRIu64 " of the trace: `%.180s` or `%.180s`",
                     line, shown(a), shown(b));
        } else {
            snprintf(message + used, size - (size_t)used, "; two more runs with traces agreed");
        }
    }
    free(a);
    free(b);
    if (first != NULL) {
        fclose(first);
    }
    if (second != NULL) {
        fclose(second);
    }
}
