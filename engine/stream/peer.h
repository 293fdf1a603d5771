/* Commands between partitions (reference: engine 11, BRK/transport/partitionapi): single messages from
 * the leader of one partition to that of another. Nothing is answered or repeated here. */
#ifndef WG_STREAM_PEER_H
#define WG_STREAM_PEER_H

#include "waggle/buf.h"
#include "waggle/node.h"

/* WG_MSG_COMMAND. */
struct wg_command_message {
    struct wg_message head; /* partition: the receiver's */
    uint8_t value_type, intent;
    wg_key key;           /* WG_KEY_NONE = none */
    struct wg_buf *value; /* MessagePack */
};

/* A message with one reference; `to` may be the broker itself. */
struct wg_command_message *wg_command_message_new(struct wg_env *env, wg_node_id to,
                                                  wg_partition_id partition, uint8_t value_type,
                                                  uint8_t intent, wg_key key,
                                                  struct wg_bytes value);

#endif
