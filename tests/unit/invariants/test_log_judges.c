/* Judges of raft and the journal: each fires on the fault it is for, and on nothing else. */
#include "judge_world.h"

static const struct world_record COMMAND = {
    .record_type = WG_COMMAND, .value_type = WG_VT_JOB_BATCH, .intent = 0, .key = -1};
static const struct world_record OTHER = {
    .record_type = WG_COMMAND, .value_type = WG_VT_JOB, .intent = WG_JOB_COMPLETE, .key = 5};

static void judges_stay_silent_on_a_correct_replication(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_entry(w, 1, NULL, 0);
    world_commands(w, 1, 5);
    assert_int_equal(sim_judges_committed(w->judges, 0), 5);
    assert_int_equal(sim_judges_last_position(w->judges, 1), 5);
    world_deliver_all(w, 0, 1, 5);
    assert_true(sim_judges_all_delivered(w->judges, 1, 1));
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

/* --- election safety, single vote ------------------------------------------------------------ */

static void judge_election_safety_fires_when_two_nodes_lead_in_a_term(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 4, 0, 0);
    world_claim(w, 1, WG_CLAIM_ROLE, WG_ROLE_LEADER, 4, 0, 0);
    world_expect_only(w, "election-safety");
    world_free(w);
}

static void judge_election_safety_stays_silent_when_terms_differ(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 4, 0, 0);
    world_claim(w, 1, WG_CLAIM_ROLE, WG_ROLE_CANDIDATE, 4, 0, 0);
    world_claim(w, 1, WG_CLAIM_ROLE, WG_ROLE_LEADER, 6, 0, 0);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 5, 0, 0);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 4, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

static void judge_single_vote_fires_when_a_restarted_node_votes_again(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 2, WG_CLAIM_VOTE, 4, 0, 0, 0);
    world_fact(w, SIM_FACT_MESSAGE_SENT, 2, 0, WG_MSG_VOTE_RESPONSE, 0, 0);
    world_power_loss(w, 2);
    world_claim(w, 2, WG_CLAIM_VOTE, 4, 1, 0, 0);
    world_claim(w, 2, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 4, 0, 0);
    world_expect_only(w, "single-vote");
    world_free(w);
}

static void judge_single_vote_stays_silent_when_the_vote_died_with_its_job(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 2, WG_CLAIM_VOTE, 4, 0, 0, 0);
    world_power_loss(w, 2);
    world_claim(w, 2, WG_CLAIM_VOTE, 4, 1, 0, 0);
    world_fact(w, SIM_FACT_MESSAGE_SENT, 2, 1, WG_MSG_VOTE_RESPONSE, 0, 0);
    world_claim(w, 2, WG_CLAIM_VOTE, 4, 1, 0, 0);
    world_claim(w, 2, WG_CLAIM_VOTE, 5, 0, 0, 0);
    world_claim(w, 2, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 5, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

/* --- leader append only, log matching -------------------------------------------------------- */

static void judge_leader_append_only_fires_when_a_leader_cuts_its_log(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 2, 0, 0);
    struct world_frame frame = world_frame(w, 2, &COMMAND, 1);
    world_write(w, 0, &frame);
    world_truncate(w, 0, 57);
    world_claim(w, 0, WG_CLAIM_TRUNCATE, 0, 0, 0, 0);
    world_expect_only(w, "leader-append-only");
    world_free(w);
}

static void judge_leader_append_only_stays_silent_when_it_stepped_down(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 2, 0, 0);
    struct world_frame frame = world_frame(w, 2, &COMMAND, 1);
    world_write(w, 0, &frame);
    world_truncate(w, 0, 57); /* facts of a job may come before its claims */
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 3, 0, 0);
    world_write(w, 0, &frame);
    world_truncate(w, 0, 57);
    world_claim(w, 0, WG_CLAIM_TRUNCATE, 0, 0, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

static void judge_log_matching_fires_when_entries_of_one_term_differ(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame one = world_frame(w, 2, &COMMAND, 1);
    struct world_frame two = world_frame(w, 2, &OTHER, 1);
    world_write(w, 0, &one);
    world_write(w, 1, &two);
    world_expect_only(w, "log-matching");
    world_free(w);
}

static void judge_log_matching_fires_when_logs_differ_before_equal_entries(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame one = world_frame(w, 2, &COMMAND, 1);
    struct world_frame two = world_frame(w, 3, &OTHER, 1);
    w->next_index++;
    struct world_frame same = world_frame(w, 4, &COMMAND, 1);
    world_write(w, 0, &one);
    world_write(w, 1, &two);
    world_write(w, 0, &same);
    world_write(w, 1, &same);
    world_expect_only(w, "log-matching");
    world_free(w);
}

static void judge_log_matching_fires_when_an_index_is_left_out(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame one = world_frame(w, 2, &COMMAND, 1);
    w->next_index += 2;
    struct world_frame three = world_frame(w, 2, &COMMAND, 1);
    world_write(w, 0, &one);
    world_write(w, 0, &three);
    world_expect_only(w, "log-matching");
    world_free(w);
}

static void judge_log_matching_stays_silent_when_a_divergent_tail_is_replaced(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame old = world_frame(w, 2, &COMMAND, 1);
    struct world_frame new = world_frame(w, 3, &OTHER, 1);
    world_write(w, 0, &old);
    world_write(w, 1, &new);
    world_truncate(w, 0, 57);
    world_write(w, 0, &new);
    world_expect_silence(w);
    world_free(w);
}

/* --- committed durable ----------------------------------------------------------------------- */

static void judge_committed_durable_fires_when_no_quorum_has_synced(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    for (wg_node_id node = 0; node < 3; node++) {
        world_write(w, node, &frame);
    }
    world_claim(w, 0, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_expect_only(w, "committed-durable");
    world_free(w);
}

static void judge_committed_durable_fires_when_the_leader_never_syncs(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 0, &frame);
    world_write(w, 1, &frame);
    world_sync(w, 1);
    world_claim(w, 0, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_expect_silence(w);
    w->next_index++;
    w->next_position++;
    struct world_frame next = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 0, &next);
    world_write(w, 1, &next);
    world_sync(w, 1);
    world_claim(w, 0, WG_CLAIM_COMMIT, 2, 1, 1, 0);
    world_expect_only(w, "committed-durable");
    world_free(w);
}

static void judge_committed_durable_fires_when_the_sync_began_before_the_write(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 1, &frame);
    world_fact(w, SIM_FACT_DISK_SYNCED, 1, 10, w->segments[1][0].change - 1, 0, 0);
    world_write(w, 0, &frame);
    world_claim(w, 0, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_expect_only(w, "committed-durable");
    world_free(w);
}

static void judge_committed_durable_fires_when_the_entry_is_on_no_disk(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_COMMIT, 3, 1, 1, 0);
    world_expect_only(w, "committed-durable");
    world_free(w);
}

static void judge_committed_durable_waits_for_the_sync_of_the_claimers_job(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 1, &frame);
    world_sync(w, 1);
    world_write(w, 0, &frame);
    world_claim(w, 0, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    assert_int_equal(sim_judges_committed(w->judges, 1), 0);
    world_sync(w, 0);
    assert_int_equal(sim_judges_committed(w->judges, 1), 1);
    world_expect_silence(w);
    world_free(w);
}

static void judge_committed_durable_forgets_a_claim_whose_job_died(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 1, &frame);
    world_sync(w, 1);
    world_write(w, 0, &frame);
    world_claim(w, 0, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_power_loss(w, 0);
    struct world_frame other = world_frame(w, 2, &OTHER, 1);
    world_write_at(w, 0, 57, &other);
    world_sync(w, 0);
    world_write(w, 2, &other);
    world_sync(w, 2);
    world_claim(w, 2, WG_CLAIM_COMMIT, 1, 2, 2, 0);
    world_expect_silence(w);
    assert_int_equal(sim_judges_committed(w->judges, 1), 1);
    world_free(w);
}

/* --- committed stable, commit monotone ------------------------------------------------------- */

static void judge_committed_stable_fires_when_a_committed_entry_is_cut(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    world_truncate(w, 2, 57);
    world_expect_only(w, "committed-stable");
    world_free(w);
}

static void judge_committed_stable_fires_when_another_entry_is_announced(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame other = world_frame(w, 2, &OTHER, 1);
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 0, &frame);
    world_sync(w, 0);
    world_write(w, 1, &frame);
    world_sync(w, 1);
    world_write(w, 2, &other);
    world_claim(w, 0, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_claim(w, 2, WG_CLAIM_COMMIT, 1, 2, 2, 0);
    world_expect_only(w, "committed-stable");
    world_free(w);
}

static void judge_committed_stable_fires_when_a_disk_forgets_what_it_synced(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    for (wg_node_id node = 0; node < 2; node++) {
        memset(w->segments[node][0].durable + 57, 0, 1000);
        world_power_loss(w, node);
    }
    world_expect_only(w, "committed-stable");
    world_free(w);
}

static void judge_committed_stable_fires_when_damage_leaves_no_majority(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 3);
    world_rot(w, 1, 1, 60, false);
    world_commands(w, 1, 1); /* that broker goes on; two others hold everything */
    world_expect_silence(w);
    world_rot(w, 2, 1, 60, false);
    world_expect_only(w, "committed-stable");
    world_free(w);
}

/* --- damage and what is written over it ----------------------------------------------------- */

#define META_FILE 3u /* a number that the segments do not have */

static void open_meta(struct world *w, wg_node_id node) {
    static const char path[] = "partitions/1/raft.meta";
    struct sim_fact fact = {.kind = SIM_FACT_DISK_OPEN,
                            .node = node,
                            .at = ++w->now,
                            .a = META_FILE,
                            .ptr = path,
                            .len = sizeof path - 1};
    sim_judges_fact(w->judges, &fact);
}

/* An entry that brokers 0 and 1 commit; broker 2 has written it, but synced only if `synced`. Then
 * broker 2 dies and the entry rots. Returns its offset. */
static uint32_t rot_at_broker_2(struct world *w, bool synced) {
    struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
    uint32_t offset = w->segments[2][0].used;
    for (wg_node_id node = 0; node < 3; node++) {
        world_write(w, node, &frame);
        if (node < 2 || synced) {
            world_sync(w, node);
        }
    }
    world_claim(w, 0, WG_CLAIM_COMMIT, frame.index, 1, 1, 0);
    world_end(w, 2, SIM_END_KILL);
    world_rot(w, 2, 1, offset + 40, !synced);
    world_start(w, 2);
    return offset;
}

static void judge_committed_stable_stays_silent_when_what_was_not_synced_rots(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    world_truncate(w, 2, rot_at_broker_2(w, false));
    world_expect_silence(w);
    world_free(w);
}

static void judge_committed_stable_fires_when_a_running_process_cuts_the_harmed_entry(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    uint32_t offset = rot_at_broker_2(w, false);
    world_claim(w, 2, WG_CLAIM_ROLE, WG_ROLE_FOLLOWER, 1, 0, 0);
    world_truncate(w, 2, offset);
    world_expect_only(w, "committed-stable");
    world_free(w);
}

static void judge_committed_stable_fires_when_a_synced_entry_is_taken_for_torn(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    world_truncate(w, 2, rot_at_broker_2(w, true));
    world_expect_only(w, "committed-stable");
    world_free(w);
}

/* raft.meta of that broker says this term and this last flushed index. */
static void write_meta(struct world *w, wg_node_id node, wg_term term, wg_index flushed) {
    uint8_t meta[256] = {16, 0, 6, 0, 8, 0, 3, 0, (uint8_t)term};
    meta[16] = (uint8_t)flushed;
    struct sim_fact fact = {.kind = SIM_FACT_DISK_WRITE,
                            .node = node,
                            .at = ++w->now,
                            .a = META_FILE,
                            .c = 1,
                            .ptr = meta,
                            .len = sizeof meta};
    sim_judges_fact(w->judges, &fact);
}

/* The sync was done, but could not be noted in raft.meta: so it was not acknowledged. A later write may
 * note it (1), or be of a vote and leave it out (2). */
static void judge_committed_stable_stays_silent_when_the_sync_was_not_noted(void **state) {
    (void)state;
    for (uint32_t noted = 0; noted < 3; noted++) {
        struct world *w = world_new();
        open_meta(w, 2);
        world_commands(w, 1, 2);
        world_fact(w, SIM_FACT_DISK_SYNCED, 2, META_FILE, 1, 0, 0);
        world_fact(w, SIM_FACT_DISK_ERROR, 2, META_FILE, SIM_CALL_WRITE, (uint64_t)WG_IO, 0);
        struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
        uint32_t offset = w->segments[2][0].used;
        world_commit(w, &frame);
        if (noted > 0) {
            write_meta(w, 2, 1, noted == 1 ? frame.index : frame.index - 1);
            world_fact(w, SIM_FACT_DISK_SYNCED, 2, META_FILE, 2, 0, 0);
        }
        world_end(w, 2, SIM_END_KILL);
        world_rot(w, 2, 1, offset + 40, false);
        world_start(w, 2);
        world_truncate(w, 2, offset);
        assert_int_equal(world_count(w, "committed-stable"), noted == 1);
        world_free(w);
    }
}

/* Entry 2 is of term 2, and the leader of term 4 commits it with `helper`. Broker 2, in `own` term, has
 * it too and cuts it off. */
static struct world *committed_in_term_4(wg_node_id helper, wg_term own, enum wg_role role,
                                         wg_index announced) {
    struct world *w = world_new();
    for (wg_node_id node = 0; node < 3; node++) {
        open_meta(w, node);
        write_meta(w, node, 2, 0);
    }
    world_commands(w, 2, 1);
    struct world_frame frame = world_frame(w, 2, &COMMAND, 1);
    uint32_t offset = w->segments[2][0].used;
    write_meta(w, 0, 4, 0);
    for (wg_node_id node = 0; node < 3; node++) {
        if (node == 0 || node == 2 || node == helper) {
            world_write(w, node, &frame);
            world_sync(w, node);
        }
    }
    world_claim(w, 0, WG_CLAIM_COMMIT, frame.index, 2, 4, 0);
    write_meta(w, 2, own, 0);
    world_claim(w, 2, WG_CLAIM_ROLE, role, own, 0, 0);
    if (announced != 0) {
        world_claim(w, 2, WG_CLAIM_COMMIT, announced, 2, own, 0);
    }
    world_truncate(w, 2, offset);
    return w;
}

/* A leader of term 3, heard late by a replica that does not know of term 4, replaces what that one
 * got in term 2. */
static void judge_committed_stable_stays_silent_when_who_cuts_was_not_in_the_term(void **state) {
    (void)state;
    struct world *w = committed_in_term_4(1, 3, WG_ROLE_FOLLOWER, 1);
    world_expect_silence(w);
    world_free(w);
}

static void judge_committed_stable_fires_when_who_cuts_has_promised(void **state) {
    (void)state;
    static const struct {
        wg_node_id helper;
        wg_term own;
        enum wg_role role;
        wg_index announced;
    } cases[] = {{1, 4, WG_ROLE_FOLLOWER, 1},  /* it was in the term */
                 {1, 5, WG_ROLE_FOLLOWER, 1},  /* and in later ones the leader has the entry */
                 {1, 3, WG_ROLE_FOLLOWER, 2},  /* it has announced the entry itself */
                 {1, 3, WG_ROLE_INACTIVE, 0},  /* nobody asks a replica that opens its log */
                 {2, 3, WG_ROLE_FOLLOWER, 1}}; /* without it there is no majority */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world *w = committed_in_term_4(cases[i].helper, cases[i].own, cases[i].role,
                                              cases[i].announced);
        world_expect_only(w, "committed-stable");
        world_free(w);
    }
}

/* A failed sync lost two entries. The second is replaced, so it is whole; the first is written again. */
static void judge_committed_durable_counts_what_replaced_a_harmed_entry(void **state) {
    (void)state;
    for (uint32_t mended = 0; mended < 2; mended++) {
        struct world *w = world_new();
        struct world_frame first = world_frame(w, 1, &COMMAND, 1);
        world_write(w, 1, &first);
        world_write(w, 0, &first);
        world_sync(w, 0);
        w->next_index++;
        w->next_position++;
        struct world_frame second = world_frame(w, 1, &OTHER, 1);
        world_write(w, 1, &second);
        world_lose(w, 1, 57, first.len);
        world_lose(w, 1, 57 + first.len, second.len);
        world_truncate(w, 1, 57 + first.len);
        if (mended == 1) {
            world_write_at(w, 1, 57, &first);
        }
        struct world_frame newer = world_frame(w, 2, &COMMAND, 1);
        world_write_at(w, 1, 57 + first.len, &newer);
        world_sync(w, 1);
        world_write(w, 0, &newer);
        world_sync(w, 0);
        world_claim(w, 0, WG_CLAIM_COMMIT, 2, 2, 2, 0);
        if (mended == 1) {
            world_expect_silence(w);
        } else {
            world_expect_only(w, "committed-durable");
        }
        world_free(w);
    }
}

/* Bytes of a segment from its start on: the descriptor and the first frame. */
static const struct {
    uint32_t offset;
    bool harm;
} PLACES[] = {
    {0, true},       /* version of the descriptor */
    {1, true},       /* its block length */
    {7, false},      /* version number of its header: nobody compares it */
    {13, true},      /* its checksum, upper half */
    {40, true},      /* what that covers */
    {57, false},     /* frame: something stands here */
    {57 + 1, true},  /* block length */
    {57 + 3, true},  /* template */
    {57 + 7, false}, /* version number of the header */
    {57 + 9, true},  /* checksum */
    {57 + 14, true}, /* checksum, upper half, which is 0 */
    {57 + 17, true}, /* length */
    {57 + 27, true}, /* version number of a header that the checksum covers */
};

/* A frame that rotted where no reader looks is whole, and so are those behind it. */
static void judge_committed_durable_asks_the_disk_what_rot_has_harmed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        struct world *w = world_new();
        world_commands(w, 1, 2);
        world_rot(w, 1, 1, PLACES[i].offset, false);
        world_expect_silence(w);
        struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
        for (wg_node_id node = 0; node < 2; node++) {
            world_write(w, node, &frame);
            world_sync(w, node);
        }
        world_claim(w, 0, WG_CLAIM_COMMIT, frame.index, 1, 1, 0);
        assert_int_equal(world_count(w, "committed-durable"), PLACES[i].harm);
        world_free(w);
    }
}

/* The same of an entry that rots before it is synced: what was made durable tells. */
static void judge_committed_durable_asks_the_disk_once_the_rotten_is_synced(void **state) {
    (void)state;
    for (size_t i = 5; i < sizeof PLACES / sizeof *PLACES; i++) {
        struct world *w = world_new();
        struct world_frame frame = world_frame(w, 1, &COMMAND, 1);
        world_write(w, 0, &frame);
        world_sync(w, 0);
        world_write(w, 1, &frame);
        world_rot(w, 1, 1, PLACES[i].offset, true);
        world_sync(w, 1);
        world_claim(w, 0, WG_CLAIM_COMMIT, frame.index, 1, 1, 0);
        assert_int_equal(world_count(w, "committed-durable"), PLACES[i].harm);
        world_free(w);
    }
}

/* A write that went astray lies over two frames. One of them written anew is not enough. */
static void judge_committed_durable_sees_all_frames_that_a_stray_write_harmed(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_frame first = world_frame(w, 1, &COMMAND, 1);
    world_commit(w, &first);
    world_commands(w, 1, 1);
    uint32_t second_at = 57 + first.len;
    w->segments[1][0].cache[second_at + 40] ^= 4;
    w->segments[1][0].durable[second_at + 40] ^= 4;
    world_rot(w, 1, 1, 57 + 40, false);
    world_write_at(w, 1, 57, &first);
    world_sync(w, 1);
    world_rot(w, 2, 1, second_at + 40, false);
    world_expect_only(w, "committed-stable");
    world_free(w);
}

/* Compaction takes the first harmed entries away; those behind them stay harmed. */
static void judge_committed_stable_remembers_damage_behind_the_compacted(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 1);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, 2);
    }
    world_commands(w, 1, 1);
    world_deliver_all(w, 0, 1, 2);
    world_snapshot(w, 1, 1, 1, 1);
    world_rot(w, 1, 1, 60, false);
    world_rot(w, 1, 2, 60, false);
    world_remove_segment(w, 1, 1);
    world_expect_silence(w);
    world_rot(w, 2, 2, 60, false);
    world_expect_only(w, "committed-stable");
    world_free(w);
}

static void judge_committed_stable_stays_silent_after_power_losses(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 3);
    struct world_frame torn = world_frame(w, 1, &COMMAND, 1);
    world_write(w, 0, &torn);
    memcpy(w->segments[0][0].durable + w->segments[0][0].used - torn.len, torn.bytes, 60);
    for (wg_node_id node = 0; node < 3; node++) {
        world_power_loss(w, node);
    }
    world_deliver_all(w, 0, 1, 3);
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

static void judge_committed_stable_stays_silent_while_a_snapshot_is_installed(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 3);
    world_deliver_all(w, 0, 1, 3);
    world_remove_segment(w, 1, 1); /* broker 1 and 2 lag and get a snapshot */
    world_snapshot(w, 1, 2, 3, 3);
    world_remove_segment(w, 2, 1);
    world_claim(w, 2, WG_CLAIM_SNAPSHOT_RECEIVED, 3, 1, 3, 3);
    world_expect_silence(w);
    world_free(w);
}

static void judge_commit_monotone_fires_when_the_index_falls(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    world_claim(w, 1, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_expect_only(w, "commit-monotone");
    world_free(w);
}

static void judge_commit_monotone_stays_silent_after_a_restart(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    world_end(w, 1, SIM_END_KILL);
    world_start(w, 1);
    world_claim(w, 1, WG_CLAIM_COMMIT, 1, 1, 1, 0);
    world_claim(w, 1, WG_CLAIM_COMMIT, 2, 1, 1, 0);
    world_expect_silence(w);
    world_free(w);
}

/* --- compaction, snapshot, durable log ------------------------------------------------------- */

static struct world *two_segments(void) {
    struct world *w = world_new();
    world_commands(w, 1, 3);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, 4);
    }
    world_commands(w, 1, 2);
    return w;
}

static void judge_compaction_fires_when_the_log_goes_above_the_snapshot(void **state) {
    (void)state;
    struct world *w = two_segments();
    world_deliver_all(w, 0, 1, 5);
    world_snapshot(w, 1, 2, 3, 3);
    world_remove_segment(w, 1, 1);
    world_expect_only(w, "compaction");
    world_free(w);
}

static void judge_compaction_fires_when_the_log_goes_without_a_snapshot(void **state) {
    (void)state;
    struct world *w = two_segments();
    world_deliver_all(w, 0, 1, 5);
    world_remove_segment(w, 1, 1);
    world_expect_only(w, "compaction");
    world_free(w);
}

static void judge_compaction_fires_when_unexported_records_go(void **state) {
    (void)state;
    struct world *w = two_segments();
    world_deliver_all(w, 0, 1, 5);
    world_snapshot(w, 1, 2, 5, 4);
    world_snapshot(w, 1, 4, 5, 2);
    world_remove_segment(w, 1, 1);
    assert_true(world_count(w, "compaction") == 1);
    world_free(w);
}

/* An exporter that is enabled again has taken nothing: such snapshots keep the index of the one before, and on a
 * full disk the log is still cut up to there. */
static void judge_compaction_knows_what_an_earlier_snapshot_of_that_entry_allowed(void **state) {
    (void)state;
    for (uint32_t before = 0; before < 3; before++) {
        struct world *w = two_segments();
        world_deliver_all(w, 0, 1, 5);
        if (before == 0) {
            world_snapshot(w, 1, 4, 4, 4);
        } else if (before == 1) {
            world_snapshot(w, 1, 3, 4, 4); /* of another entry */
        }
        world_snapshot(w, 1, 4, 4, 0);
        world_snapshot(w, 1, 4, 5, 0);
        world_remove_segment(w, 1, 1);
        assert_int_equal(world_count(w, "compaction"), before == 0 ? 0 : 1);
        world_free(w);
    }
}

static void judge_compaction_stays_silent_below_the_snapshot(void **state) {
    (void)state;
    struct world *w = two_segments();
    world_deliver_all(w, 0, 1, 5);
    world_snapshot(w, 1, 4, 5, 5);
    world_remove_segment(w, 1, 1);
    world_claim(w, 1, WG_CLAIM_COMPACT, 4, 4, 0, 0);
    world_power_loss(w, 1);
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

static void judge_snapshot_fires_when_an_older_one_follows(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 5);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 3, 1, 5, 4);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 2, 1, 5, 4);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_it_holds_uncommitted_records(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 5);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 4, 1, 9, 8);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_its_index_lies_above_what_is_exported(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 5);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 4, 1, 5, 3);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_stays_silent_on_growing_ids(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 5);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 0, 0, 3, 0);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 0, 0, 4, 0);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 3, 1, 4, (uint64_t)WG_POSITION_MAX);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT_RECEIVED, 4, 1, 5, 5);
    world_expect_silence(w);
    world_free(w);
}

static void judge_durable_log_fires_when_a_disk_holds_other_bytes(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 1);
    world_deliver_all(w, 0, 1, 1);
    w->next_index = 1;
    w->next_position = 1;
    struct world_frame other = world_frame(w, 1, &OTHER, 1);
    memcpy(w->segments[2][0].durable + 57, other.bytes, other.len);
    sim_judges_finish(w->judges, 1000);
    world_expect_only(w, "durable-log");
    world_free(w);
}

static void judge_durable_log_fires_when_a_majority_lost_an_entry(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 2);
    world_deliver_all(w, 0, 1, 2);
    w->segments[1][0].durable[57 + 100] ^= 1; /* the checksum tells */
    w->segments[2][0].durable_exists = false;
    sim_judges_finish(w->judges, 1000);
    world_expect_only(w, "durable-log");
    world_free(w);
}

/* --- giving up ------------------------------------------------------------------------------- */

static void give_up(struct world *w, wg_node_id node, wg_status status) {
    world_claim(w, node, WG_CLAIM_PARTITION_FAILED, (uint64_t)status, WG_ACTOR_RAFT, 0, 0);
}

static void wipe(struct world *w, wg_node_id node) {
    world_end(w, node, SIM_END_KILL);
    world_remove_segment(w, node, 1);
    world_fact(w, SIM_FACT_DISK_WIPED, node, 0, 0, 0, 0);
    world_start(w, node);
}

static void judge_giving_up_fires_when_the_disk_did_its_duty(void **state) {
    (void)state;
    enum { RUNNING, AFTER_A_KILL, AFTER_A_POWER_LOSS, AFTER_AN_ERROR_BEFORE, OTHERS_DISK, WIPED, CASES };
    for (uint32_t what = RUNNING; what < CASES; what++) {
        struct world *w = world_new();
        world_commands(w, 1, 2);
        if (what == AFTER_A_KILL) {
            world_end(w, 2, SIM_END_KILL);
            world_start(w, 2);
        } else if (what == AFTER_A_POWER_LOSS) {
            world_power_loss(w, 2);
        } else if (what == AFTER_AN_ERROR_BEFORE) { /* a call that failed for the process before this one */
            world_fact(w, SIM_FACT_DISK_ERROR, 2, 10, SIM_CALL_READ, (uint64_t)WG_IO, 0);
            world_end(w, 2, SIM_END_KILL);
            world_start(w, 2);
        } else if (what == OTHERS_DISK) {
            world_rot(w, 1, 1, 57 + 40, false);
            world_fact(w, SIM_FACT_DISK_ERROR, 1, 10, SIM_CALL_READ, (uint64_t)WG_IO, 0);
        } else if (what == WIPED) {
            world_rot(w, 2, 1, 57 + 40, false);
            wipe(w, 2);
        }
        give_up(w, 2, WG_CORRUPT);
        world_expect_only(w, "giving-up");
        world_free(w);
    }
}

static void judge_giving_up_stays_silent_when_the_disk_failed_the_replica(void **state) {
    (void)state;
    enum { ERROR, ROT, LOST_BY_A_SYNC, FULL, TWO_PROCESSES, TAKEN_DOWN, CASES };
    for (uint32_t what = ERROR; what < CASES; what++) {
        struct world *w = world_new();
        world_commands(w, 1, 2);
        wg_status status = WG_CORRUPT;
        if (what == ERROR) {
            world_fact(w, SIM_FACT_DISK_ERROR, 2, 10, SIM_CALL_READ, (uint64_t)WG_IO, 0);
            status = WG_IO;
        } else if (what == ROT) {
            world_end(w, 2, SIM_END_KILL);
            world_rot(w, 2, 1, 57 + 40, false);
            world_start(w, 2);
        } else if (what == LOST_BY_A_SYNC) {
            world_lose(w, 2, 57, 100);
            world_end(w, 2, SIM_END_KILL);
            world_start(w, 2);
        } else if (what == FULL) {
            world_fact(w, SIM_FACT_DISK_SPACE, 2, 0, SIM_SPACE_NO_PROCESSING, 0, 0);
            status = WG_NO_SPACE;
        } else if (what == TWO_PROCESSES) {
            world_start(w, 2);
        }
        world_claim(w, 2, WG_CLAIM_PARTITION_FAILED, (uint64_t)status,
                    what == TAKEN_DOWN ? WG_ACTOR_EXPORTER : WG_ACTOR_RAFT, 0, 0);
        assert_int_equal(world_count(w, "giving-up"), 0);
        world_free(w);
    }
}

/* A disk that was full once is no excuse for what cannot be read, nor for one with room. */
static void judge_giving_up_takes_a_full_disk_for_no_more_than_that(void **state) {
    (void)state;
    struct world *w = world_new();
    give_up(w, 1, WG_NO_SPACE);
    assert_int_equal(world_count(w, "giving-up"), 1);
    world_fact(w, SIM_FACT_DISK_SPACE, 2, 0, SIM_SPACE_NO_PROCESSING, 0, 0);
    give_up(w, 2, WG_CORRUPT);
    assert_int_equal(world_count(w, "giving-up"), 2);
    world_free(w);
}

static void judge_keeps_twenty_violations_and_counts_the_rest(void **state) {
    (void)state;
    struct world *w = world_new();
    for (wg_term term = 1; term <= 30; term++) {
        world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, term, 0, 0);
        world_claim(w, 1, WG_CLAIM_ROLE, WG_ROLE_LEADER, term, 0, 0);
    }
    assert_int_equal(sim_judges_violation_count(w->judges), 20);
    sim_judges_finish(w->judges, 1000);
    assert_int_equal(sim_judges_violation_count(w->judges), 21);
    assert_non_null(strstr(sim_judges_violation(w->judges, 20)->message, "10 further"));
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_stay_silent_on_a_correct_replication),
        cmocka_unit_test(judge_election_safety_fires_when_two_nodes_lead_in_a_term),
        cmocka_unit_test(judge_election_safety_stays_silent_when_terms_differ),
        cmocka_unit_test(judge_single_vote_fires_when_a_restarted_node_votes_again),
        cmocka_unit_test(judge_single_vote_stays_silent_when_the_vote_died_with_its_job),
        cmocka_unit_test(judge_leader_append_only_fires_when_a_leader_cuts_its_log),
        cmocka_unit_test(judge_leader_append_only_stays_silent_when_it_stepped_down),
        cmocka_unit_test(judge_log_matching_fires_when_entries_of_one_term_differ),
        cmocka_unit_test(judge_log_matching_fires_when_logs_differ_before_equal_entries),
        cmocka_unit_test(judge_log_matching_fires_when_an_index_is_left_out),
        cmocka_unit_test(judge_log_matching_stays_silent_when_a_divergent_tail_is_replaced),
        cmocka_unit_test(judge_committed_durable_fires_when_no_quorum_has_synced),
        cmocka_unit_test(judge_committed_durable_fires_when_the_leader_never_syncs),
        cmocka_unit_test(judge_committed_durable_fires_when_the_sync_began_before_the_write),
        cmocka_unit_test(judge_committed_durable_fires_when_the_entry_is_on_no_disk),
        cmocka_unit_test(judge_committed_durable_waits_for_the_sync_of_the_claimers_job),
        cmocka_unit_test(judge_committed_durable_forgets_a_claim_whose_job_died),
        cmocka_unit_test(judge_committed_stable_fires_when_a_committed_entry_is_cut),
        cmocka_unit_test(judge_committed_stable_fires_when_another_entry_is_announced),
        cmocka_unit_test(judge_committed_stable_fires_when_a_disk_forgets_what_it_synced),
        cmocka_unit_test(judge_committed_stable_fires_when_damage_leaves_no_majority),
        cmocka_unit_test(judge_committed_stable_stays_silent_when_what_was_not_synced_rots),
        cmocka_unit_test(judge_committed_stable_fires_when_a_running_process_cuts_the_harmed_entry),
        cmocka_unit_test(judge_committed_stable_fires_when_a_synced_entry_is_taken_for_torn),
        cmocka_unit_test(judge_committed_stable_stays_silent_when_the_sync_was_not_noted),
        cmocka_unit_test(judge_committed_stable_stays_silent_when_who_cuts_was_not_in_the_term),
        cmocka_unit_test(judge_committed_stable_fires_when_who_cuts_has_promised),
        cmocka_unit_test(judge_committed_durable_counts_what_replaced_a_harmed_entry),
        cmocka_unit_test(judge_committed_durable_asks_the_disk_what_rot_has_harmed),
        cmocka_unit_test(judge_committed_durable_asks_the_disk_once_the_rotten_is_synced),
        cmocka_unit_test(judge_committed_durable_sees_all_frames_that_a_stray_write_harmed),
        cmocka_unit_test(judge_committed_stable_remembers_damage_behind_the_compacted),
        cmocka_unit_test(judge_committed_stable_stays_silent_after_power_losses),
        cmocka_unit_test(judge_committed_stable_stays_silent_while_a_snapshot_is_installed),
        cmocka_unit_test(judge_commit_monotone_fires_when_the_index_falls),
        cmocka_unit_test(judge_commit_monotone_stays_silent_after_a_restart),
        cmocka_unit_test(judge_compaction_fires_when_the_log_goes_above_the_snapshot),
        cmocka_unit_test(judge_compaction_fires_when_the_log_goes_without_a_snapshot),
        cmocka_unit_test(judge_compaction_knows_what_an_earlier_snapshot_of_that_entry_allowed),
        cmocka_unit_test(judge_compaction_fires_when_unexported_records_go),
        cmocka_unit_test(judge_compaction_stays_silent_below_the_snapshot),
        cmocka_unit_test(judge_snapshot_fires_when_an_older_one_follows),
        cmocka_unit_test(judge_snapshot_fires_when_it_holds_uncommitted_records),
        cmocka_unit_test(judge_snapshot_fires_when_its_index_lies_above_what_is_exported),
        cmocka_unit_test(judge_snapshot_stays_silent_on_growing_ids),
        cmocka_unit_test(judge_durable_log_fires_when_a_disk_holds_other_bytes),
        cmocka_unit_test(judge_durable_log_fires_when_a_majority_lost_an_entry),
        cmocka_unit_test(judge_giving_up_fires_when_the_disk_did_its_duty),
        cmocka_unit_test(judge_giving_up_stays_silent_when_the_disk_failed_the_replica),
        cmocka_unit_test(judge_giving_up_takes_a_full_disk_for_no_more_than_that),
        cmocka_unit_test(judge_keeps_twenty_violations_and_counts_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
