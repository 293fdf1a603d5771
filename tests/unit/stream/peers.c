/* See peers.h. */
#include "unit/stream/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct peers *current;
static struct wg_leader leaders[PEERS_MAX] = {{1, 1}, {2, 1}, {3, 1}};

static void enqueue(struct harness *h, struct wg_message *message) {
    (void)h;
    assert_int_equal(message->kind, WG_MSG_COMMAND);
    assert_int_equal(message->to, message->partition); /* as `leaders` says */
    current->sent++;
    if (current->loses != NULL && current->loses((struct wg_command_message *)message)) {
        current->lost++;
        return;
    }
    assert_true(current->tail - current->head < PEERS_QUEUE);
    current->queue[current->tail++ % PEERS_QUEUE] = wg_message_ref(message);
}

struct peers *peers_new(uint32_t count, bool distribute, uint64_t quirks) {
    struct peers *peers = calloc(1, sizeof *peers);
    assert_non_null(peers);
    peers->count = count;
    current = peers;
    for (uint32_t p = 1; p <= count; p++) {
        struct harness *h = harness_new();
        peers->of[p] = h;
        h->partition = p;
        h->env->node = p;
        h->on_send = enqueue;
        h->topology = (struct wg_topology){leaders, count};
        h->options.cluster_partitions = count;
        h->options.distribute_deployments = distribute;
        h->options.quirks = quirks;
        harness_lead(h);
    }
    return peers;
}

void peers_free(struct peers *peers) {
    while (peers->head != peers->tail) {
        wg_message_unref(peers->queue[peers->head++ % PEERS_QUEUE]);
    }
    for (uint32_t p = 1; p <= peers->count; p++) {
        harness_free(peers->of[p]);
    }
    current = NULL;
    free(peers);
}

void peers_settle(struct peers *peers) {
    for (;;) {
        for (uint32_t p = 1; p <= peers->count; p++) {
            harness_settle(peers->of[p]);
        }
        if (peers->head == peers->tail) {
            return;
        }
        struct wg_message *message = peers->queue[peers->head++ % PEERS_QUEUE];
        harness_message(peers->of[message->partition], message);
        wg_message_unref(message);
    }
}

void peers_advance(struct peers *peers, int64_t seconds) {
    for (int64_t i = 0; i < seconds; i++) {
        for (uint32_t p = 1; p <= peers->count; p++) {
            harness_advance(peers->of[p], 1000);
        }
        peers_settle(peers);
    }
}

void peers_followers_agree(struct peers *peers) {
    for (uint32_t p = 1; p <= peers->count; p++) {
        struct harness *h = peers->of[p];
        struct wg_state *state = harness_follow(h, NULL, h->commit);
        assert_int_equal(wg_state_hash(state), wg_state_hash(h->state));
        wg_state_free(state);
    }
}

void peers_failover(struct peers *peers, wg_partition_id partition) {
    struct harness *h = peers->of[partition];
    harness_crash(h, wg_log_last_index(h->log));
    harness_lead(h);
    peers_settle(peers);
}

uint32_t peers_lines(struct peers *peers, wg_partition_id partition, const char *begin) {
    const char *text = harness_text(peers->of[partition], 1);
    uint32_t count = 0;
    for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        count += strncmp(at, begin, strlen(begin)) == 0;
    }
    return count;
}
