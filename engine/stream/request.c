/* Record flow steps 1 and 2: a client's command enters the log, or is refused with the error code
 * that Zeebe's gateway would see (engine 3): the request limiter bounds the user commands in flight,
 * except for those that free resources, the log writer the batches, for all. Always: exactly one
 * answer per request that is refused here, none yet for one that is written. */
#include "stream/internal.h"

#include "codec/batch.h"
#include "codec/values.h"

/* Room for the records that would reject the command. */
#define REJECTION_BYTES 2048u

/* `exhausted`: with RESOURCE_EXHAUSTED. */
static void refuse(struct wg_processor *p, const struct wg_request *request,
                   enum wg_error_code error, enum wg_exhausted exhausted) {
    struct wg_effect effect = {
        .kind = WG_EFFECT_REPLY,
        .partition = p->partition,
        .u.reply = {
            .request_id = request->request_id,
            .stream_id = request->stream_id,
            .error = error,
            .partition = p->partition,
            .record_type = WG_RECORD_TYPE_NULL,
            .value_type = request->value_type,
            .intent = request->intent,
            .rejection_type = WG_REJECT_NULL,
            .exhausted = (uint8_t)exhausted,
            .key = WG_KEY_NONE,
        }};
    wg_claim(p->env, WG_CLAIM_REJECTED, p->partition, request->request_id,
             (uint64_t)(int64_t)error, 0, 0);
    p->env->ops->emit(p->env, &effect);
}

static bool is_well_formed(const struct wg_request *request) {
    union wg_any_typed_value value;
    return request->value.len > 0 &&
           wg_processing_accepts(request->value_type, request->intent) &&
           wg_value_decode(request->value_type, request->value, &value) == WG_OK;
}

static enum wg_error_code error_of(wg_status status) {
    return status == WG_FULL ? WG_ERR_RESOURCE_EXHAUSTED : WG_ERR_INTERNAL;
}

static wg_status write_command(struct wg_processor *p, const struct wg_request *request) {
    struct wg_record record;
    wg_position position;
    wg_record_init(&record);
    record.record_type = WG_COMMAND;
    record.value_type = request->value_type;
    record.intent = request->intent;
    record.key = request->key;
    record.request_id = request->request_id;
    record.request_stream_id = request->stream_id;
    record.value = request->value;
    uint64_t bytes = wg_metadata_bytes(&record) + (uint64_t)record.value.len;
    if (!wg_log_writer_can_write(p->writer, 1, bytes + REJECTION_BYTES)) {
        return WG_FULL;
    }
    wg_status status = wg_log_writer_write(p->writer, &record, 1, &position);
    if (status == WG_OK) {
        wg_request_limiter_written(&p->limiter, position, p->env->now);
        wg_charge(p->env, p->options->costs.process_record);
    }
    return status;
}

void wg_request_handle(struct wg_processor *p, const struct wg_request *request) {
    /* Before anything else, as in Zeebe; but only the leader says so, because clients here ask a
     * broker without knowing whether it leads. */
    bool leads = p->mode == WG_PROCESSOR_PROCESSING && p->failed == WG_OK;
    if (leads && (p->paused & WG_PAUSED_BY_DISK) != 0) {
        refuse(p, request, WG_ERR_RESOURCE_EXHAUSTED, WG_EXHAUSTED_DISK);
        return;
    }
    if (!wg_processor_is_processing(p)) {
        refuse(p, request, WG_ERR_PARTITION_LEADER_MISMATCH, WG_EXHAUSTED_NOTHING);
        return;
    }
    if (!is_well_formed(request)) {
        refuse(p, request, WG_ERR_MALFORMED_REQUEST, WG_EXHAUSTED_NOTHING);
        return;
    }
    if (!wg_request_limiter_admits(&p->limiter, request->value_type, request->intent)) {
        refuse(p, request, WG_ERR_RESOURCE_EXHAUSTED, WG_EXHAUSTED_REQUESTS);
        return;
    }
    wg_status status = write_command(p, request);
    if (status != WG_OK) {
        refuse(p, request, error_of(status),
               status == WG_FULL ? WG_EXHAUSTED_APPENDS : WG_EXHAUSTED_NOTHING);
    }
}

void wg_request_release(struct wg_processor *p, const struct wg_record *command) {
    bool is_own = command->position >= p->first_own && command->request_id != UINT64_MAX;
    if (is_own) {
        wg_request_limiter_processed(&p->limiter, command->position, p->env->now);
    }
}
