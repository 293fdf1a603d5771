/* Keeps the first and the last entries as numbers; text is made once, at the end. */
#include "sim/run/timeline.h"

#include "sim/scenario/step_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 1000u /* entries that are kept for good ... */
#define LAST 1000u  /* ... and the latest of those behind them */
#define LINE_MAX_BYTES 1000u
#define VIOLATIONS_MAX 40u

enum source { FROM_FACT, FROM_CLAIM };

struct entry {
    wg_time at;
    uint32_t source, kind; /* enum sim_fact_kind or wg_claim_kind */
    wg_node_id node;
    wg_partition_id partition;
    uint64_t a, b, c;
};

struct sim_timeline {
    struct entry first[FIRST], last[LAST];
    uint64_t count; /* told of, kept or not */
};

struct sim_timeline *sim_timeline_new(void) {
    struct sim_timeline *timeline = calloc(1, sizeof *timeline);
    if (timeline == NULL) {
        abort();
    }
    return timeline;
}

void sim_timeline_free(struct sim_timeline *timeline) {
    free(timeline);
}

static void keep(struct sim_timeline *timeline, const struct entry *entry) {
    if (timeline->count < FIRST) {
        timeline->first[timeline->count] = *entry;
    } else {
        timeline->last[(timeline->count - FIRST) % LAST] = *entry;
    }
    timeline->count++;
}

void sim_timeline_fact(struct sim_timeline *timeline, const struct sim_fact *fact) {
    switch (fact->kind) {
    case SIM_FACT_PHASE:
    case SIM_FACT_BROKER_START:
    case SIM_FACT_BROKER_END:
    case SIM_FACT_BROKER_REFUSED:
    case SIM_FACT_BROKER_OLD_END:
    case SIM_FACT_FAULT_BEGIN:
    case SIM_FACT_FAULT_END:
    case SIM_FACT_ADMIN:
        keep(timeline, &(struct entry){fact->at, FROM_FACT, fact->kind, fact->node,
                                       fact->partition, fact->a, fact->b, fact->c});
        break;
    default:
        break;
    }
}

void sim_timeline_claim(struct sim_timeline *timeline, wg_time at, wg_node_id node,
                        const struct wg_claim *claim) {
    switch (claim->kind) {
    case WG_CLAIM_ROLE:
    case WG_CLAIM_SNAPSHOT:
    case WG_CLAIM_SNAPSHOT_RECEIVED:
    case WG_CLAIM_COMPACT:
    case WG_CLAIM_PARTITION_FAILED:
        keep(timeline, &(struct entry){at, FROM_CLAIM, claim->kind, node, claim->partition,
                                       claim->a, claim->b, claim->c});
        break;
    default:
        break;
    }
}

/* --- text -------------------------------------------------------------------------------------- */

static const char *const phases[] = {"warmUp", "chaos", "heal", "verify", "end"};
static const char *const ends[] = {"killed", "stopped", "powerLoss", "panicked"};
static const char *const roles[] = {"inactive", "passive",   "promotable",
                                    "follower", "candidate", "leader"};

static const char *name_of(const char *const *names, size_t count, uint64_t i) {
    return i < count ? names[i] : "unknown";
}
#define NAME(names, i) name_of(names, sizeof names / sizeof names[0], i)

/* What follows the place; `text` has room for it. */
static void describe_fact(const struct entry *e, char *text, size_t size) {
    switch (e->kind) {
    case SIM_FACT_PHASE:
        snprintf(text, size, "\"kind\":\"phase\",\"phase\":\"%s\"", NAME(phases, e->a));
        break;
    case SIM_FACT_BROKER_START:
        snprintf(text, size, "\"kind\":\"broker.start\"");
        break;
    case SIM_FACT_BROKER_REFUSED:
        snprintf(text, size, "\"kind\":\"broker.refused\",\"because\":\"%s\"",
                 wg_status_text(WG_LOCKED));
        break;
    case SIM_FACT_BROKER_OLD_END:
        snprintf(text, size, "\"kind\":\"broker.oldProcessEnd\",\"how\":\"%s\"", NAME(ends, e->b));
        break;
    case SIM_FACT_BROKER_END:
        snprintf(text, size, "\"kind\":\"broker.end\",\"how\":\"%s\"", NAME(ends, e->b));
        break;
    case SIM_FACT_FAULT_BEGIN:
        snprintf(text, size, "\"kind\":\"fault.begin\",\"fault\":\"%s\",\"number\":%" PRIu64,
                 e->b < SIM_FAULT_KIND_COUNT ? sim_fault_row((uint32_t)e->b)->name : "unknown",
                 e->a);
        break;
    case SIM_FACT_FAULT_END:
        snprintf(text, size, "\"kind\":\"fault.end\",\"fault\":\"%s\",\"number\":%" PRIu64,
                 e->b < SIM_FAULT_KIND_COUNT ? sim_fault_row((uint32_t)e->b)->name : "unknown",
                 e->a);
        break;
    default:
        snprintf(text, size, "\"kind\":\"request\",\"do\":\"%s\"",
                 e->b < WG_ADMIN_KIND_COUNT ? sim_step_name((uint32_t)e->b) : "unknown");
        break;
    }
}

static void describe_claim(const struct entry *e, char *text, size_t size) {
    switch (e->kind) {
    case WG_CLAIM_ROLE:
        snprintf(text, size, "\"kind\":\"role\",\"role\":\"%s\",\"term\":%" PRIu64,
                 NAME(roles, e->a), e->b);
        break;
    case WG_CLAIM_SNAPSHOT:
    case WG_CLAIM_SNAPSHOT_RECEIVED:
        snprintf(text, size, "\"kind\":\"snapshot.%s\",\"index\":%" PRIu64,
                 e->kind == WG_CLAIM_SNAPSHOT ? "taken" : "received", e->a);
        break;
    case WG_CLAIM_COMPACT:
        snprintf(text, size, "\"kind\":\"log.compacted\",\"firstIndex\":%" PRIu64, e->a);
        break;
    default:
        snprintf(text, size, "\"kind\":\"partition.failed\",\"status\":%" PRIu64, e->a);
        break;
    }
}

struct writer {
    FILE *out;
    size_t written, limit;
    uint64_t dropped;
};

static void put_line(struct writer *writer, const char *line) {
    size_t len = strlen(line);
    if (writer->written + len + 1 > writer->limit) {
        writer->dropped++;
        return;
    }
    fputs(line, writer->out);
    fputc('\n', writer->out);
    writer->written += len + 1;
}

static void put_entry(struct writer *writer, const struct entry *entry, wg_time t0) {
    char line[LINE_MAX_BYTES], what[200], broker[40] = "", partition[40] = "";
    if (entry->source == FROM_FACT) {
        describe_fact(entry, what, sizeof what);
    } else {
        describe_claim(entry, what, sizeof what);
    }
    /* A fault's node is its target. */
    uint64_t node = entry->source == FROM_FACT && entry->kind == SIM_FACT_FAULT_BEGIN
                        ? entry->c
                        : entry->node;
    if (node < SIM_BROKERS_MAX) {
        snprintf(broker, sizeof broker, ",\"broker\":%" PRIu64, node);
    }
    if (entry->partition != 0) {
        snprintf(partition, sizeof partition, ",\"partition\":%u", entry->partition);
    }
    snprintf(line, sizeof line, "{\"at_ns\":%" PRId64 ",%s%s%s}", entry->at - t0, what, broker,
             partition);
    put_line(writer, line);
}

static void put_dropped(struct writer *writer, uint64_t count) {
    char line[80];
    snprintf(line, sizeof line, "{\"kind\":\"dropped\",\"entries\":%" PRIu64 "}", count);
    put_line(writer, line);
}

/* ASCII as it is, everything else as a question mark: the messages are in results.json in full. */
static void escape(const char *text, char *out, size_t size) {
    size_t used = 0;
    for (; *text != '\0' && used + 3 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            out[used++] = '\\';
        }
        out[used++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
    }
    out[used] = '\0';
}

/* Those that came up to then, so that all lines are in the order of time. */
static void put_answers(struct writer *writer, const struct wg_run_result *result, uint32_t *next,
                        wg_time until) {
    for (; *next < result->answer_count && result->answers[*next].at_ns <= until; ++*next) {
        const struct wg_result_answer *answer = &result->answers[*next];
        char line[LINE_MAX_BYTES], request[300], body[300], broker[40] = "";
        escape(answer->request == NULL ? "" : answer->request, request, sizeof request);
        escape(answer->body == NULL ? "" : answer->body, body, sizeof body);
        if (answer->broker >= 0) {
            snprintf(broker, sizeof broker, ",\"broker\":%d", answer->broker);
        }
        snprintf(line, sizeof line,
                 "{\"at_ns\":%" PRId64 ",\"kind\":\"answer\",\"step\":%u,\"request\":\"%s\","
                 "\"status\":%u,\"body\":\"%s\",\"times\":%u%s}",
                 answer->at_ns, answer->step, request, answer->status, body, answer->times, broker);
        put_line(writer, line);
    }
}

static void put_violation(struct writer *writer, const struct wg_result_violation *violation) {
    char line[LINE_MAX_BYTES], message[600], exporter[200] = "";
    escape(violation->message == NULL ? "" : violation->message, message, sizeof message);
    if (violation->exporter != NULL) {
        char id[150];
        escape(violation->exporter, id, sizeof id);
        snprintf(exporter, sizeof exporter, ",\"exporter\":\"%s\"", id);
    }
    snprintf(line, sizeof line,
             "{\"at_ns\":%" PRId64 ",\"kind\":\"violation\",\"invariant\":\"%.80s\",\"blame\":\"%s\","
             "\"partition\":%u%s,\"message\":\"%s\"}",
             violation->at_ns, violation->invariant, violation->blame, violation->partition,
             exporter, message);
    put_line(writer, line);
}

void sim_timeline_write(const struct sim_timeline *timeline, wg_time t0,
                        const struct wg_run_result *result, FILE *out) {
    /* Room is left for the violations, which come last. */
    uint32_t violations =
        result->violation_count < VIOLATIONS_MAX ? result->violation_count : VIOLATIONS_MAX;
    struct writer writer = {.out = out,
                            .limit = SIM_TIMELINE_MAX_BYTES - (violations + 2) * LINE_MAX_BYTES};
    uint64_t first = timeline->count < FIRST ? timeline->count : FIRST;
    uint64_t behind = timeline->count - first;
    uint64_t lost = behind > LAST ? behind - LAST : 0;
    uint32_t next = 0;
    for (uint64_t i = 0; i < first; i++) {
        put_answers(&writer, result, &next, timeline->first[i].at - t0 - 1);
        put_entry(&writer, &timeline->first[i], t0);
    }
    if (lost > 0) {
        put_dropped(&writer, lost);
    }
    for (uint64_t i = lost; i < behind; i++) {
        put_answers(&writer, result, &next, timeline->last[i % LAST].at - t0 - 1);
        put_entry(&writer, &timeline->last[i % LAST], t0);
    }
    put_answers(&writer, result, &next, INT64_MAX);
    writer.limit = SIM_TIMELINE_MAX_BYTES;
    uint64_t cut = writer.dropped + (result->violation_count - violations);
    for (uint32_t i = 0; i < violations; i++) {
        put_violation(&writer, &result->violations[i]);
    }
    if (cut > 0) {
        put_dropped(&writer, cut);
    }
}
