/* Processing of one command (step 6, reference: engine 4.3): in one transaction the command and
 * then, in order, the commands that follow from it; all records are written as one batch with the
 * command as their source; then the transaction is committed, and only then the client hears.
 * Always: a batch that is refused leaves no trace and is tried again; the reply leaves although the
 * batch is not committed yet by raft (a new leader may process the command again); a command that
 * produced nothing does not count as processed. */
#include "stream/internal.h"

#include "base/assert.h"

#define RETRY_DELAY (250 * WG_MS)

/* How far one attempt came. */
struct attempt {
    uint32_t handled; /* commands, the first one included */
    bool fits;        /* the records so far make one batch */
    wg_status status;
};

static void handle(struct wg_processor *p, const struct wg_record *command, struct attempt *now) {
    now->status = wg_processing_command(p->env, p->state, p->partition, p->env->wall_ms, command,
                                        &p->results);
    now->fits = wg_log_writer_can_write(p->writer, p->results.count, p->results.bytes);
    now->handled++;
    wg_charge(p->env, p->options->costs.process_command);
}

/* The command and up to `limit` - 1 that follow from it; those beyond stay in the batch without the
 * skip flag and are processed later, as commands of their own. */
static struct attempt handle_all(struct wg_processor *p, const struct wg_record *command,
                                 uint32_t limit) {
    struct attempt now = {0, true, WG_OK};
    wg_results_reset(&p->results);
    wg_state_begin(p->state);
    handle(p, command, &now);
    for (uint32_t i = 0; i < p->results.count; i++) {
        if (now.status != WG_OK || !now.fits || now.handled >= limit) {
            break;
        }
        if (p->results.records[i].record_type != WG_COMMAND) {
            continue;
        }
        p->results.records[i].skip_processing = 1;
        struct wg_record follow_up = p->results.records[i]; /* the array may move */
        follow_up.source_position = command->position;
        follow_up.timestamp_ms = command->timestamp_ms;
        handle(p, &follow_up, &now);
    }
    return now;
}

static void handle_error(struct wg_processor *p, const struct wg_record *command,
                         const struct attempt *failed) {
    wg_results_reset(&p->results);
    wg_state_begin(p->state);
    if (failed->status == WG_OK || failed->status == WG_FULL) {
        wg_processing_error(p->env, p->state, p->partition, command,
                            WG_REJECT_EXCEEDED_BATCH_RECORD_SIZE, "", &p->results);
    } else {
        wg_processing_error(p->env, p->state, p->partition, command, WG_REJECT_PROCESSING_ERROR,
                            wg_status_text(failed->status), &p->results);
    }
}

/* Leaves an open transaction and the records of the outcome. */
static void produce(struct wg_processor *p, const struct wg_record *command) {
    uint32_t limit = p->options->max_commands_in_batch;
    for (;;) {
        struct attempt now = handle_all(p, command, limit > 0 ? limit : 1);
        if (now.status == WG_OK && now.fits) {
            return;
        }
        wg_state_rollback(p->state);
        if (now.status != WG_OK || now.handled == 1) {
            handle_error(p, command, &now);
            return;
        }
        limit = now.handled - 1; /* as many as fitted */
    }
}

static wg_status write_batch(struct wg_processor *p, wg_position source) {
    if (p->results.count == 0) {
        return WG_OK; /* only a reply */
    }
    for (uint32_t i = 0; i < p->results.count; i++) {
        p->results.records[i].source_position = source;
    }
    wg_position highest;
    wg_status status =
        wg_log_writer_write(p->writer, p->results.records, p->results.count, &highest);
    if (status != WG_OK) {
        return status;
    }
    wg_charge(p->env, p->options->costs.process_record * (wg_time)p->results.count);
    WG_ASSERT(p->env, highest > p->positions.last_written);
    p->positions.last_written = highest;
    return WG_OK;
}

static void reply(struct wg_processor *p) {
    if (!p->results.has_reply) {
        return;
    }
    struct wg_effect effect = {
        .kind = WG_EFFECT_REPLY, .partition = p->partition, .u.reply = p->results.reply};
    struct wg_bytes value = p->results.reply_value;
    effect.u.reply.value = wg_buf_copy(p->env, value.ptr, value.len);
    p->env->ops->emit(p->env, &effect);
}

static void finish(struct wg_processor *p, wg_position position) {
    wg_state_commit(p->state);
    p->positions.last_processed = position;
    wg_claim(p->env, WG_CLAIM_PROCESSED, p->partition, (uint64_t)position,
             wg_state_hash(p->state), 0, 0);
    reply(p);
    wg_peers_send(p);
    wg_checks_processed(p);
}

/* Zeebe tries a refused write again and again; here the next commit wakes it, which makes room for
 * appends, or the timer. */
static void retry_later(struct wg_processor *p) {
    wg_log_reader_unread(&p->reader);
    p->waits_for_retry = true;
    wg_emit_timer(p->env, p->partition, WG_ACTOR_PROCESSOR, WG_TIMER_RETRY,
                  p->env->now + RETRY_DELAY);
}

static wg_status process(struct wg_processor *p, const struct wg_record *command,
                         enum wg_process_result *ret_result) {
    wg_position position = command->position;
    WG_ASSERT(p->env, position > p->positions.last_processed);
    produce(p, command);
    if (p->results.count == 0 && !p->results.has_reply && p->results.outgoing_count == 0) {
        wg_state_rollback(p->state);
        wg_request_release(p, command);
        wg_due_unstage(p, command); /* of an instance that was banned meanwhile */
        *ret_result = WG_PROCESS_SKIPPED;
        return WG_OK;
    }
    wg_state_set_last_processed(p->state, position);
    wg_status status = write_batch(p, position);
    if (status != WG_OK) {
        wg_state_rollback(p->state);
        if (status != WG_FULL && status != WG_CLOSED) {
            return status;
        }
        retry_later(p);
        *ret_result = WG_PROCESS_IDLE;
        return WG_OK;
    }
    finish(p, position);
    wg_request_release(p, command);
    wg_due_unstage(p, command);
    *ret_result = WG_PROCESS_DONE;
    return WG_OK;
}

wg_status wg_process_next(struct wg_processor *p, enum wg_process_result *ret_result) {
    wg_status status;
    const struct wg_record *record = wg_log_reader_next(&p->reader, &status);
    if (record == NULL) {
        *ret_result = WG_PROCESS_IDLE;
        return status;
    }
    if (record->record_type != WG_COMMAND || record->skip_processing != 0) {
        *ret_result = WG_PROCESS_SKIPPED;
        return WG_OK;
    }
    return process(p, record, ret_result);
}
