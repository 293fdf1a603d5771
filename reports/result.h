/* The result model: plain data about runs, no simulator types. Writers render it. */
#ifndef WG_REPORTS_RESULT_H
#define WG_REPORTS_RESULT_H

#include <stdbool.h>
#include <stdint.h>

enum wg_verdict { WG_PASSED, WG_FAILED, WG_ERROR, WG_SKIPPED };

struct wg_result_violation {
    char *invariant, *blame, *message;
    int64_t at_ns;
    uint32_t partition; /* 0 = none */
    char *exporter;     /* id or NULL */
    bool expected;      /* an `expect: violation` asked for it */
    char *tolerated;    /* the reason that a `tolerate` gives, or NULL: it fails the run */
};

struct wg_result_export { /* per exporter and partition */
    char *exporter;
    uint32_t partition;
    uint64_t accepted, delivered, duplicates, bursts, longest_burst;
    uint64_t causes[8]; /* enum sim_duplicate_cause, names in result.c */
};

struct wg_result_retention { /* per broker and partition */
    uint32_t broker, partition;
    uint64_t log_bytes_peak, log_bytes_final;
    int64_t lowest_exporter_position; /* INT64_MAX = no exporter, -1 = nothing acknowledged */
    char *held_by;                    /* exporter id or NULL */
};

struct wg_result_counter { /* faults fired and their effects, reached events */
    char *name;
    uint64_t value;
};

struct wg_result_answer { /* of the management API, to a step of the scenario */
    uint32_t step;    /* entry of `steps`, from 1 */
    char *action;     /* its `do` */
    char *request;    /* "POST /exporting/pause" */
    int32_t broker;   /* that was called, -1 = the gateway */
    int64_t asked_ns, at_ns;
    uint32_t status;  /* HTTP; 0 = no answer came */
    char *body;       /* its beginning */
    uint64_t body_bytes;
    uint32_t times;   /* an operator who asks again and is told the same: more than 1 */
};

struct wg_run_result {
    char *scenario, *scenario_path;
    uint64_t seed;
    enum wg_verdict verdict;
    char *error;         /* ERROR: what happened (crash, hang, internal) or NULL */
    uint64_t hash, claim_hash;
    int64_t sim_ns;
    uint64_t events;
    uint64_t committed, exported, duplicates;
    uint64_t log_bytes_peak, log_bytes_final; /* of the largest replica */
    struct wg_result_violation *violations;
    uint32_t violation_count;
    struct wg_result_export *exports;
    uint32_t export_count;
    struct wg_result_retention *retention;
    uint32_t retention_count;
    struct wg_result_counter *counters;
    uint32_t counter_count;
    struct wg_result_counter *coverage; /* what was reached, if it was asked for */
    uint32_t coverage_count;
    struct wg_result_counter *metrics; /* of exporters, under Zeebe's names with labels */
    uint32_t metric_count;
    struct wg_result_answer *answers; /* in the order in which they came */
    uint32_t answer_count;
    char *replay;        /* the line to paste */
    int64_t wall_ns;     /* kept apart from everything hashed */
};

/* Whether the violation fails its run. */
bool wg_violation_counts(const struct wg_result_violation *violation);
/* Frees what it owns. */
void wg_result_answer_done(struct wg_result_answer *answer);
/* Zero-initialise with {0}; frees what it owns. */
void wg_run_result_done(struct wg_run_result *result);

#endif
