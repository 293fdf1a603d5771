/* Replay (step 6, reference: engine 4.2): the events of the log are applied to the state, in
 * batches of one source and one transaction each, so that a snapshot taken between batches never
 * holds half a command (bug S04). Always: commands and rejections are read, not applied; the source
 * command's position, not the event's, counts as processed (bug S09); keys are restored batch by
 * batch, because a follower's replay never ends (bug P01). */
#include "stream/internal.h"

/* A new key is brought by an event, or by a follow-up command that was given one. Keys that clients
 * name (commands without source, rejections) are not ours to believe: the leader that processed
 * them did not, and replicas must stay equal. */
static bool brings_key(const struct wg_record *record) {
    return record->record_type == WG_EVENT ||
           (record->record_type == WG_COMMAND && record->source_position > 0);
}

static wg_status replay_record(struct wg_processor *p, const struct wg_record *record,
                               wg_position *last_event) {
    if (p->last_read != WG_POSITION_NONE && record->position <= p->last_read) {
        return WG_CORRUPT; /* inconsistent log */
    }
    p->last_read = record->position;
    wg_charge(p->env, p->options->costs.replay_record);
    if (brings_key(record)) {
        wg_processing_saw_key(p->state, p->partition, record->key);
    }
    bool is_new = record->source_position > p->snapshot_position || record->source_position < 0;
    if (record->record_type != WG_EVENT || !is_new) {
        return WG_OK;
    }
    *last_event = record->position;
    return wg_processing_apply(p->env, p->state, p->partition, record);
}

/* The records after `record` that have its source, and `record` itself. */
static wg_status replay_run(struct wg_processor *p, const struct wg_record *record,
                            wg_position *last_event) {
    wg_position source = record->source_position;
    for (;;) {
        wg_status status = replay_record(p, record, last_event);
        if (status != WG_OK || source <= 0) {
            return status;
        }
        record = wg_log_reader_next(&p->reader, &status);
        if (status != WG_OK || record == NULL) {
            return status;
        }
        if (record->source_position != source) {
            wg_log_reader_unread(&p->reader);
            return WG_OK;
        }
    }
}

/* After the transaction: what others may see (bug S08). */
static void publish(struct wg_processor *p, wg_position last_event, bool advanced) {
    if (p->mode == WG_PROCESSOR_REPLAY && last_event > p->positions.last_written) {
        p->positions.last_written = last_event;
    }
    if (!advanced) {
        return;
    }
    p->positions.last_processed = wg_state_last_processed(p->state);
    wg_claim(p->env, WG_CLAIM_PROCESSED, p->partition, (uint64_t)p->positions.last_processed,
             wg_state_hash(p->state), 1, 0);
}

wg_status wg_replay_batch(struct wg_processor *p, bool *ret_more) {
    wg_status status;
    const struct wg_record *record = wg_log_reader_next(&p->reader, &status);
    *ret_more = record != NULL;
    if (record == NULL) {
        return status;
    }
    wg_position source = record->source_position;
    wg_position last_event = WG_POSITION_NONE;
    wg_state_begin(p->state);
    status = replay_run(p, record, &last_event);
    if (status != WG_OK) {
        wg_state_rollback(p->state);
        return status;
    }
    bool advanced = source > wg_state_last_processed(p->state);
    if (advanced) {
        wg_state_set_last_processed(p->state, source);
    }
    wg_state_commit(p->state);
    publish(p, last_event, advanced);
    return WG_OK;
}
