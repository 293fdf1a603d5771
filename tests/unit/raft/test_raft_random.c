/* Random worlds: deliver, drop, repeat, reorder, tick, restart, lose power, append, snapshot, in
 * any order; after each of them Raft's promises are checked (reference: engine 10, 1 to 5, 8, 9),
 * and once all is healed the replicas must agree. A failure prints its seed.
 *
 * Some worlds have bad disks, too: writes, syncs, the meta file, resets, snapshots fail, space runs
 * out, a log loses flushed entries (then it must not open, and an operator wipes the replica), or a
 * replica is wiped. The budget is what Raft can bear: whoever is wiped, a quorum of the others holds
 * all that is committed, and knows of every term that the vote it forgets was given in. */
#include "harness.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TERMS 8192u
#define MAX_INDEX 65536u

struct committed {
    wg_term term;
    uint32_t checksum;
};

struct oracle {
    uint64_t seed;
    wg_node_id leader_of[MAX_TERMS];        /* + 1; 0 = nobody */
    wg_node_id vote_of[MAX_NODES][MAX_TERMS]; /* + 1 */
    wg_term term_of[MAX_NODES];
    struct committed committed[MAX_INDEX];
    wg_index highest;
    wg_index seen[MAX_NODES]; /* commit index of this process */
    uint32_t snapshots, elections, installs;
    bool bad_disks;
    uint32_t disk_faults, wipes, refusals;
};

static void require(const struct cluster *c, bool condition, const char *what) {
    if (!condition) {
        const struct oracle *oracle = c->ctx;
        for (uint32_t i = 0; i < c->count; i++) {
            const struct fake_disk *disk = &c->nodes[i].disk;
            fprintf(stderr, "n%u log %u..%u flushed %u snapshot %u commit %u\n", i,
                    (unsigned)disk->first, (unsigned)disk->last, (unsigned)disk->flushed,
                    (unsigned)disk->snapshot.index,
                    c->nodes[i].raft == NULL ? 0u
                                             : (unsigned)wg_raft_commit_index(c->nodes[i].raft));
        }
        fprintf(stderr, "%s\nseed %llu: %s does not hold\n", c->trace,
                (unsigned long long)oracle->seed, what);
        abort();
    }
}

static const struct wg_log_entry *entry_of(const struct fake_disk *disk, wg_index index) {
    return index < disk->first || index > disk->last ? NULL : &disk->entries[index - disk->first];
}

static void check_leader(struct cluster *c, struct node *node, wg_term term) {
    struct oracle *oracle = c->ctx;
    require(c, term < MAX_TERMS, "room for terms");
    require(c, oracle->leader_of[term] == 0, "one leader per term");
    oracle->leader_of[term] = node->env.node + 1;
    oracle->elections++;
    require(c, node->disk.last >= oracle->highest, "leader completeness (length)");
    for (wg_index i = node->disk.first; i <= oracle->highest; i++) {
        require(c, entry_of(&node->disk, i)->checksum == oracle->committed[i].checksum,
                "leader completeness (content)");
    }
}

static void check_commit(struct cluster *c, struct node *node, const struct wg_claim *claim) {
    struct oracle *oracle = c->ctx;
    wg_index *seen = &oracle->seen[node->env.node];
    require(c, claim->a > *seen, "commit index moves up");
    require(c, claim->a < MAX_INDEX, "room for entries");
    require(c, claim->a > oracle->highest || oracle->committed[claim->a].term == claim->b,
            "term of a committed entry");
    if (wg_raft_role(node->raft) == WG_ROLE_LEADER) {
        require(c, claim->b == claim->c, "a leader commits entries of its own term only");
        require(c, node->disk.flushed >= claim->a, "a leader's commit is flushed");
    } else {
        require(c, claim->a <= oracle->highest, "followers learn commits from a leader");
    }
    for (wg_index i = *seen + 1; i <= claim->a; i++) {
        const struct wg_log_entry *entry = entry_of(&node->disk, i);
        if (entry == NULL) {
            require(c, i <= node->disk.snapshot.index, "a missing entry is in the snapshot");
            continue;
        }
        if (i > oracle->highest) {
            oracle->committed[i] = (struct committed){entry->term, entry->checksum};
            oracle->highest = i;
        }
        require(c, oracle->committed[i].term == entry->term, "committed entries never change");
        require(c, oracle->committed[i].checksum == entry->checksum, "nor their bytes");
    }
    *seen = claim->a;
}

static void on_claim(struct cluster *c, struct node *node, const struct wg_claim *claim) {
    struct oracle *oracle = c->ctx;
    wg_node_id id = node->env.node;
    if (claim->kind == WG_CLAIM_ROLE && claim->a == WG_ROLE_LEADER) {
        check_leader(c, node, claim->b);
    } else if (claim->kind == WG_CLAIM_ROLE) {
        require(c, claim->a != WG_ROLE_INACTIVE, "no replica fails");
        require(c, claim->b >= oracle->term_of[id], "terms never fall");
        oracle->term_of[id] = claim->b;
    } else if (claim->kind == WG_CLAIM_VOTE) {
        require(c, claim->a < MAX_TERMS && oracle->vote_of[id][claim->a] == 0,
                "one vote per node and term");
        oracle->vote_of[id][claim->a] = (wg_node_id)claim->b + 1;
    } else if (claim->kind == WG_CLAIM_COMMIT) {
        check_commit(c, node, claim);
    }
}

static void check_logs(struct cluster *c, const struct fake_disk *a, const struct fake_disk *b) {
    wg_index first = a->first > b->first ? a->first : b->first;
    wg_index last = a->last < b->last ? a->last : b->last;
    bool matched = false;
    for (wg_index i = last; i >= first && i > 0; i--) {
        const struct wg_log_entry *x = entry_of(a, i);
        const struct wg_log_entry *y = entry_of(b, i);
        require(c, !matched || x->term == y->term, "log matching (prefix)");
        matched = x->term == y->term;
        require(c, !matched || x->checksum == y->checksum, "log matching (entry)");
    }
}

/* Committed entries are, flushed, on a quorum: in the log or under the snapshot. */
static void check_durable(struct cluster *c) {
    const struct oracle *oracle = c->ctx;
    uint32_t holders = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct fake_disk *disk = &c->nodes[i].disk;
        bool in_log = disk->flushed >= oracle->highest && oracle->highest >= disk->first &&
                      (oracle->highest == 0 || entry_of(disk, oracle->highest)->checksum ==
                                                   oracle->committed[oracle->highest].checksum);
        bool in_snapshot = disk->has_snapshot && disk->snapshot.index >= oracle->highest;
        holders += in_log || in_snapshot || oracle->highest == 0 ? 1 : 0;
    }
    require(c, holders >= c->count / 2 + 1, "committed is durable on a quorum");
}

static void check_world(struct cluster *c) {
    for (uint32_t i = 0; i < c->count; i++) {
        for (uint32_t j = i + 1; j < c->count; j++) {
            check_logs(c, &c->nodes[i].disk, &c->nodes[j].disk);
        }
        const struct fake_disk *disk = &c->nodes[i].disk;
        require(c, disk->first == 1 || disk->receiving || disk->last < disk->first ||
                       (disk->has_snapshot && disk->snapshot.index + 1 >= disk->first),
                "no gap between snapshot and log");
    }
    check_durable(c);
}

/* --- bad disks ---------------------------------------------------------------------------------- */

static bool holds(const struct fake_disk *disk, wg_index index, uint32_t checksum) {
    const struct wg_log_entry *entry = entry_of(disk, index);
    return index == 0 || (disk->has_snapshot && disk->snapshot.index >= index) ||
           (entry != NULL && disk->flushed >= index && entry->checksum == checksum);
}

/* Whether the cluster can bear that `node` forgets everything: all that is committed, and what it
 * may have acknowledged, as a leader goes on counting that. A candidate may still count a second
 * vote of the same term. */
static bool may_wipe(const struct cluster *c, uint32_t node) {
    const struct oracle *oracle = c->ctx;
    const struct fake_disk *lost = &c->nodes[node].disk;
    const struct wg_log_entry *last = entry_of(lost, lost->flushed);
    uint32_t holders = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct node *other = &c->nodes[i];
        const struct fake_disk *disk = &other->disk;
        if (i == node) {
            continue;
        }
        bool candidate =
            other->raft != NULL && wg_raft_role(other->raft) == WG_ROLE_CANDIDATE;
        if (disk->meta.term < lost->meta.term || candidate) {
            return false;
        }
        bool committed = holds(disk, oracle->highest, oracle->committed[oracle->highest].checksum);
        holders += committed && (last == NULL || holds(disk, last->index, last->checksum)) ? 1 : 0;
    }
    return holders >= c->count / 2 + 1;
}

static void wipe(struct cluster *c, uint32_t node) {
    struct oracle *oracle = c->ctx;
    struct fake_disk *disk = &c->nodes[node].disk;
    uint32_t segment_entries = disk->segment_entries;
    node_stop(c, node, true);
    /* Its connections are closed. */
    for (uint32_t i = c->packet_count; i > 0; i--) {
        const struct wg_message *message = c->packets[i - 1].message;
        if (message->to == node || message->from == node) {
            wg_message_unref(packet_take(c, i - 1));
        }
    }
    fake_disk_done(disk);
    fake_disk_init(disk);
    disk->segment_entries = segment_entries;
    oracle->term_of[node] = 0;
    memset(oracle->vote_of[node], 0, sizeof oracle->vote_of[node]);
    oracle->wipes++;
}

static void mend_disk(struct fake_disk *disk) {
    disk->append_times = disk->flush_times = disk->meta_times = 0;
    disk->reset_times = disk->finish_times = disk->chunk_times = 0;
    disk->space = UINT32_MAX;
}

/* Flushed entries are gone: found when it opens, and then only a wipe helps. */
static void damage(struct cluster *c, uint32_t node) {
    struct oracle *oracle = c->ctx;
    struct fake_disk *disk = &c->nodes[node].disk;
    node_stop(c, node, true);
    if (disk->meta.last_flushed < disk->first || disk->last < disk->first) {
        return;
    }
    mend_disk(disk);
    fake_disk_truncate(disk, disk->meta.last_flushed - 1);
    require(c, node_open(c, node) == WG_CORRUPT, "a damaged log does not open");
    oracle->refusals++;
    wipe(c, node);
}

static void fail_calls(struct cluster *c, struct fake_disk *disk) {
    uint32_t times = 1 + cluster_random(c, 8);
    switch (cluster_random(c, 8)) {
    case 0:
        disk->append_fault = WG_IO;
        disk->append_times = times;
        break;
    case 1:
    case 2:
        disk->flush_fault = WG_IO;
        disk->flush_times = times;
        break;
    case 3:
        disk->meta_fault = WG_IO;
        disk->meta_times = 1 + times % 3;
        break;
    case 4:
        disk->reset_fault = cluster_random(c, 2) == 0 ? WG_IO : WG_NO_SPACE;
        disk->reset_skip = cluster_random(c, 2);
        disk->reset_times = 1 + times % 2;
        break;
    case 5:
        disk->finish_fault = WG_IO;
        disk->finish_times = 1;
        break;
    case 6:
        disk->chunk_fault = WG_IO;
        disk->chunk_times = times;
        break;
    default:
        disk->space = disk->space == UINT32_MAX ? cluster_random(c, 4) : UINT32_MAX;
        break;
    }
}

static void disturb_disk(struct cluster *c) {
    struct oracle *oracle = c->ctx;
    uint32_t at = cluster_random(c, c->count);
    uint32_t what = cluster_random(c, 8);
    if (what > 1) {
        oracle->disk_faults++;
        fail_calls(c, &c->nodes[at].disk);
    } else if (may_wipe(c, at)) {
        (what == 0 ? wipe : damage)(c, at);
    }
}

static void start(struct cluster *c, uint32_t node) {
    struct oracle *oracle = c->ctx;
    oracle->seen[node] = 0;
    wg_status status = node_open(c, node);
    if (status == WG_OK) {
        wg_raft_start(c->nodes[node].raft);
    } else { /* not this time */
        require(c, oracle->bad_disks && (status == WG_IO || status == WG_NO_SPACE),
                "a replica opens");
    }
}

static void take_snapshot(struct cluster *c, uint32_t at) {
    struct oracle *oracle = c->ctx;
    struct node *node = &c->nodes[at];
    wg_index commit = wg_raft_commit_index(node->raft);
    uint32_t back = cluster_random(c, 4);
    wg_index index = commit > back ? commit - back : 0;
    const struct wg_log_entry *entry = entry_of(&node->disk, index);
    if (entry == NULL || node->disk.receiving ||
        (node->disk.has_snapshot && node->disk.snapshot.index >= index)) {
        return;
    }
    fake_disk_snapshot(&node->disk, index, entry->term);
    node->disk.chunk_total = 1 + cluster_random(c, 3);
    oracle->snapshots++;
    node_post(c, at, WG_POST_SNAPSHOT_PERSISTED, index);
}

static void disturb_packet(struct cluster *c) {
    uint32_t at = cluster_random(c, c->packet_count < 8 ? c->packet_count : 8);
    uint32_t what = cluster_random(c, 16);
    if (what == 0) {
        wg_message_unref(packet_take(c, at)); /* lost */
    } else if (what == 1) {
        node_deliver(c, c->packets[at].message); /* comes again later */
    } else if (what == 2) {
        at = cluster_random(c, c->packet_count); /* far out of order */
        packet_deliver(c, at);
    } else if (what < 8) {
        packet_deliver(c, at);
    } else {
        packet_deliver(c, 0);
    }
}

static void let_time_pass(struct cluster *c) {
    wg_time next = cluster_next_timer(c);
    if (next == WG_TIME_NEVER) {
        return;
    }
    c->now = next > c->now ? next : c->now;
    if (cluster_random(c, 8) == 0) {
        c->now += (wg_time)cluster_random(c, 500) * WG_MS;
    }
    cluster_fire_timers(c);
}

static void disturb_node(struct cluster *c) {
    uint32_t at = cluster_random(c, c->count);
    uint32_t what = cluster_random(c, 12);
    struct node *node = &c->nodes[at];
    if (node->raft == NULL) {
        start(c, at);
    } else if (what == 0) {
        node_stop(c, at, cluster_random(c, 2) == 0);
    } else if (what == 1) {
        isolate(c, at, cluster_random(c, 4) == 0);
    } else if (what == 2) {
        uint32_t other = (at + 1) % c->count;
        c->cut[at][other] = at != other && cluster_random(c, 2) == 0;
    } else if (what == 3) {
        node_post(c, at, WG_POST_STEP_DOWN, 0);
    } else if (what <= 6) {
        take_snapshot(c, at);
    }
}

static void append_somewhere(struct cluster *c) {
    uint32_t at = cluster_random(c, c->count);
    for (uint32_t i = 0; i < c->count; i++) {
        struct node *node = &c->nodes[(at + i) % c->count];
        if (node->raft != NULL && wg_raft_role(node->raft) == WG_ROLE_LEADER) {
            node_append(c, node->env.node);
            return;
        }
    }
}

static void disturb(struct cluster *c) {
    /* More nodes talk more: time must not run away from the packets. */
    uint32_t what = cluster_random(c, 100);
    uint32_t packets = 52 + 6 * c->count;
    if (what < packets && c->packet_count > 0) {
        disturb_packet(c);
    } else if (what < packets + (94 - packets) / 2) {
        let_time_pass(c);
    } else if (what < 94) {
        append_somewhere(c);
    } else if (((const struct oracle *)c->ctx)->bad_disks && cluster_random(c, 2) == 0) {
        disturb_disk(c);
    } else {
        disturb_node(c);
    }
}

static void heal(struct cluster *c) {
    memset(c->cut, 0, sizeof c->cut);
    packets_drop(c);
    for (uint32_t i = 0; i < c->count; i++) {
        mend_disk(&c->nodes[i].disk);
        if (c->nodes[i].raft == NULL) {
            start(c, i);
        }
    }
    c->hold = false;
    for (int i = 0; i < 60; i++) {
        cluster_run(c, 1000);
        append_somewhere(c);
    }
    cluster_run(c, 2000);
}

static void check_agreement(struct cluster *c) {
    int leader = cluster_leader(c);
    require(c, leader >= 0, "a leader after healing");
    for (uint32_t i = 0; i < c->count; i++) {
        const struct node *node = &c->nodes[i];
        require(c, wg_raft_term(node->raft) == wg_raft_term(c->nodes[leader].raft),
                "equal terms after healing");
        require(c, wg_raft_leader(node->raft) == (wg_node_id)leader, "everybody knows the leader");
        require(c, last_of(c, i) == last_of(c, (uint32_t)leader), "equal logs after healing");
        require(c, wg_raft_commit_index(node->raft) == last_of(c, (uint32_t)leader),
                "all is committed after healing");
        require(c, node->installs_started == node->installs_done, "installs are paired");
    }
}

static void run_seed(uint64_t seed, uint32_t nodes, uint32_t operations, bool bad_disks,
                     uint32_t *totals) {
    struct oracle *oracle = calloc(1, sizeof *oracle);
    assert_non_null(oracle);
    struct cluster *c = cluster_new(nodes);
    c->ctx = oracle;
    c->on_claim = on_claim;
    oracle->seed = seed;
    oracle->bad_disks = bad_disks;
    c->seed = seed * 0x2545F4914F6CDD1Du + nodes;
    c->random = true;
    c->hold = true;
    c->options.prefer_snapshot_threshold = cluster_random(c, 2) == 0 ? 5 : 20;
    c->options.max_append_batch_bytes = cluster_random(c, 2) == 0 ? 300 : 32768;
    if (cluster_random(c, 4) == 0) {
        for (uint32_t i = 0; i < nodes; i++) {
            c->nodes[i].env.flags = WG_ENV_NO_SHARED_BYTES;
        }
    }
    for (uint32_t i = 0; i < nodes; i++) {
        c->nodes[i].disk.segment_entries = 1 + cluster_random(c, 4);
        start(c, i);
    }
    for (uint32_t i = 0; i < operations; i++) {
        disturb(c);
        if (i % 16 == 0) {
            check_world(c);
        }
    }
    heal(c);
    check_world(c);
    check_agreement(c);
    for (uint32_t i = 0; i < nodes; i++) {
        oracle->installs += c->nodes[i].installs_done;
    }
    totals[0] += oracle->elections;
    totals[1] += oracle->installs;
    totals[2] += oracle->snapshots;
    totals[3] += (uint32_t)oracle->highest;
    totals[4] += oracle->disk_faults;
    totals[5] += oracle->wipes;
    totals[6] += oracle->refusals;
    cluster_free(c);
    free(oracle);
}

static uint32_t seed_count(uint32_t standard) {
    const char *text = getenv("RAFT_SEEDS");
    return text == NULL ? standard : (uint32_t)strtoul(text, NULL, 10);
}

static void run_seeds(uint32_t nodes, uint32_t count, bool bad_disks) {
    uint32_t totals[7] = {0};
    for (uint64_t seed = 1; seed <= seed_count(count); seed++) {
        run_seed(seed, nodes, 1000 + 500 * nodes, bad_disks, totals);
    }
    /* The world must be rough enough to mean something. With two nodes nobody falls behind a
     * snapshot, as both must store what is committed. */
    print_message("elections %u, installs %u, snapshots %u, committed %u, disk faults %u, wipes %u, "
                  "refused to open %u\n",
                  totals[0], totals[1], totals[2], totals[3], totals[4], totals[5], totals[6]);
    assert_true(!bad_disks || totals[4] > 10 * count);
    assert_true(!bad_disks || nodes < 3 || (totals[5] > count / 10 && totals[6] > count / 20));
    assert_true(totals[0] > count);
    assert_true(nodes < 3 || totals[1] > count / 10);
    assert_true(totals[2] > count / 2);
    assert_true(totals[3] > 20 * count);
}

static void raft_keeps_its_promises_when_three_nodes_are_disturbed(void **state) {
    (void)state;
    run_seeds(3, 1000, false);
}

static void raft_keeps_its_promises_when_five_nodes_are_disturbed(void **state) {
    (void)state;
    run_seeds(5, 400, false);
}

static void raft_keeps_its_promises_when_two_nodes_are_disturbed(void **state) {
    (void)state;
    run_seeds(2, 300, false);
}

static void raft_keeps_its_promises_when_four_nodes_are_disturbed(void **state) {
    (void)state;
    run_seeds(4, 300, false);
}

static void raft_keeps_its_promises_when_one_node_is_disturbed(void **state) {
    (void)state;
    run_seeds(1, 100, false);
}

static void raft_keeps_its_promises_when_the_disks_of_one_node_are_bad(void **state) {
    (void)state;
    run_seeds(1, 100, true);
}

static void raft_keeps_its_promises_when_the_disks_of_three_nodes_are_bad(void **state) {
    (void)state;
    run_seeds(3, 1000, true);
}

static void raft_keeps_its_promises_when_the_disks_of_five_nodes_are_bad(void **state) {
    (void)state;
    run_seeds(5, 400, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raft_keeps_its_promises_when_one_node_is_disturbed),
        cmocka_unit_test(raft_keeps_its_promises_when_two_nodes_are_disturbed),
        cmocka_unit_test(raft_keeps_its_promises_when_three_nodes_are_disturbed),
        cmocka_unit_test(raft_keeps_its_promises_when_four_nodes_are_disturbed),
        cmocka_unit_test(raft_keeps_its_promises_when_five_nodes_are_disturbed),
        cmocka_unit_test(raft_keeps_its_promises_when_the_disks_of_one_node_are_bad),
        cmocka_unit_test(raft_keeps_its_promises_when_the_disks_of_three_nodes_are_bad),
        cmocka_unit_test(raft_keeps_its_promises_when_the_disks_of_five_nodes_are_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
