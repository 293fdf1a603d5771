/* The export ledger of one exporter and partition: what was handed to plugins (PLUGIN facts), what
 * its sink made durable (SINK facts), and from there the durable prefix: the highest position up to
 * which everything that passes the filter is durable. For an opaque exporter, whose sink nobody can
 * see, accepted deliveries stand in for the sink.
 *
 * What an acknowledgement vouches for: the records that were handed to this instance, up to the
 * acknowledged position, and those behind all that was handed to it. For a record that the engine has
 * passed over, or that lies before the start of the instance, it cannot vouch.
 *
 * Memory: two bits and, once stored, a 4-byte digest per record above the rollback horizon, one slot per
 * broker, and in it a bit per record since the first that was handed to its instance. */
#ifndef SIM_INVARIANTS_LEDGER_H
#define SIM_INVARIANTS_LEDGER_H

#include "sim/invariants/grow.h"
#include "sim/invariants/judge.h"

#define JUDGE_NO_INSTANCE UINT64_MAX

/* A call that has lasted so long may keep a director, or the threads that it needs, from going on. */
#define JUDGE_LONG_CALL (2 * WG_SECOND)

/* The current instance on one broker. */
struct judge_slot {
    uint64_t instance;    /* JUDGE_NO_INSTANCE = none */
    uint64_t incarnation; /* of its broker */
    bool opened;
    bool has_start;
    wg_position start;    /* EXPORTER_START claim */
    wg_position last_ok;  /* last successful export, 0 = none */
    struct judge_bits offered; /* records that it was called with, whatever it answered */
    wg_position first_offer, last_offer; /* lowest and highest of them, 0 = none */
    wg_position looked_to; /* what acknowledgements up to there vouch for has been looked at */
    wg_position max_ack;  /* highest PLUGIN_ACK, -1 = none */
    wg_position stored;   /* last EXPORTER_START or EXPORTER_POSITION claim there */
    uint32_t rank;        /* the director's how-manieth it was to be opened; 0 = not opened */
    uint32_t cause;       /* of repeats, enum sim_duplicate_cause; UNEXPLAINED = first instance */
};

struct judge_ledger {
    struct wg_record_filter filter;
    struct judge_bits delivered, durable;
    struct judge_bits vouched; /* acknowledged by who vouched for it, and not durable then */
    wg_position ahead_from, ahead_to; /* the same of records that were not committed then; 0 = none */
    wg_position unsound; /* the first such record of the last acknowledgement, 0 = none */
    struct judge_deque digests; /* uint32_t, from position `first_digest`; 0 = nothing stored */
    wg_position first_digest;
    wg_position prefix;       /* see above */
    wg_position excused;      /* up to there nothing is owed since it was enabled last; 0 = not excused */
    wg_position reached;      /* highest position delivered since then, 0 = none */
    wg_position sink_highest; /* -1 = none */
    wg_position max_ack;      /* -1 = none */
    wg_position stored_highest; /* highest EXPORTER_POSITION of any replica, -1 = none */
    wg_time refused_at;       /* a call but close failed then; 0 = an open or export since was good */
    wg_time called_at;        /* a call has not returned since then; 0 = none goes on */
    wg_time awaited_at;       /* an export answered PENDING then, and nothing since; 0 = none did */
    struct judge_slot *slots; /* per broker */
    uint32_t brokers;
    uint32_t instances;       /* opened so far */
    wg_node_id last_node;     /* where the last instance opened */
    uint64_t last_incarnation;
    bool in_burst;
    uint64_t burst;
    struct sim_export_stats stats; /* accepted: up to `prefix` */
};

void judge_ledger_init(struct judge_ledger *ledger, uint32_t brokers);
void judge_ledger_free(struct judge_ledger *ledger);
bool judge_ledger_accepts(const struct judge_ledger *ledger, uint8_t record_type,
                          uint8_t value_type);
/* Whether the exporter's instance on that broker was called with the record. */
bool judge_ledger_was_offered(const struct judge_slot *slot, wg_position position);
/* Whether the exporter has acknowledged the record, and could vouch for it, before it was durable. */
bool judge_ledger_is_vouched(const struct judge_ledger *ledger, wg_position position);
/* Moves the durable prefix as far as it goes. */
void judge_ledger_advance(struct sim_judges *b, wg_partition_id p, uint32_t exporter);
/* What is owed begins anew: nothing up to that position is. */
void judge_ledger_excuse(struct sim_judges *b, wg_partition_id p, uint32_t exporter,
                         wg_position up_to);
/* Adds what is missing and what waits, and to `accepted` what is behind the prefix. */
void judge_ledger_count(const struct sim_judges *b, wg_partition_id p, uint32_t exporter,
                        struct sim_export_stats *stats);
void judge_ledger_forget(struct judge_ledger *ledger, wg_position below);

/* Handlers. */
void judge_ledger_filter(struct sim_judges *b, const struct sim_fact *fact);
/* sim_judges_refuser */
int32_t judge_ledger_refuser(const struct sim_judges *b, wg_partition_id p);
void judge_ledger_call(struct sim_judges *b, const struct sim_fact *fact);
void judge_ledger_return(struct sim_judges *b, const struct sim_fact *fact);
void judge_ledger_ack(struct sim_judges *b, const struct sim_fact *fact);
void judge_ledger_durable(struct sim_judges *b, const struct sim_fact *fact);
void judge_ledger_start(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void judge_ledger_stored(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);

#endif
