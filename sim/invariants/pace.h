/* Whether commits of a partition keep up with what is written to its log. Where disks or links are slower than
 * the load, commands and outcomes wait for seconds between the job that writes them and their commit; who
 * judges "within a bounded time" must not blame the engine for what waits behind them. One command at a time is
 * watched, from the claim that it was processed until its follow-ups are committed.
 *
 * Memory: 40 bytes per partition. */
#ifndef SIM_INVARIANTS_PACE_H
#define SIM_INVARIANTS_PACE_H

#include "waggle/trace.h"

#include <stdbool.h>

struct sim_judges;
struct judge_entry;

struct judge_pace {
    wg_position followed; /* highest command with committed follow-ups */
    wg_position watched;  /* command whose follow-ups are waited for; 0 = none */
    wg_time watched_since;
    wg_time late_at;     /* when commits were last found to be more than JUDGE_PACE_LATE behind; 0 = never */
    wg_time last_commit; /* 0 = none */
};

#define JUDGE_PACE_LATE (5 * WG_SECOND)

void judge_pace_init(struct sim_judges *b);
void judge_pace_free(struct sim_judges *b);
/* When commits were last found late; 0 = never. */
wg_time judge_pace_late(const struct sim_judges *b, wg_partition_id p);
/* Whether commits go on, but late. */
bool judge_pace_lags(const struct sim_judges *b, wg_partition_id p);

/* Handlers. */
void judge_pace_processed(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void judge_pace_entry(struct sim_judges *b, wg_partition_id p, const struct judge_entry *entry);

#endif
