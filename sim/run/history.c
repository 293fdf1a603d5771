/* Keeps the first and the last requests as numbers; text is made once, at the end. An answer finds its
 * request by the slot in the id's low 16 bits, as the clients do; one whose row has been given away
 * since is dropped. */
#include "sim/run/history.h"

#include "waggle/node.h"
#include "waggle/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 1000u /* rows that are kept for good ... */
#define LAST 1000u  /* ... and the latest of those behind them */
#define SLOTS 65536u
#define LINE_MAX_BYTES 380u

_Static_assert((FIRST + LAST + 1) * LINE_MAX_BYTES <= SIM_HISTORY_MAX_BYTES, "bounded");

enum outcome { OUTCOME_OPEN, OUTCOME_RECORD, OUTCOME_ERROR, OUTCOME_TIMED_OUT };

struct row {
    uint64_t request, about, answer; /* ids; key or first request; `c` of the reply */
    wg_time sent, ended;
    wg_key key; /* of the answer */
    wg_partition_id partition;
    uint8_t value_type, intent, outcome;
};

struct sim_history {
    struct row rows[FIRST + LAST];
    uint64_t count;        /* requests told of, kept or not */
    uint32_t slots[SLOTS]; /* row + 1 of the latest request with that slot; 0 = none */
};

struct sim_history *sim_history_new(void) {
    struct sim_history *history = calloc(1, sizeof *history);
    if (history == NULL) {
        abort();
    }
    return history;
}

void sim_history_free(struct sim_history *history) {
    free(history);
}

static void sent(struct sim_history *history, const struct sim_fact *fact) {
    uint64_t at = history->count < FIRST ? history->count
                                         : FIRST + (history->count - FIRST) % LAST;
    history->count++;
    history->rows[at] = (struct row){.request = fact->a,
                                     .about = fact->d,
                                     .sent = fact->at,
                                     .partition = fact->partition,
                                     .value_type = (uint8_t)(fact->c >> 8),
                                     .intent = (uint8_t)fact->c};
    history->slots[fact->a % SLOTS] = (uint32_t)at + 1;
}

static void ended(struct sim_history *history, const struct sim_fact *fact) {
    uint32_t at = history->slots[fact->a % SLOTS];
    struct row *row = at == 0 ? NULL : &history->rows[at - 1];
    if (row == NULL || row->request != fact->a) {
        return;
    }
    bool error = (fact->c & SIM_REPLY_ERROR) != 0;
    row->ended = fact->at;
    row->answer = fact->c;
    row->key = (wg_key)fact->d;
    row->outcome = fact->kind == SIM_FACT_REQUEST_TIMEOUT ? OUTCOME_TIMED_OUT
                   : error                                ? OUTCOME_ERROR
                                                          : OUTCOME_RECORD;
}

void sim_history_fact(struct sim_history *history, const struct sim_fact *fact) {
    switch (fact->kind) {
    case SIM_FACT_REQUEST:
        sent(history, fact);
        break;
    case SIM_FACT_REPLY:
    case SIM_FACT_REQUEST_TIMEOUT:
        ended(history, fact);
        break;
    default:
        break;
    }
}

/* --- text -------------------------------------------------------------------------------------- */

static const char *error_name(uint32_t code) {
    switch (code) {
    case WG_ERR_INTERNAL:
        return "INTERNAL_ERROR";
    case WG_ERR_PARTITION_LEADER_MISMATCH:
        return "PARTITION_LEADER_MISMATCH";
    case WG_ERR_MALFORMED_REQUEST:
        return "MALFORMED_REQUEST";
    case WG_ERR_RESOURCE_EXHAUSTED:
        return "RESOURCE_EXHAUSTED";
    default:
        return "unknown";
    }
}

static void put_outcome(const struct row *row, FILE *out) {
    uint8_t record_type = (uint8_t)(row->answer >> 16);
    switch ((enum outcome)row->outcome) {
    case OUTCOME_OPEN:
        fputs("\"outcome\":\"open\"", out);
        break;
    case OUTCOME_TIMED_OUT: /* may have taken effect */
        fputs("\"outcome\":\"timedOut\"", out);
        break;
    case OUTCOME_ERROR:
        fprintf(out, "\"outcome\":\"error\",\"error\":\"%s\"", error_name((uint32_t)row->answer));
        break;
    case OUTCOME_RECORD:
        fprintf(out, "\"outcome\":\"%s\",\"answer\":\"%s\",\"answerKey\":%" PRId64,
                record_type == WG_REJECTION ? "rejected" : "accepted",
                wg_intent_name((uint8_t)(row->answer >> 8), (uint8_t)row->answer), row->key);
        break;
    }
}

static void put_row(const struct row *row, wg_time t0, FILE *out) {
    fprintf(out, "{\"request\":%" PRIu64 ",\"partition\":%u,\"valueType\":\"%s\",\"intent\":\"%s\"",
            row->request, row->partition, wg_value_type_name(row->value_type),
            wg_intent_name(row->value_type, row->intent));
    if (row->about != (uint64_t)WG_KEY_NONE) {
        bool creates = row->value_type == WG_VT_PROCESS_INSTANCE_CREATION;
        fprintf(out, ",\"%s\":%" PRIu64, creates ? "retryOf" : "key", row->about);
    }
    fprintf(out, ",\"sent_ns\":%" PRId64 ",", row->sent - t0);
    if (row->outcome != OUTCOME_OPEN) {
        fprintf(out, "\"ended_ns\":%" PRId64 ",", row->ended - t0);
    }
    put_outcome(row, out);
    fputs("}\n", out);
}

void sim_history_write(const struct sim_history *history, wg_time t0, FILE *out) {
    uint64_t first = history->count < FIRST ? history->count : FIRST;
    uint64_t behind = history->count - first;
    uint64_t dropped = behind > LAST ? behind - LAST : 0;
    for (uint64_t i = 0; i < first; i++) {
        put_row(&history->rows[i], t0, out);
    }
    if (dropped > 0) {
        fprintf(out, "{\"dropped\":%" PRIu64 "}\n", dropped);
    }
    for (uint64_t i = dropped; i < behind; i++) {
        put_row(&history->rows[FIRST + i % LAST], t0, out);
    }
}
