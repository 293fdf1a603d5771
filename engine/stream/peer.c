/* Commands between partitions, both ways (step 6 of one partition, step 2 of another). Always: a
 * command leaves after the transaction that asked for it and never while replaying (bug M10); it is
 * lost when nobody is known to lead, when its receiver does not process, stands on a full disk or
 * cannot write, and then whoever needs the answer asks again (checks.c). A receiver believes its
 * peers: the command goes to the log as it is. */
#include "stream/peer.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "stream/internal.h"

#define ENVELOPE_BYTES 32u

static void destroy(struct wg_message *head) {
    struct wg_command_message *message = (struct wg_command_message *)head;
    wg_buf_unref(message->value);
    wg_free(head->env, message, sizeof *message);
}

struct wg_command_message *wg_command_message_new(struct wg_env *env, wg_node_id to,
                                                  wg_partition_id partition, uint8_t value_type,
                                                  uint8_t intent, wg_key key,
                                                  struct wg_bytes value) {
    struct wg_command_message *message = wg_alloc(env, sizeof *message);
    uint64_t what = (uint64_t)value_type << 8 | intent;
    *message = (struct wg_command_message){
        .head = {.env = env,
                 .refs = 1,
                 .kind = WG_MSG_COMMAND,
                 .actor = WG_ACTOR_PROCESSOR,
                 .from = env->node,
                 .to = to,
                 .partition = partition,
                 .wire_bytes = ENVELOPE_BYTES + value.len,
                 .digest = wg_hash_bytes(value.ptr, value.len, wg_hash_mix(what, (uint64_t)key)),
                 .destroy = destroy},
        .value_type = value_type,
        .intent = intent,
        .key = key,
        .value = wg_buf_copy(env, value.ptr, value.len)};
    return message;
}

void wg_peers_send(struct wg_processor *p) {
    for (uint32_t i = 0; i < p->results.outgoing_count; i++) {
        const struct wg_outgoing *out = &p->results.outgoing[i];
        wg_node_id leader = wg_topology_leader(p->topology, out->partition);
        if (out->pending != 0) {
            wg_checks_sent(p, out->pending);
        }
        if (leader == WG_NODE_NONE) {
            continue;
        }
        struct wg_command_message *message =
            wg_command_message_new(p->env, leader, out->partition, out->value_type, out->intent,
                                   out->key, out->value);
        wg_charge(p->env, p->options->costs.process_record);
        wg_emit_send(p->env, &message->head);
    }
    p->results.outgoing_count = 0;
}

wg_status wg_peers_receive(struct wg_processor *p, const struct wg_message *head) {
    const struct wg_command_message *message = (const struct wg_command_message *)head;
    struct wg_record record;
    wg_position position;
    if (head->kind != WG_MSG_COMMAND || !wg_processor_is_processing(p) ||
        (p->paused & WG_PAUSED_BY_DISK) != 0) {
        return WG_OK;
    }
    wg_record_init(&record);
    record.record_type = WG_COMMAND;
    record.value_type = message->value_type;
    record.intent = message->intent;
    record.key = message->key;
    record.value = wg_bytes_of(message->value->bytes, message->value->len);
    wg_charge(p->env, p->options->costs.process_record);
    wg_status status = wg_log_writer_write(p->writer, &record, 1, &position);
    return status == WG_FULL || status == WG_INVALID ? WG_OK : status;
}
