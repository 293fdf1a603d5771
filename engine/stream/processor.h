/* Record flow step 6: committed commands become events. Replays committed events into the state,
 * then (leaders) processes commands (reference: engine 4). */
#ifndef WG_STREAM_PROCESSOR_H
#define WG_STREAM_PROCESSOR_H

#include "seams/log_reader.h"
#include "seams/log_writer.h"
#include "seams/state_store.h"
#include "seams/stream_positions.h"
#include "seams/topology.h"
#include "waggle/management.h"
#include "waggle/node.h"

enum wg_processor_mode { WG_PROCESSOR_REPLAY, WG_PROCESSOR_PROCESSING };

struct wg_processor;

/* Over borrowed `log` and `state`. Seeks to the first record after the state's last processed
 * position; GAP if records are missing. `commit` = highest index known to be committed. */
WG_MUST_USE wg_status wg_processor_new(struct wg_env *env, const struct wg_node_options *options,
                                       wg_partition_id partition, struct wg_log *log,
                                       struct wg_state *state, enum wg_processor_mode mode,
                                       wg_term term, wg_index commit,
                                       struct wg_processor **ret_processor);
void wg_processor_free(struct wg_processor *processor);

/* Who leads the other partitions; borrowed for the life of the processor. Without it every command for
 * one of them is lost. */
void wg_processor_use_topology(struct wg_processor *processor, const struct wg_topology *topology);

/* Handles an event of actor PROCESSOR: posts COMMIT and WAKE, timers (due work, checks), requests,
 * messages WG_MSG_COMMAND.
 * Does a bounded amount of work and posts WAKE to itself while there is more. A request is answered
 * with PARTITION_LEADER_MISMATCH unless processing. Not WG_OK: the processor has failed. */
WG_MUST_USE wg_status wg_processor_step(struct wg_processor *processor, const struct wg_event *event);
/* Processing stands still while any bit of enum wg_pause_reason is set, replay unless the disk is the
 * only reason; with WG_PAUSED_BY_DISK client commands are refused too (else they are written, and
 * wait). Who may go on gets a WAKE. (engine 7; quirk full-disk-stops-replay) */
void wg_processor_set_paused(struct wg_processor *processor, uint32_t reasons);
const struct wg_stream_positions *wg_processor_positions(const struct wg_processor *processor);
/* Zeebe's name for what it does now. */
enum wg_stream_phase wg_processor_phase(const struct wg_processor *processor);
/* Replay is over and commands are being processed. */
bool wg_processor_is_processing(const struct wg_processor *processor);

#endif
