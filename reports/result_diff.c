/* Compares results run by run. */
#include "reports/result_diff.h"

#include "reports/text.h"

#include <inttypes.h>
#include <string.h>

/* Where lines go, and whether the headline of the run is already there. */
struct print {
    FILE *out;
    const struct wg_run_result *run;
    bool begun;
};

static void begin_line(struct print *print) {
    if (!print->begun) {
        wg_print_safe(print->run->scenario, print->out);
        fprintf(print->out, ", seed %" PRIu64 "\n", print->run->seed);
        print->begun = true;
    }
    fputs("  ", print->out);
}

static void number(struct print *print, const char *name, uint64_t before, uint64_t after) {
    if (before == after) {
        return;
    }
    begin_line(print);
    wg_print_safe(name, print->out);
    fprintf(print->out, ": %" PRIu64 " -> %" PRIu64 "\n", before, after);
}

static void hash(struct print *print, const char *name, uint64_t before, uint64_t after) {
    if (before != after) {
        begin_line(print);
        fprintf(print->out, "%s: %016" PRIx64 " -> %016" PRIx64 "\n", name, before, after);
    }
}

static uint32_t count_violations(const struct wg_run_result *run, const char *invariant) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->violation_count; i++) {
        count += strcmp(run->violations[i].invariant, invariant) == 0 ? 1 : 0;
    }
    return count;
}

static bool is_first(const struct wg_run_result *run, uint32_t i) {
    for (uint32_t k = 0; k < i; k++) {
        if (strcmp(run->violations[k].invariant, run->violations[i].invariant) == 0) {
            return false;
        }
    }
    return true;
}

static void violations(struct print *print, const struct wg_run_result *before,
                       const struct wg_run_result *after) {
    char name[120];
    for (uint32_t i = 0; i < before->violation_count; i++) {
        const char *invariant = before->violations[i].invariant;
        if (is_first(before, i)) {
            snprintf(name, sizeof name, "violations of %s", invariant);
            number(print, name, count_violations(before, invariant),
                   count_violations(after, invariant));
        }
    }
    for (uint32_t i = 0; i < after->violation_count; i++) {
        const char *invariant = after->violations[i].invariant;
        if (is_first(after, i) && count_violations(before, invariant) == 0) {
            snprintf(name, sizeof name, "violations of %s", invariant);
            number(print, name, 0, count_violations(after, invariant));
        }
    }
}

static const uint64_t *find_counter(const struct wg_run_result *run, const char *name) {
    for (uint32_t i = 0; i < run->counter_count; i++) {
        if (strcmp(run->counters[i].name, name) == 0) {
            return &run->counters[i].value;
        }
    }
    return NULL;
}

static void counters(struct print *print, const struct wg_run_result *before,
                     const struct wg_run_result *after) {
    for (uint32_t i = 0; i < before->counter_count; i++) {
        const uint64_t *value = find_counter(after, before->counters[i].name);
        number(print, before->counters[i].name, before->counters[i].value,
               value == NULL ? 0 : *value);
    }
    for (uint32_t i = 0; i < after->counter_count; i++) {
        if (find_counter(before, after->counters[i].name) == NULL) {
            number(print, after->counters[i].name, 0, after->counters[i].value);
        }
    }
}

static void compare(const struct wg_run_result *before, const struct wg_run_result *after,
                    struct wg_result_diff *diff, FILE *out) {
    struct print print = {out, before, false};
    if (before->verdict != after->verdict) {
        begin_line(&print);
        fprintf(out, "verdict: %s -> %s\n", wg_verdict_name(before->verdict),
                wg_verdict_name(after->verdict));
        diff->verdicts++;
    }
    hash(&print, "hash", before->hash, after->hash);
    hash(&print, "claim hash", before->claim_hash, after->claim_hash);
    number(&print, "virtual time (ns)", (uint64_t)before->sim_ns, (uint64_t)after->sim_ns);
    number(&print, "events", before->events, after->events);
    number(&print, "records committed", before->committed, after->committed);
    number(&print, "records exported", before->exported, after->exported);
    number(&print, "duplicates", before->duplicates, after->duplicates);
    number(&print, "log bytes, peak", before->log_bytes_peak, after->log_bytes_peak);
    number(&print, "log bytes, final", before->log_bytes_final, after->log_bytes_final);
    violations(&print, before, after);
    counters(&print, before, after);
    diff->changed += print.begun ? 1 : 0;
    diff->same += print.begun ? 0 : 1;
}

static int order(const struct wg_run_result *a, const struct wg_run_result *b) {
    int names = strcmp(a->scenario, b->scenario);
    return names != 0 ? names : (a->seed < b->seed ? -1 : (a->seed > b->seed ? 1 : 0));
}

static void only(const struct wg_run_result *run, const char *where, FILE *out) {
    struct print print = {out, run, false};
    begin_line(&print);
    fprintf(out, "only in the %s: %s\n", where, wg_verdict_name(run->verdict));
}

struct wg_result_diff wg_result_diff(const struct wg_result_file *before,
                                     const struct wg_result_file *after, FILE *out) {
    struct wg_result_diff diff = {0};
    uint32_t a = 0;
    uint32_t b = 0;
    while (a < before->run_count || b < after->run_count) {
        int side = a == before->run_count  ? 1
                   : b == after->run_count ? -1
                                           : order(&before->runs[a], &after->runs[b]);
        if (side == 0) {
            compare(&before->runs[a++], &after->runs[b++], &diff, out);
        } else if (side < 0) {
            only(&before->runs[a++], "first", out);
            diff.gone++;
        } else {
            only(&after->runs[b++], "second", out);
            diff.added++;
        }
    }
    return diff;
}
