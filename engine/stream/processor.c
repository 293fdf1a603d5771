/* Record flow step 6: committed commands become events (reference: engine 4).
 *
 * Takes committed records from the log reader, gives follow-up records to the log writer, replies
 * to clients and rows to the state. A processor lives as long as one role of its replica:
 *
 *   REPLAY  -> PROCESSING   leaders, when the committed log has been replayed to its end
 *   REPLAY                  followers, for ever, woken by commits
 *   any     -> failed       a status other than OK was returned; the partition decides
 *
 * Always: state and positions move in whole batches and are published after the transaction; a
 * follower's state is a function of a committed prefix; last_written never goes back (bug S01) and
 * is unset while a leader replays (bug P09). */
#include "stream/internal.h"

#include "base/assert.h"

#include <string.h>

#define REPLAY_BATCHES_PER_STEP 64u
#define COMMANDS_PER_STEP 16u
#define SKIPPED_PER_STEP 1024u

wg_status wg_processor_new(struct wg_env *env, const struct wg_node_options *options,
                           wg_partition_id partition, struct wg_log *log, struct wg_state *state,
                           enum wg_processor_mode mode, wg_term term, wg_index commit,
                           struct wg_processor **ret_processor) {
    struct wg_processor *p = wg_alloc(env, sizeof *p);
    memset(p, 0, sizeof *p);
    p->env = env;
    p->options = options;
    p->partition = partition;
    p->log = log;
    p->state = state;
    p->mode = mode;
    p->phase = WG_PHASE_REPLAY;
    p->term = term;
    p->due_armed = WG_TIME_NEVER;
    p->snapshot_position = wg_state_last_processed(state);
    p->positions.last_processed = p->snapshot_position;
    p->positions.last_written = WG_POSITION_NONE;
    p->last_read = WG_POSITION_NONE;
    wg_request_limiter_init(&p->limiter, env, &options->request_limit);
    wg_results_init(&p->results, env, options->max_message_bytes);
    if (options->cluster_partitions > 0) {
        p->results.cluster.partitions = options->cluster_partitions;
    }
    p->results.cluster.distribute_deployments = options->distribute_deployments;
    p->results.cluster.quirks = wg_quirks_of(options);
    wg_log_reader_init(&p->reader, env, log, commit);
    wg_status status = wg_log_reader_seek_after(&p->reader, p->snapshot_position);
    if (status != WG_OK) {
        wg_processor_free(p);
        return status;
    }
    wg_processor_wake(p);
    *ret_processor = p;
    return WG_OK;
}

void wg_processor_free(struct wg_processor *processor) {
    if (processor == NULL) {
        return;
    }
    wg_log_reader_done(&processor->reader);
    wg_log_writer_free(processor->writer);
    wg_results_done(&processor->results);
    wg_checks_done(processor);
    wg_request_limiter_done(&processor->limiter, processor->env);
    wg_free(processor->env, processor, sizeof *processor);
}

const struct wg_stream_positions *wg_processor_positions(const struct wg_processor *processor) {
    return &processor->positions;
}

bool wg_processor_is_processing(const struct wg_processor *processor) {
    return processor->phase == WG_PHASE_PROCESSING && processor->failed == WG_OK;
}

/* Replay writes nothing, and only a state that moves on can be snapshotted and the log be cut: a
 * full disk must not stop it, or a replica that starts on one never gets out (engine 7). */
static bool stands_still(const struct wg_processor *p) {
    uint32_t reasons = p->paused;
    bool disk_counts = p->phase == WG_PHASE_PROCESSING ||
                       wg_has_quirk(p->options, WG_QUIRK_FULL_DISK_STOPS_REPLAY);
    return (disk_counts ? reasons : reasons & ~(uint32_t)WG_PAUSED_BY_DISK) != 0;
}

void wg_processor_set_paused(struct wg_processor *processor, uint32_t reasons) {
    bool stood_still = stands_still(processor);
    processor->paused = reasons;
    if (stood_still && !stands_still(processor)) {
        wg_processor_wake(processor);
    }
}

void wg_processor_use_topology(struct wg_processor *processor,
                               const struct wg_topology *topology) {
    processor->topology = topology;
}

enum wg_stream_phase wg_processor_phase(const struct wg_processor *processor) {
    if (processor->failed != WG_OK) {
        return WG_STREAM_FAILED;
    }
    if (stands_still(processor)) {
        return WG_STREAM_PAUSED;
    }
    return processor->phase == WG_PHASE_REPLAY ? WG_STREAM_REPLAY : WG_STREAM_PROCESSING;
}

static wg_status replay_some(struct wg_processor *p) {
    bool more = true;
    for (uint32_t i = 0; more && i < REPLAY_BATCHES_PER_STEP; i++) {
        wg_status status = wg_replay_batch(p, &more);
        if (status != WG_OK) {
            return status;
        }
    }
    if (!more && p->mode == WG_PROCESSOR_PROCESSING) {
        wg_status status = wg_replay_finish(p);
        if (status != WG_OK) {
            return status;
        }
        more = true;
    }
    if (more) {
        wg_processor_wake(p);
    }
    return WG_OK;
}

static wg_status process_some(struct wg_processor *p) {
    uint32_t commands = 0;
    uint32_t skipped = 0;
    while (commands < COMMANDS_PER_STEP && skipped < SKIPPED_PER_STEP) {
        enum wg_process_result result;
        wg_status status = wg_process_next(p, &result);
        if (status != WG_OK || result == WG_PROCESS_IDLE) {
            return status;
        }
        commands += result == WG_PROCESS_DONE;
        skipped += result == WG_PROCESS_SKIPPED;
    }
    wg_processor_wake(p);
    return WG_OK;
}

static wg_status work(struct wg_processor *p) {
    if (stands_still(p) || p->waits_for_retry) {
        return WG_OK;
    }
    return p->phase == WG_PHASE_REPLAY ? replay_some(p) : process_some(p);
}

/* Highest position in the log up to `commit`, or 0. */
static wg_position committed_position(const struct wg_log *log, wg_index commit) {
    wg_index last = wg_log_last_index(log);
    for (wg_index i = commit < last ? commit : last; i >= wg_log_first_index(log) && i > 0; i--) {
        const struct wg_log_entry *entry = wg_log_entry(log, i);
        if (entry != NULL && entry->kind == WG_ENTRY_APPLICATION) {
            return entry->highest;
        }
    }
    return 0;
}

wg_status wg_replay_finish(struct wg_processor *p) {
    wg_position processed = wg_state_last_processed(p->state);
    wg_position last = committed_position(p->log, p->reader.commit);
    last = p->last_read > last ? p->last_read : last;
    last = processed > last ? processed : last;
    p->writer = wg_log_writer_new(p->env, p->partition, p->term, last + 1,
                                  p->options->max_message_bytes, p->options->append_limit);
    p->first_own = last + 1;
    p->positions.last_processed = processed;
    p->positions.last_written = p->last_read;
    p->phase = WG_PHASE_PROCESSING;
    wg_checks_start(p);
    wg_claim(p->env, WG_CLAIM_REPLAY_DONE, p->partition, (uint64_t)processed, 0, 0, 0);
    return wg_log_reader_seek_after(&p->reader, processed);
}

static wg_status on_post(struct wg_processor *p, const struct wg_event *event) {
    switch (event->u.post.what) {
    case WG_POST_COMMIT:
        wg_log_reader_set_commit(&p->reader, event->u.post.value);
        if (p->writer != NULL) {
            wg_log_writer_committed(p->writer, committed_position(p->log, p->reader.commit));
            p->waits_for_retry = false; /* there may be room for its batch now */
        }
        return work(p);
    case WG_POST_WAKE:
        return work(p);
    default:
        return WG_OK;
    }
}

static wg_status on_timer(struct wg_processor *p, uint32_t slot) {
    if (slot == WG_TIMER_RETRY) {
        p->waits_for_retry = false;
        return work(p);
    }
    if (slot >= WG_TIMER_FIRST_CHECK) {
        return wg_checks_timer(p, slot);
    }
    p->due_armed = WG_TIME_NEVER;
    return p->phase == WG_PHASE_PROCESSING && p->paused == 0 ? wg_due_check(p) : WG_OK;
}

static wg_status dispatch(struct wg_processor *p, const struct wg_event *event) {
    switch (event->kind) {
    case WG_EVENT_POST:
        return on_post(p, event);
    case WG_EVENT_TIMER:
        return on_timer(p, event->u.timer);
    case WG_EVENT_REQUEST:
        wg_request_handle(p, event->u.request);
        return WG_OK;
    case WG_EVENT_MESSAGE:
        return wg_peers_receive(p, event->u.message);
    default:
        return WG_OK;
    }
}

wg_status wg_processor_step(struct wg_processor *processor, const struct wg_event *event) {
    if (processor->failed != WG_OK) {
        if (event->kind == WG_EVENT_REQUEST) {
            wg_request_handle(processor, event->u.request);
        }
        return processor->failed;
    }
    processor->failed = dispatch(processor, event);
    if (processor->failed == WG_OK && processor->phase == WG_PHASE_PROCESSING) {
        wg_due_arm(processor);
    }
    return processor->failed;
}
