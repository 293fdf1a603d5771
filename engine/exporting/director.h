/* Record flow step 7: committed records go to each exporter in turn, positions are kept, and
 * distributed to followers (reference: exporters 1 to 5). */
#ifndef WG_EXPORTING_DIRECTOR_H
#define WG_EXPORTING_DIRECTOR_H

#include "seams/exporter_rows.h"
#include "seams/log_reader.h"
#include "waggle/inspect.h"
#include "waggle/node.h"

enum wg_director_mode { WG_DIRECTOR_ACTIVE, WG_DIRECTOR_PASSIVE };

struct wg_director;

/* Over borrowed `log` and `state`; `exporting` is the phase that an operator has asked for.
 * Instances of exporters get numbers from *next_instance and calls from *next_call, which it counts
 * up. */
struct wg_director *wg_director_new(struct wg_env *env, const struct wg_node_options *options,
                                    const struct wg_partition_options *partition,
                                    struct wg_log *log, struct wg_state *state,
                                    enum wg_director_mode mode, enum wg_exporting_phase exporting,
                                    wg_term term, wg_index commit, uint32_t *next_instance,
                                    uint64_t *next_call);
/* Where it counts what it does from now on; borrowed. Without this nothing is counted. */
void wg_director_set_metrics(struct wg_director *director, struct wg_exporter_metrics *metrics);
void wg_director_free(struct wg_director *director); /* frees memory; calls no plugin */

/* Handles an event of actor EXPORTER: posts COMMIT, WAKE (also the first one, which starts
 * recovery, configure and open), CLOSE (answers POST_CLOSED to PARTITION when every exporter is
 * closed; value2 FATAL if it had failed for good, see WG_QUIRK_DIRECTOR_STAYS_DOWN), EXPORTING (the
 * operator's phase from now on; it is in force when the step returns), SETTINGS (what
 * options->exporter_settings points to has changed), timers, PLUGIN_RETURNED,
 * EXPORTER_STATE messages (passive). A failure of configure, open or a scheduled task makes the
 * director fail and restart by itself after 2, 4, 8, 10, 10.. s (documented behaviour, prom-E20).
 * Not WG_OK: the reader found a gap or corruption. */
WG_MUST_USE wg_status wg_director_step(struct wg_director *director, const struct wg_event *event);

#endif
