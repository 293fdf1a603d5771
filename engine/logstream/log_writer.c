/* Record flow step 2, the sequencer: records get their positions and become one batch, which raft
 * appends as one entry. One writer per leadership; it is the only one that gives out positions, so
 * they have no holes: a batch is either handed to raft whole or takes no position at all. If raft
 * cannot append it, the leader steps down and the writer goes with it. */
#include "seams/log_writer.h"

#include "base/assert.h"
#include "codec/batch.h"
#include "waggle/node.h"

#define ENTRY_BYTES 12u   /* per record, as the caller of canWriteEvents counts (protocol 2.1) */
#define FRAMING_BYTES 20u /* per record, as the sequencer adds */
#define BATCH_BYTES 8u

struct wg_log_writer {
    struct wg_env *env;
    wg_partition_id partition;
    wg_term term;
    wg_position next;
    uint32_t max_message_bytes;
    uint32_t first, in_flight;             /* ring of batches not yet committed */
    uint32_t limit;                        /* of it; Zeebe's adapts (Vegas), this one is fixed */
    wg_position highest[];                 /* [limit] */
};

void wg_append_task_free(struct wg_env *env, struct wg_append_task *task) {
    if (task != NULL) {
        wg_buf_unref(task->batch);
        wg_free(env, task, sizeof *task);
    }
}

static size_t bytes_of(uint32_t limit) {
    return sizeof(struct wg_log_writer) + limit * sizeof(wg_position);
}

struct wg_log_writer *wg_log_writer_new(struct wg_env *env, wg_partition_id partition, wg_term term,
                                        wg_position next_position, uint32_t max_message_bytes,
                                        uint32_t append_limit) {
    WG_ASSERT(env, next_position >= 1);
    WG_ASSERT(env, append_limit >= 1 && append_limit <= WG_APPEND_LIMIT_MAX);
    struct wg_log_writer *writer = wg_alloc(env, bytes_of(append_limit));
    writer->limit = append_limit;
    writer->env = env;
    writer->partition = partition;
    writer->term = term;
    writer->next = next_position;
    writer->max_message_bytes = max_message_bytes;
    writer->first = 0;
    writer->in_flight = 0;
    return writer;
}

void wg_log_writer_free(struct wg_log_writer *writer) {
    if (writer != NULL) {
        wg_free(writer->env, writer, bytes_of(writer->limit));
    }
}

wg_position wg_log_writer_next_position(const struct wg_log_writer *writer) { return writer->next; }

void wg_log_writer_committed(struct wg_log_writer *writer, wg_position position) {
    while (writer->in_flight > 0 && writer->highest[writer->first] <= position) {
        writer->first = (writer->first + 1) % writer->limit;
        writer->in_flight--;
    }
}

bool wg_log_writer_can_write(const struct wg_log_writer *writer, uint32_t count, uint64_t bytes) {
    uint64_t framing = (uint64_t)count * (ENTRY_BYTES + FRAMING_BYTES) + BATCH_BYTES;
    return bytes + framing <= writer->max_message_bytes;
}

static wg_status check(const struct wg_log_writer *writer, const struct wg_record *records,
                       uint32_t count) {
    if (count == 0 || writer->env->wall_ms < 0) {
        return WG_INVALID;
    }
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].value.len == 0) {
            return WG_INVALID;
        }
        bytes += wg_metadata_bytes(&records[i]) + (uint64_t)records[i].value.len;
    }
    bool fits = wg_log_writer_can_write(writer, count, bytes);
    return fits && writer->in_flight < writer->limit ? WG_OK : WG_FULL;
}

/* A source at or behind the next position was written by somebody else: another leader's records are
 * committed already, and whoever still writes here has not been stopped yet. */
static bool is_superseded(const struct wg_log_writer *writer, const struct wg_record *records,
                          uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].source_position >= writer->next) {
            return true;
        }
    }
    return false;
}

wg_status wg_log_writer_write(struct wg_log_writer *writer, struct wg_record *records,
                              uint32_t count, wg_position *ret_highest) {
    wg_status status = check(writer, records, count);
    if (status != WG_OK) {
        return status;
    }
    struct wg_env *env = writer->env;
    if (is_superseded(writer, records, count)) {
        return WG_CLOSED;
    }
    for (uint32_t i = 0; i < count; i++) {
        records[i].position = writer->next + i;
        records[i].timestamp_ms = env->wall_ms;
    }
    struct wg_append_task *task = wg_alloc(env, sizeof *task);
    task->term = writer->term;
    task->lowest = writer->next;
    task->highest = writer->next + count - 1;
    task->batch = wg_batch_encode(env, records, count);
    writer->next += count;
    writer->highest[(writer->first + writer->in_flight) % writer->limit] = task->highest;
    writer->in_flight++;
    *ret_highest = task->highest;
    wg_emit_post(env, writer->partition, WG_ACTOR_RAFT, WG_POST_APPEND, false, 0, 0, task);
    return WG_OK;
}
