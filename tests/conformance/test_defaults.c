/* Rows F: upstream's defaults of raft and the journal (reference: engine 1.1). What an engine has that is told
 * nothing, and what a scenario has that says `preset: zeebe` or nothing about it. */
#include "tests/conformance/conf.h"
#include "tests/unit/partition/harness.h"

#include "sim/scenario/loader.h"

#define ALIKE(test) {#test, test, NULL, NULL, &conf_documented}
#define KIB (UINT32_C(1) << 10)
#define MIB (UINT32_C(1) << 20)
#define GIB (UINT32_C(1) << 30)

static struct wg_node_options defaults(void) {
    struct wg_node_options options;
    wg_node_options_init(&options);
    return options;
}

static void conf_F01_election_after_2500_ms_heartbeats_every_250(void **state) {
    (void)state;
    assert_int_equal(defaults().election_timeout, 2500 * WG_MS);
    assert_int_equal(defaults().heartbeat_interval, 250 * WG_MS);
}

static void conf_F04_two_appends_are_in_flight(void **state) {
    (void)state;
    assert_int_equal(defaults().max_appends_per_follower, 2);
}

static void conf_F05_an_append_has_32_kib(void **state) {
    (void)state;
    assert_int_equal(defaults().max_append_batch_bytes, 32 * KIB);
}

static void conf_F06_requests_time_out_as_elections_do(void **state) {
    (void)state;
    assert_int_equal(defaults().request_timeout, defaults().election_timeout);
}

static void conf_F07_snapshots_time_out_after_2500_ms_in_chunks_of_a_gib(void **state) {
    (void)state;
    struct sim_cluster_options cluster;
    sim_cluster_preset(&cluster, true);
    assert_int_equal(defaults().snapshot_request_timeout, 2500 * WG_MS);
    assert_int_equal(defaults().snapshot_chunk_bytes, GIB);
    assert_int_equal(cluster.snapshot_chunk_bytes, GIB);
}

static void conf_F09_three_failures_and_two_time_outs_end_a_leadership(void **state) {
    (void)state;
    assert_int_equal(defaults().min_step_down_failures, 3);
}

static void conf_F10_a_snapshot_is_sent_to_who_is_100_entries_behind(void **state) {
    (void)state;
    assert_int_equal(defaults().prefer_snapshot_threshold, 100);
}

static void conf_F11_segments_have_128_mib(void **state) {
    (void)state;
    struct sim_cluster_options cluster;
    sim_cluster_preset(&cluster, true);
    assert_int_equal(defaults().segment_bytes, 128 * MIB);
    assert_int_equal(cluster.segment_bytes, 128 * MIB);
}

/* Room is taken when a segment is made, not entry by entry. */
static void conf_F13_segments_are_preallocated(void **state) {
    struct rig *rig = rig_new(1, 0);
    rig->options.quirks = quirks_of(state);
    rig->options.segment_bytes = MIB;
    uint64_t before = rig->env->disk_ops->free_bytes(rig->disk);
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    uint64_t taken = before - rig->env->disk_ops->free_bytes(rig->disk);
    assert_true(taken >= MIB && taken < 3 * (uint64_t)MIB);
    rig_command(rig);
    assert_int_equal(before - rig->env->disk_ops->free_bytes(rig->disk), taken);
    rig_free(rig);
}

static void conf_F14_messages_have_4_mib(void **state) {
    (void)state;
    assert_int_equal(defaults().max_message_bytes, 4 * MIB);
    assert_true(defaults().segment_bytes >= defaults().max_message_bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ALIKE(conf_F01_election_after_2500_ms_heartbeats_every_250),
        ALIKE(conf_F04_two_appends_are_in_flight),
        ALIKE(conf_F05_an_append_has_32_kib),
        ALIKE(conf_F06_requests_time_out_as_elections_do),
        ALIKE(conf_F07_snapshots_time_out_after_2500_ms_in_chunks_of_a_gib),
        ALIKE(conf_F09_three_failures_and_two_time_outs_end_a_leadership),
        ALIKE(conf_F10_a_snapshot_is_sent_to_who_is_100_entries_behind),
        ALIKE(conf_F11_segments_have_128_mib),
        BOTH(conf_F13_segments_are_preallocated),
        ALIKE(conf_F14_messages_have_4_mib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
