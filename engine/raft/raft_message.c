/* Building and freeing raft messages.
 *
 * Invariants: one allocation per message (the entry array lies behind the head); entries and chunks
 * refer to shared bytes, a message copies none; `digest` covers all that the receiver can see, from
 * checksums rather than bytes. */
#include "raft/raft_message.h"

#include "base/assert.h"
#include "base/hash.h"

#define ENVELOPE_BYTES 64u /* addresses, terms, indexes */

static void fill_head(struct wg_env *env, struct wg_message *head, enum wg_message_kind kind,
                      wg_partition_id partition, wg_node_id to,
                      void (*destroy)(struct wg_message *)) {
    WG_ASSERT(env, to != env->node);
    head->env = env;
    head->refs = 1;
    head->kind = (uint16_t)kind;
    head->actor = WG_ACTOR_RAFT;
    head->from = env->node;
    head->to = to;
    head->partition = partition;
    head->wire_bytes = ENVELOPE_BYTES;
    head->digest = 0;
    head->destroy = destroy;
}

static uint64_t digest_id(enum wg_message_kind kind, const struct raft_request_id *id) {
    return wg_hash_mix(wg_hash_mix((uint64_t)kind, id->number), id->term);
}

static void destroy_vote_request(struct wg_message *message) {
    wg_free(message->env, message, sizeof(struct raft_vote_request));
}

struct raft_vote_request *raft_vote_request_new(struct wg_env *env, wg_partition_id partition,
                                                enum wg_message_kind kind, wg_node_id to,
                                                const struct raft_vote_request *content) {
    WG_ASSERT(env, kind == WG_MSG_POLL_REQUEST || kind == WG_MSG_VOTE_REQUEST);
    struct raft_vote_request *request = wg_alloc(env, sizeof *request);
    *request = *content;
    fill_head(env, &request->base, kind, partition, to, destroy_vote_request);
    request->base.digest =
        wg_hash_mix(digest_id(kind, &request->id),
                    wg_hash_mix(request->last_index, request->last_term));
    return request;
}

static size_t append_request_size(uint32_t count) {
    return sizeof(struct raft_append_request) + count * sizeof(struct wg_log_entry);
}

static void destroy_append_request(struct wg_message *message) {
    struct raft_append_request *request = (struct raft_append_request *)message;
    for (uint32_t i = 0; i < request->count; i++) {
        wg_buf_unref(request->entries[i].frame);
    }
    wg_free(message->env, request, append_request_size(request->count));
}

struct raft_append_request *raft_append_request_new(struct wg_env *env, wg_partition_id partition,
                                                    wg_node_id to,
                                                    const struct raft_append_request *content,
                                                    const struct wg_log *log, wg_index first) {
    uint32_t count = content->count;
    struct raft_append_request *request = wg_alloc(env, append_request_size(count));
    *request = *content;
    fill_head(env, &request->base, WG_MSG_APPEND_REQUEST, partition, to, destroy_append_request);
    uint64_t digest = digest_id(WG_MSG_APPEND_REQUEST, &request->id);
    digest = wg_hash_mix(digest, wg_hash_mix(request->prev_index, request->prev_term));
    digest = wg_hash_mix(digest, wg_hash_mix(request->commit, count));
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct wg_log_entry *entry = wg_log_entry(log, first + i);
        WG_ASSERT(env, entry != NULL && entry->index == first + i);
        request->entries[i] = *entry;
        wg_buf_ref(entry->frame);
        bytes += entry->frame->len;
        digest = wg_hash_mix(digest, entry->checksum ^ (entry->term << 32));
    }
    request->base.wire_bytes += bytes;
    request->base.digest = digest;
    return request;
}

static void destroy_install_request(struct wg_message *message) {
    struct raft_install_request *request = (struct raft_install_request *)message;
    wg_buf_unref(request->chunk.content);
    wg_free(message->env, request, sizeof *request);
}

struct raft_install_request *raft_install_request_new(struct wg_env *env, wg_partition_id partition,
                                                      wg_node_id to,
                                                      const struct raft_install_request *content) {
    const struct wg_snapshot_chunk *chunk = &content->chunk;
    WG_ASSERT(env, chunk->content != NULL);
    struct raft_install_request *request = wg_alloc(env, sizeof *request);
    *request = *content;
    fill_head(env, &request->base, WG_MSG_INSTALL_REQUEST, partition, to, destroy_install_request);
    request->base.wire_bytes += chunk->content->len;
    uint64_t digest = digest_id(WG_MSG_INSTALL_REQUEST, &request->id);
    digest = wg_hash_mix(digest, wg_hash_mix(chunk->id.index, chunk->id.term));
    digest = wg_hash_mix(digest, wg_hash_mix(chunk->number, chunk->offset));
    digest = wg_hash_mix(digest, wg_hash_mix(chunk->snapshot_checksum, chunk->chunk_checksum));
    request->base.digest = digest;
    return request;
}

static void destroy_response(struct wg_message *message) {
    wg_free(message->env, message, sizeof(struct raft_response));
}

struct raft_response *raft_response_new(struct wg_env *env, enum wg_message_kind kind,
                                        const struct wg_message *request,
                                        const struct raft_response *content) {
    WG_ASSERT(env, request->to == env->node);
    struct raft_response *response = wg_alloc(env, sizeof *response);
    *response = *content;
    fill_head(env, &response->base, kind, request->partition, request->from, destroy_response);
    uint64_t digest = wg_hash_mix(digest_id(kind, &response->id), response->term);
    digest = wg_hash_mix(digest, (response->failed ? 2u : 0u) | (response->accepted ? 1u : 0u));
    response->base.digest =
        wg_hash_mix(digest, wg_hash_mix(response->last_index, response->snapshot_index));
    return response;
}
