/* What a full disk is put down to (fit.c), with a real cluster whose engines have no occasion to cut their logs:
 * their snapshot period is an hour. The judges are told which one they have. */
#include "run_world.h"

#include "sim/run/fit.h"

#include <string.h>

#define KIB UINT64_C(1024)

static const char TEXT[] =
    "apiVersion: waggle/v1alpha1\nname: fit\n"
    "cluster:\n"
    "  brokers: 3\n  partitions: 1\n  replicationFactor: 3\n"
    "  logSegmentSize: 64KiB\n  snapshotPeriod: 1h\n  distributionInterval: 1s\n"
    "  disk: { size: 64MiB, freeSpace: { processing: 4MiB, replication: 2MiB } }\n"
    "workload: [{ process: one-task, rate: 20/s, until: 20s, variables: 1KiB }]\n"
    "exporters: [{ id: recorder, type: recorder }]\n";

struct answer {
    bool full;
    char story[160];
};

static struct answer ask(const struct run_world *w) {
    struct answer answer = {false, ""};
    answer.full = sim_fit_is_full(w->c, 1, answer.story, sizeof answer.story);
    return answer;
}

static void expect(const struct run_world *w, bool full, const char *story) {
    struct answer answer = ask(w);
    assert_int_equal(answer.full, full);
    if (story[0] == 0) {
        assert_string_equal(answer.story, "");
    } else if (strstr(answer.story, story) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", story, answer.story);
    }
}

/* Leaves that much room on the disk of a broker. */
static void leave(struct run_world *w, wg_node_id node, uint64_t bytes) {
    struct wg_disk *disk = run_world_broker(w, node)->disk;
    sim_disk_set_faults(disk, &(struct sim_disk_faults){0});
    uint64_t taken = sim_disk_free_bytes(disk) - bytes;
    sim_disk_set_faults(disk, &(struct sim_disk_faults){.taken = taken});
    assert_int_equal(sim_disk_free_bytes(disk), bytes);
}

static void leave_all(struct run_world *w, uint64_t bytes) {
    for (wg_node_id node = 0; node < 3; node++) {
        leave(w, node, bytes);
    }
}

/* Logs of many segments, all of it processed and exported, and a minute of rest. */
static struct run_world *with_long_logs(void) {
    struct run_world *w = run_world_of(TEXT);
    run_world_settle(w);
    sim_workload_start(w->c->workload, w->c->now);
    run_world_until(w, 100 * WG_SECOND);
    return w;
}

/* Only now the engines are late: they should have taken a snapshot 17 s ago or earlier. */
static void be_impatient(struct run_world *w) {
    w->c->judge_setup.snapshot_period = WG_SECOND;
    for (wg_node_id node = 0; node < 3; node++) {
        assert_true(sim_judges_cuttable(w->c->judges, node, 1) > 0);
    }
}

static wg_node_id follower(const struct run_world *w) { return run_world_leader(w) == 0 ? 1 : 0; }

static void room_is_no_excuse(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    expect(w, false, "");
    leave_all(w, 4 * KIB * KIB);
    expect(w, false, "");
    be_impatient(w);
    expect(w, false, "");
    run_world_free(w);
}

static void one_full_disk_of_three_is_no_excuse(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    leave(w, follower(w), 0);
    expect(w, false, "");
    run_world_free(w);
}

static void a_majority_without_room_is_one(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    leave(w, follower(w), 2 * KIB * KIB - 1);
    leave(w, 3 - follower(w) - run_world_leader(w), 0);
    expect(w, true, "on the disks of 2 of the 3 replicas of partition 1 is no room for another log segment");
    run_world_free(w);
}

static void a_leader_that_may_not_process_is_one(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    char text[80];
    snprintf(text, sizeof text, "the disk of broker %u is too small", run_world_leader(w));
    leave(w, follower(w), 4 * KIB * KIB - 1); /* a follower need not process */
    expect(w, false, "");
    leave(w, run_world_leader(w), 4 * KIB * KIB - 1);
    expect(w, true, text);
    run_world_free(w);
}

static void logs_that_could_have_been_cut_are_the_engine_s_doing(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    be_impatient(w);
    leave_all(w, 0);
    expect(w, false, "could have gone");
    leave_all(w, 4 * KIB * KIB - 1); /* room enough but for the processor */
    expect(w, false, "could have gone");
    run_world_free(w);
}

static wg_status try_file(struct run_world *w, wg_node_id node, const char *path, uint64_t bytes) {
    struct wg_disk *disk = run_world_broker(w, node)->disk;
    wg_file file = 0;
    assert_int_equal(sim_disk_ops.open(disk, path, true, &file), WG_OK);
    wg_status status = sim_disk_ops.resize(disk, file, bytes);
    sim_disk_ops.close(disk, file);
    return status;
}

static void put_file(struct run_world *w, wg_node_id node, const char *path, uint64_t bytes) {
    assert_int_equal(try_file(w, node, path, bytes), WG_OK);
}

static void files_that_should_be_gone_are_the_engine_s_doing(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    for (wg_node_id node = 0; node < 3; node++) {
        put_file(w, node, "partitions/1/raft-7.log_1-deleted", 64 * KIB - 1);
        put_file(w, node, "partitions/1/something", 64 * KIB);
    }
    leave_all(w, 0);
    expect(w, true, "no room"); /* no segment would fit in what is left there */
    leave_all(w, 64 * KIB);
    put_file(w, follower(w), "partitions/1/raft-8.log_2-deleted", 1);
    leave_all(w, 0);
    expect(w, true, "on the disks of 2 of the 3");
    leave_all(w, 64 * KIB);
    put_file(w, run_world_leader(w), "partitions/1/raft-8.log_2-deleted", 1);
    leave_all(w, 0);
    expect(w, false, "65536 bytes of it are in files that should be gone");
    run_world_free(w);
}

/* The disks saw the engines try. */
static void a_snapshot_without_room_is_an_excuse_for_a_while(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    leave_all(w, 0);
    for (wg_node_id node = 0; node < 3; node++) {
        assert_int_equal(try_file(w, node, "partitions/1/snapshots/9-1-9-9/state.bin", 1000), WG_NO_SPACE);
    }
    be_impatient(w);
    expect(w, true, "on the disks of 3 of the 3 replicas");
    run_world_until(w, w->c->now + 30 * WG_SECOND);
    expect(w, false, "could have gone"); /* nobody has tried again */
    run_world_free(w);
}

/* What the leader has written waits for followers that have no room: that it cannot cut its log is theirs. */
static void a_leader_that_waits_for_full_followers_is_excused(void **state) {
    (void)state;
    struct run_world *w = with_long_logs();
    wg_node_id leader = run_world_leader(w);
    char text[80];
    snprintf(text, sizeof text, "the disk of broker %u is too small", leader);
    be_impatient(w);
    leave(w, leader, 4 * KIB * KIB - 1);
    expect(w, false, "could have gone");
    leave(w, leader, 8 * KIB * KIB);
    for (wg_node_id node = 0; node < 3; node++) {
        if (node != leader) {
            run_world_fault(w, 1 + node, SIM_FAULT_BROKER_PAUSE, node, 0, 0);
        }
    }
    sim_workload_start(w->c->workload, w->c->now);
    run_world_until(w, w->c->now + WG_SECOND);
    assert_true(sim_judges_waits_for_commit(w->c->judges, leader, 1));
    leave(w, leader, 4 * KIB * KIB - 1);
    expect(w, false, "could have gone"); /* the others have room */
    for (wg_node_id node = 0; node < 3; node++) {
        if (node != leader) {
            leave(w, node, 0);
        }
    }
    expect(w, true, text);
    run_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_no_excuse),
        cmocka_unit_test(one_full_disk_of_three_is_no_excuse),
        cmocka_unit_test(a_majority_without_room_is_one),
        cmocka_unit_test(a_leader_that_may_not_process_is_one),
        cmocka_unit_test(logs_that_could_have_been_cut_are_the_engine_s_doing),
        cmocka_unit_test(files_that_should_be_gone_are_the_engine_s_doing),
        cmocka_unit_test(a_snapshot_without_room_is_an_excuse_for_a_while),
        cmocka_unit_test(a_leader_that_waits_for_full_followers_is_excused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
