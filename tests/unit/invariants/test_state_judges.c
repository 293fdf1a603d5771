/* Judges of snapshots, recovery, retention, operators, clocks and disks. */
#include "judge_world.h"

#include "sim/invariants/bench.h"
#include "sim/invariants/wire.h"
#include "sim/world/epoch.h"

#include <stdio.h>

/* --- files of a snapshot ---------------------------------------------------------------------- */

struct bytes {
    uint8_t data[1024];
    uint32_t len;
};

static void put(struct bytes *out, uint64_t number, uint32_t width) {
    for (uint32_t i = 0; i < width; i++) {
        out->data[out->len++] = (uint8_t)(number >> (8 * i));
    }
}

static void put_text(struct bytes *out, const char *text) {
    memcpy(out->data + out->len, text, strlen(text));
    out->len += (uint32_t)strlen(text);
}

static void put_row(struct bytes *out, uint32_t family, const char *key, uint32_t value_len) {
    put(out, family, 1);
    put(out, strlen(key), 1);
    put(out, value_len, 4);
    put_text(out, key);
}

struct exporter_row {
    const char *id;
    wg_position position;
    const char *metadata;
};

/* A state file as the engine writes it: two shared rows, then those of exporters. */
static struct bytes state_file(wg_position processed, uint64_t shared,
                               const struct exporter_row *rows, uint32_t count) {
    struct bytes out = {.len = 0};
    put_text(&out, "WGST");
    put(&out, 1, 2);
    put(&out, 0, 2);
    put(&out, 2 + count, 8);
    put(&out, 0, 8);
    put_row(&out, 1, "lastProcessed", 8);
    put(&out, (uint64_t)processed, 8);
    put_row(&out, 7, "job", 8);
    put(&out, shared, 8);
    for (uint32_t i = 0; i < count; i++) {
        put_row(&out, 200, rows[i].id, 16 + (uint32_t)strlen(rows[i].metadata));
        put(&out, (uint64_t)rows[i].position, 8);
        put(&out, 0, 8);
        put_text(&out, rows[i].metadata);
    }
    struct bytes section = {.len = 0};
    put(&section, out.len - 24, 8);
    memcpy(out.data + 16, section.data, 8);
    put(&out, (uint32_t)(judge_crc32c(out.data, out.len) * 0x9E3779B1u), 4);
    return out;
}

static void write_file(struct world *w, wg_node_id node, const char *name, const void *bytes,
                       uint32_t len) {
    static uint64_t file = 100;
    char path[96];
    int path_len = snprintf(path, sizeof path, "partitions/1/snapshots/1-1-1-1/%s", name);
    struct sim_fact open = {.kind = SIM_FACT_DISK_OPEN, .node = node, .at = ++w->now, .a = ++file,
                            .ptr = path, .len = (uint32_t)path_len};
    sim_judges_fact(w->judges, &open);
    struct sim_fact write = {.kind = SIM_FACT_DISK_WRITE, .node = node, .at = ++w->now, .a = file,
                             .c = 1, .ptr = bytes, .len = len};
    sim_judges_fact(w->judges, &write);
}

static void write_metadata(struct world *w, wg_node_id node, wg_position processed,
                           wg_position exported, wg_position followup) {
    char text[160];
    int len = snprintf(text, sizeof text,
                       "{\"version\":1,\"processedPosition\":%lld,\"exportedPosition\":%lld,"
                       "\"lastFollowupEventPosition\":%lld}",
                       (long long)processed, (long long)exported, (long long)followup);
    write_file(w, node, "zeebe.metadata", text, (uint32_t)len);
}

static void write_state(struct world *w, wg_node_id node, wg_position processed, uint64_t shared,
                        const struct exporter_row *rows, uint32_t count) {
    struct bytes state = state_file(processed, shared, rows, count);
    write_file(w, node, "state.bin", state.data, state.len);
}

/* Both exporters at `position`. */
static void write_both(struct world *w, wg_node_id node, wg_position processed, uint64_t shared,
                       wg_position position) {
    struct exporter_row rows[] = {{"elastic", position, ""}, {"mine", position, ""}};
    write_state(w, node, processed, shared, rows, 2);
}

static struct world *with_records(uint32_t count) {
    struct world *w = world_new();
    world_commands(w, 1, count);
    return w;
}

/* --- snapshot, snapshot-state, configuration-fidelity -------------------------------------------- */

static void judge_snapshot_stays_silent_when_its_files_say_the_same(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_metadata(w, 0, 4, 3, 5);
    write_both(w, 0, 4, 7, 3);
    world_snapshot(w, 0, 2, 4, 3);
    world_expect_silence(w);
    world_free(w);
}

static void judge_snapshot_stays_silent_when_nothing_was_exported(void **state) {
    (void)state;
    struct world *w = with_records(5);
    struct exporter_row rows[] = {{"elastic", -1, ""}, {"mine", 3, ""}};
    write_metadata(w, 0, 4, 0, -1);
    write_state(w, 0, 4, 7, rows, 2);
    world_snapshot(w, 0, 0, 4, 0);
    world_expect_silence(w);
    world_free(w);
}

static void judge_snapshot_fires_when_results_in_it_are_not_committed(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_metadata(w, 0, 4, 3, 6);
    world_snapshot(w, 0, 2, 4, 3);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_the_metadata_tells_another_position(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_metadata(w, 0, 5, 3, 5);
    world_snapshot(w, 0, 2, 4, 3);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_an_exporter_is_lower_than_it_says(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_both(w, 0, 4, 7, 2);
    world_snapshot(w, 0, 2, 4, 3);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_its_state_is_newer(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_both(w, 0, 5, 7, 3);
    world_snapshot(w, 0, 2, 4, 3);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_its_state_is_damaged(void **state) {
    (void)state;
    struct world *w = with_records(5);
    struct exporter_row row = {"elastic", 3, ""};
    struct bytes bytes = state_file(4, 7, &row, 1);
    bytes.data[30] ^= 1;
    write_file(w, 0, "state.bin", bytes.data, bytes.len);
    world_snapshot(w, 0, 2, 4, 3);
    world_expect_only(w, "snapshot");
    world_free(w);
}

static void judge_snapshot_fires_when_the_log_does_not_reach_it(void **state) {
    (void)state;
    struct world *w = with_records(3);
    world_claim(w, 1, WG_CLAIM_SNAPSHOT, 3, 1, 5, 5);
    uint32_t before = world_count(w, "snapshot");
    world_claim(w, 1, WG_CLAIM_SNAPSHOT_RECEIVED, 9, 1, 9, 9);
    assert_true(world_count(w, "snapshot") > before);
    world_free(w);
}

static void judge_snapshot_state_fires_when_two_replicas_differ(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_both(w, 0, 4, 7, 3);
    world_snapshot(w, 0, 2, 4, 3);
    write_both(w, 1, 4, 8, 3);
    world_snapshot(w, 1, 2, 4, 3);
    world_expect_only(w, "snapshot-state");
    world_free(w);
}

static void judge_snapshot_state_stays_silent_on_what_belongs_to_a_replica(void **state) {
    (void)state;
    struct world *w = with_records(5);
    write_both(w, 0, 4, 7, 3);
    world_snapshot(w, 0, 2, 4, 3);
    write_both(w, 1, 4, 7, 2);
    world_snapshot(w, 1, 1, 4, 2);
    write_both(w, 2, 5, 9, 3);
    world_snapshot(w, 2, 2, 5, 3);
    world_expect_silence(w);
    world_free(w);
}

static void configure_both(struct world *w, wg_node_id node) {
    for (uint32_t e = 0; e < WORLD_EXPORTERS; e++) {
        world_fact(w, SIM_FACT_PLUGIN_CALL, node, 50 + e, e, WG_PLUGIN_CONFIGURE, 0);
        world_fact(w, SIM_FACT_PLUGIN_RETURN, node, 50 + e, e,
                   WG_PLUGIN_CONFIGURE << 8 | WG_PLUGIN_OK, 0);
    }
    w->now += 10 * WG_SECOND;
}

static void judge_configuration_fidelity_fires_when_a_row_is_missing(void **state) {
    (void)state;
    struct world *w = with_records(5);
    struct exporter_row row = {"elastic", 3, ""};
    configure_both(w, 0);
    write_state(w, 0, 4, 7, &row, 1);
    world_expect_only(w, "configuration-fidelity");
    assert_int_equal(sim_judges_violation(w->judges, 0)->exporter, 1);
    world_free(w);
}

static void judge_configuration_fidelity_fires_when_a_stranger_has_a_row(void **state) {
    (void)state;
    struct world *w = with_records(5);
    struct exporter_row rows[] = {{"elastic", 3, ""}, {"gone", 1, ""}, {"mine", 3, ""}};
    configure_both(w, 0);
    write_state(w, 0, 4, 7, rows, 3);
    world_expect_only(w, "configuration-fidelity");
    world_free(w);
}

/* Persisted long after its exporter was disabled: right if the state was copied before, wrong if not. */
static void judge_configuration_fidelity_knows_when_a_state_was_copied(void **state) {
    (void)state;
    for (wg_position processed = 1; processed <= 2; processed++) {
        struct world *w = world_new();
        world_commands(w, 1, 4);
        world_claim(w, 0, WG_CLAIM_TRANSITION, WG_ROLE_LEADER, 1, 0, 0);
        world_claim(w, 0, WG_CLAIM_PROCESSED, 1, 0, 0, 0);
        world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 1, 0, WG_PLUGIN_DESTROY, 0);
        w->now += 60 * WG_SECOND;
        world_commands(w, 1, 1);
        assert_int_equal(inv_export_position_was_gone(w->judges, 0, 1, 0, processed), processed == 2);
        world_free(w);
    }
}

static void judge_configuration_fidelity_stays_silent_before_directors_start(void **state) {
    (void)state;
    struct world *w = with_records(5);
    struct exporter_row rows[] = {{"gone", 1, ""}, {"mine", 3, ""}};
    write_state(w, 0, 4, 7, rows, 2);
    configure_both(w, 1);
    write_both(w, 1, 4, 7, 3);
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 2, 0, 0);
    write_state(w, 1, 4, 7, rows, 2);
    world_expect_silence(w);
    world_free(w);
}

/* --- exporter-isolation ------------------------------------------------------------------------- */

static void ack_with(struct world *w, uint32_t exporter, wg_position position, const char *text) {
    struct sim_fact fact = {.kind = SIM_FACT_PLUGIN_ACK,
                            .node = 0,
                            .partition = 1,
                            .at = ++w->now,
                            .a = 1,
                            .b = exporter,
                            .c = (uint64_t)position,
                            .ptr = text,
                            .len = (uint32_t)strlen(text)};
    world_durable(w, exporter, 1);
    sim_judges_fact(w->judges, &fact);
}

static void judge_exporter_isolation_fires_on_metadata_of_another(void **state) {
    (void)state;
    struct world *w = with_records(5);
    ack_with(w, 0, 1, "counter=1");
    struct exporter_row rows[] = {{"elastic", 1, "counter=1"}, {"mine", 1, "counter=1"}};
    write_state(w, 0, 4, 7, rows, 2);
    world_expect_only(w, "exporter-isolation");
    assert_int_equal(sim_judges_violation(w->judges, 0)->exporter, 1);
    world_free(w);
}

static void judge_exporter_isolation_stays_silent_on_ones_own(void **state) {
    (void)state;
    struct world *w = with_records(5);
    ack_with(w, 0, 1, "counter=1");
    ack_with(w, 1, 1, "counter=2");
    struct exporter_row rows[] = {{"elastic", 1, "counter=1"}, {"mine", 1, "counter=2"}};
    write_state(w, 0, 4, 7, rows, 2);
    struct sim_fact open = {.kind = SIM_FACT_PLUGIN_CALL, .node = 1, .partition = 1,
                            .at = ++w->now, .a = 9, .b = 1, .c = WG_PLUGIN_CONFIGURE};
    sim_judges_fact(w->judges, &open);
    world_director(w, 1, 2);
    open.c = WG_PLUGIN_OPEN;
    open.ptr = "counter=2";
    open.len = 9;
    sim_judges_fact(w->judges, &open);
    world_expect_silence(w);
    world_free(w);
}

/* --- exporter-lifecycle --------------------------------------------------------------------------- */

static void judge_exporter_lifecycle_fires_when_a_follower_opens(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_claim(w, 1, WG_CLAIM_DIRECTOR, 2, 1, 0, 0);
    world_open(w, 1, 0, 1, -1);
    world_expect_only(w, "exporter-lifecycle");
    world_free(w);
}

static void judge_exporter_lifecycle_fires_when_nobody_closes(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_director(w, 0, 1);
    world_open(w, 0, 0, 1, -1);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 1, 0, WG_PLUGIN_DESTROY, 0);
    world_expect_only(w, "exporter-lifecycle");
    world_free(w);
}

static void judge_exporter_lifecycle_stays_silent_on_a_whole_life(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_director(w, 0, 1);
    world_open(w, 0, 0, 1, -1);
    world_export(w, 0, 0, 1, 1, true);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 1, 0, WG_PLUGIN_CLOSE, 0);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 1, 0, WG_PLUGIN_DESTROY, 0);
    world_open(w, 0, 0, 2, -1);
    world_end(w, 0, SIM_END_KILL);
    world_expect_silence(w);
    world_free(w);
}

/* --- snapshot-install, recovery ------------------------------------------------------------------- */

static void judge_snapshot_install_fires_when_it_never_ends(void **state) {
    (void)state;
    struct world *w = with_records(1);
    for (uint32_t i = 0; i < 5; i++) {
        world_claim(w, 0, WG_CLAIM_SNAPSHOT_SEND, 7, 1, 0, 0);
        world_claim(w, 0, WG_CLAIM_SNAPSHOT_SEND, 7, 1, 1, 0);
    }
    world_expect_only(w, "snapshot-install");
    world_free(w);
}

static void judge_snapshot_install_stays_silent_when_messages_are_lost(void **state) {
    (void)state;
    struct world *w = with_records(1);
    for (uint32_t i = 0; i < 20; i++) {
        world_claim(w, 0, WG_CLAIM_SNAPSHOT_SEND, 7, 1, 0, 0);
        world_fact(w, SIM_FACT_MESSAGE_LOST, 0, 1, WG_MSG_INSTALL_REQUEST, SIM_LOSS_RANDOM, 0);
        world_claim(w, 0, WG_CLAIM_SNAPSHOT_SEND, 10 + i, 2, 0, 0);
    }
    world_expect_silence(w);
    world_free(w);
}

static void judge_recovery_fires_when_the_snapshot_is_not_used(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_snapshot(w, 1, 2, 4, 3);
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 1, 0, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 1, 0xA, 1, 0);
    world_expect_only(w, "recovery");
    world_free(w);
}

static void judge_recovery_fires_when_processed_falls(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 1, 0, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 3, 0xA, 1, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 2, 0xB, 1, 0);
    world_expect_only(w, "recovery");
    world_free(w);
}

/* The job that processed it is slow, and claims at its end. */
static void judge_recovery_stays_silent_on_a_snapshot_of_a_job_under_way(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 4);
    world_claim(w, 0, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 1, 0, 0);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 1, 0, 1, 0);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 2, 1, 3, 1);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 2, 0, 1, 0);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 3, 0, 1, 0);
    assert_int_equal(world_count(w, "recovery"), 0);
    world_claim(w, 0, WG_CLAIM_PROCESSED, 3, 0, 1, 0);
    assert_int_equal(world_count(w, "recovery"), 1);
    world_free(w);
}

static void judge_recovery_stays_silent_when_state_is_built_anew(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 1, 0, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 2, 0xA, 1, 0);
    world_snapshot(w, 1, 1, 2, 2);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 4, 0xB, 1, 0);
    world_claim(w, 1, WG_CLAIM_DIRECTOR, 0, 1, 0, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 3, 0xC, 1, 0);
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 2, 0, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, 4, 0xB, 1, 0);
    world_expect_silence(w);
    world_free(w);
}

/* --- retention -------------------------------------------------------------------------------------- */

/* 120 commands with outcomes in segment 1, the rest in segment 2; all exported and acknowledged. */
static struct world *with_a_long_log(void) {
    struct world *w = world_new();
    w->setup.snapshot_period = 60 * WG_SECOND;
    w->setup.distribution_interval = 15 * WG_SECOND;
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_commands(w, 1, 30);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, 31);
    }
    world_commands(w, 1, 45);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, 76);
    }
    world_commands(w, 1, 45);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, 121);
    }
    struct world_record outcome = {.value_type = WG_VT_JOB_BATCH,
                                   .intent = WG_JOB_BATCH_ACTIVATED,
                                   .key = 1,
                                   .source = w->next_position - 2};
    world_commands(w, 1, 18);
    outcome.source = w->next_position - 1;
    world_entry(w, 1, &outcome, 1);
    world_deliver_all(w, 0, 1, w->next_position - 1);
    return w;
}

/* A command every second, kept small so that it fits into the last segment. */
static void go_on(struct world *w, uint32_t seconds) {
    for (uint32_t i = 0; i < seconds; i += 4) {
        w->now += 4 * WG_SECOND;
        world_commands(w, 1, 1);
    }
}

static void judge_retention_fires_when_a_replica_keeps_what_it_need_not(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    go_on(w, 100);
    world_expect_only(w, "retention");
    assert_int_equal(world_count(w, "retention"), 3);
    world_free(w);
}

/* Broker 2 gets nothing but the first 30 entries for `seconds`, then the rest at once. */
static struct world *with_a_late_replica(uint32_t seconds) {
    static struct world_frame kept[200];
    uint32_t count = 0;
    struct world_record command = {.record_type = WG_COMMAND,
                                   .value_type = WG_VT_JOB_BATCH,
                                   .intent = WG_JOB_BATCH_ACTIVATE,
                                   .key = -1};
    struct world *w = world_new();
    w->setup.snapshot_period = 60 * WG_SECOND;
    w->setup.distribution_interval = 15 * WG_SECOND;
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_commands(w, 1, 30);
    w->late = 3;
    for (uint32_t i = 0; i < 110 + seconds / 4; i++) {
        if (i == 0 || i == 45 || i == 90) {
            world_roll(w, 0, w->next_index);
            world_roll(w, 1, w->next_index);
        }
        if (i == 109) {
            command = (struct world_record){.value_type = WG_VT_JOB_BATCH,
                                            .intent = WG_JOB_BATCH_ACTIVATED,
                                            .key = 1,
                                            .source = w->next_position - 1};
        } else if (i >= 110) {
            command = (struct world_record){.record_type = WG_COMMAND,
                                            .value_type = WG_VT_JOB_BATCH,
                                            .intent = WG_JOB_BATCH_ACTIVATE,
                                            .key = -1};
            w->now += 4 * WG_SECOND;
        }
        kept[count] = world_frame(w, 1, &command, 1);
        world_commit(w, &kept[count++]);
        if (i == 109) {
            world_deliver_all(w, 0, 1, w->next_position - 1);
        }
    }
    w->late = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || i == 45 || i == 90) {
            world_roll(w, 2, kept[i].index);
        }
        world_write(w, 2, &kept[i]);
        world_sync(w, 2);
        world_claim(w, 2, WG_CLAIM_COMMIT, kept[i].index, 1, 1, 0);
    }
    return w;
}

/* Over a slow network a replica may still look for where its log parts when all others are done. */
static void judge_retention_counts_from_when_a_replica_has_the_entries(void **state) {
    (void)state;
    struct world *w = with_a_late_replica(60);
    go_on(w, 40);
    assert_int_equal(world_count(w, "retention"), 2); /* brokers 0 and 1 */
    go_on(w, 60);
    assert_int_equal(world_count(w, "retention"), 3);
    world_free(w);
}

static void judge_retention_stays_silent_until_the_bound_and_after_a_disturbance(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    go_on(w, 80);
    world_expect_silence(w);
    world_fact(w, SIM_FACT_MESSAGE_LOST, 0, 1, WG_MSG_EXPORTER_STATE, SIM_LOSS_RANDOM, 0);
    go_on(w, 40);
    world_expect_silence(w);
    world_free(w);
}

/* Snapshots wait for what is written by then: a command was processed, and its follow-ups come seconds later. */
static void judge_retention_waits_where_commits_come_late(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    struct world_record outcome = {.value_type = WG_VT_JOB_BATCH,
                                   .intent = WG_JOB_BATCH_ACTIVATED,
                                   .key = 1};
    for (uint32_t i = 0; i < 6; i++) {
        outcome.source = w->next_position - 1;
        world_claim(w, 0, WG_CLAIM_PROCESSED, (uint64_t)outcome.source, 0, 0, 0);
        go_on(w, 20);
        world_entry(w, 1, &outcome, 1);
    }
    assert_int_equal(world_count(w, "retention"), 0);
    world_deliver_all(w, 0, 1, w->next_position - 1);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, w->next_index);
    }
    go_on(w, 100); /* they keep up again */
    assert_int_equal(world_count(w, "retention"), 3);
    world_free(w);
}

static void judge_retention_stays_silent_when_the_log_is_cut(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    for (wg_node_id node = 0; node < 3; node++) {
        wg_position last = w->next_position - 2;
        world_snapshot(w, node, 130, last, last);
        world_remove_segment(w, node, 1);
    }
    go_on(w, 100);
    world_expect_silence(w);
    world_free(w);
}

/* --- what a full disk is due to --------------------------------------------------------------------- */

static void segments_are_cuttable_once_the_bound_is_over(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    assert_int_equal(sim_judges_cuttable(w->judges, 0, 1), 0);
    w->now += 80 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 0, 1), 0);
    w->now += 20 * WG_SECOND; /* nothing is committed, nothing acknowledged meanwhile */
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    for (wg_node_id node = 0; node < 3; node++) {
        assert_int_equal(sim_judges_cuttable(w->judges, node, 1), 1);
    }
    world_remove_segment(w, 2, 1);
    assert_int_equal(sim_judges_cuttable(w->judges, 2, 1), 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 1, 1), 1);
    world_free(w);
}

/* An exporter that takes all and acknowledges nothing holds the log. */
static void segments_that_an_exporter_holds_are_not_cuttable(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    world_open(w, 0, 1, 200, -1);
    w->now += 300 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 0, 1), 0);
    world_free(w);
}

static void a_leader_waits_for_what_it_has_written(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    assert_false(sim_judges_waits_for_commit(w->judges, 0, 1));
    struct world_frame frame = world_frame(w, 1, &(struct world_record){.key = -1}, 1);
    world_write(w, 0, &frame);
    world_write(w, 1, &frame);
    assert_true(sim_judges_waits_for_commit(w->judges, 0, 1));
    assert_false(sim_judges_waits_for_commit(w->judges, 1, 1)); /* it replays committed entries only */
    world_free(w);
}

static void exporting_stands_still_if_records_wait_and_nobody_is_called(void **state) {
    (void)state;
    enum { STANDS, MOVES, NOTHING_WAITS, PAUSED, FAILS, CASES };
    for (uint32_t what = STANDS; what < CASES; what++) {
        struct world *w = with_records(5);
        w->now += 40 * WG_SECOND;
        world_commands(w, 1, 1);
        world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
        world_deliver_all(w, 0, 1, what == NOTHING_WAITS ? w->next_position - 1 : 2);
        w->now += 40 * WG_SECOND;
        world_commands(w, 1, 1); /* the judge looks at what is committed */
        if (what == NOTHING_WAITS) {
            for (uint32_t e = 0; e < WORLD_EXPORTERS; e++) {
                world_export(w, 0, e, 100 + e, w->next_position - 1, true);
                world_durable(w, e, w->next_position - 1);
            }
            w->now += 40 * WG_SECOND;
        } else if (what == MOVES) {
            world_export(w, 0, 0, 100, 3, true);
        } else if (what == PAUSED) {
            world_fact(w, SIM_FACT_ADMIN, 0, 1, WG_ADMIN_PAUSE_EXPORTING, 0, 0);
            world_fact(w, SIM_FACT_ADMIN_DONE, 0, 1, WG_ADMIN_PAUSE_EXPORTING, WG_OK, 0);
        } else if (what == FAILS) {
            world_export(w, 0, 0, 100, 3, false);
            w->now += 5 * WG_SECOND;
            world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
        }
        assert_int_equal(sim_judges_export_stands_still(w->judges, 1), what == STANDS);
        world_free(w);
    }
}

/* A follower whose disk was full got the results late: only then it can replay them. */
static void segments_are_cuttable_once_the_replica_knows_what_is_in_them(void **state) {
    (void)state;
    struct world *w = with_a_late_replica(0); /* broker 2 has it all now */
    w->now += 80 * WG_SECOND;
    world_claim(w, 2, WG_CLAIM_COMMIT, w->next_index - 1, 1, 1, 0);
    w->now += 20 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 0, 1), 1);
    assert_int_equal(sim_judges_cuttable(w->judges, 2, 1), 1);
    world_free(w);

    w = with_a_late_replica(40);
    w->now += 60 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 0, 1), 1);
    assert_int_equal(sim_judges_cuttable(w->judges, 2, 1), 0);
    w->now += 40 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 2, 1), 1);
    world_free(w);
}

/* With its services the snapshot period begins anew. */
static void segments_are_cuttable_only_a_bound_after_services_started(void **state) {
    (void)state;
    struct world *w = with_a_long_log();
    w->now += 60 * WG_SECOND;
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 1, 0, 0);
    w->now += 80 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 0, 1), 1);
    assert_int_equal(sim_judges_cuttable(w->judges, 1, 1), 0);
    w->now += 20 * WG_SECOND;
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    assert_int_equal(sim_judges_cuttable(w->judges, 1, 1), 1);
    world_free(w);
}

static void a_snapshot_that_the_disk_refused_had_no_room(void **state) {
    (void)state;
    static const char *const tried[] = {"partitions/1/snapshots/2-1-5-3/state.bin",
                                        "partitions/1/snapshots/2-1-5-3/zeebe.metadata",
                                        "partitions/1/snapshots/2-1-5-3.checksum.tmp"};
    for (uint32_t i = 0; i < 3; i++) {
        struct world *w = with_a_long_log();
        world_open_file(w, 1, 90, tried[i]);
        assert_false(sim_judges_had_no_room(w->judges, 1, 1));
        world_fact(w, SIM_FACT_DISK_REFUSED, 1, 90, SIM_CALL_WRITE, 1000, 10);
        assert_true(sim_judges_had_no_room(w->judges, 1, 1));
        assert_false(sim_judges_had_no_room(w->judges, 0, 1));
        w->now += 80 * WG_SECOND;
        world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
        assert_true(sim_judges_had_no_room(w->judges, 1, 1));
        w->now += 20 * WG_SECOND; /* it has not tried again since: that is no excuse */
        world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
        assert_false(sim_judges_had_no_room(w->judges, 1, 1));
        world_free(w);
    }
}

static void what_was_cut_and_old_snapshots_should_be_gone(void **state) {
    (void)state;
    static const char *const kept[] = {
        "partitions/1/raft-1.log", "partitions/1/raft.meta", "partitions/1/snapshots/3-1-6-4.checksum",
        "partitions/1/snapshots/3-1-6-4/state.bin", "partitions/1/snapshots/2-1-5-3/zeebe.metadata",
        "partitions/1/pending/9-1-7-4/state.bin", "partitions/7/raft-1.log_0-deleted", "elsewhere"};
    static const char *const wasted[] = {
        "partitions/1/raft-1.log_0-deleted", "partitions/1/snapshots/1-1-4-2/state.bin",
        "partitions/1/snapshots/1-1-4-2/zeebe.metadata", "partitions/1/snapshots/1-1-4-2.checksum"};
    struct world *w = with_a_long_log();
    assert_false(sim_judges_is_waste(w->judges, 1, wasted[1])); /* perhaps it is the one it starts with */
    world_snapshot(w, 1, 1, 4, 2);
    world_snapshot(w, 1, 2, 5, 3);
    assert_false(sim_judges_is_waste(w->judges, 1, wasted[1]));
    world_snapshot(w, 1, 3, 6, 4);
    for (uint32_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        assert_false(sim_judges_is_waste(w->judges, 1, kept[i]));
    }
    for (uint32_t i = 0; i < sizeof wasted / sizeof *wasted; i++) {
        assert_true(sim_judges_is_waste(w->judges, 1, wasted[i]));
    }
    world_fact(w, SIM_FACT_DISK_ERROR, 1, 10, SIM_CALL_NAME, (uint64_t)WG_IO, 0);
    assert_false(sim_judges_is_waste(w->judges, 1, wasted[0])); /* goes at the next start */
    world_free(w);
}

static void other_files_and_a_later_snapshot_are_no_want_of_room(void **state) {
    (void)state;
    static const char *const other[] = {"partitions/1/raft-9.log", "partitions/1/raft.meta",
                                        "partitions/1/.exporterPaused.tmp", "elsewhere"};
    struct world *w = with_a_long_log();
    for (uint32_t i = 0; i < 4; i++) {
        world_open_file(w, 1, 90 + i, other[i]);
        world_fact(w, SIM_FACT_DISK_REFUSED, 1, 90 + i, SIM_CALL_RESIZE, 1000, 10);
        assert_false(sim_judges_had_no_room(w->judges, 1, 1));
    }
    world_fact(w, SIM_FACT_DISK_REFUSED, 1, 5000, SIM_CALL_WRITE, 1000, 10); /* never opened */
    world_open_file(w, 1, 94, "partitions/1/snapshots/2-1-5-3/state.bin");
    world_fact(w, SIM_FACT_DISK_REFUSED, 1, 94, SIM_CALL_WRITE, 1000, 10);
    assert_true(sim_judges_had_no_room(w->judges, 1, 1));
    world_snapshot(w, 1, 2, 5, 3);
    assert_false(sim_judges_had_no_room(w->judges, 1, 1));
    world_free(w);
}

/* --- pause-fidelity ----------------------------------------------------------------------------------- */

static void admin(struct world *w, wg_node_id node, enum wg_admin_kind kind) {
    world_fact(w, SIM_FACT_ADMIN, node, 1, kind, 0, 0);
    world_fact(w, SIM_FACT_ADMIN_DONE, node, 1, kind, WG_OK, 0);
}

static struct world *exporting(void) {
    struct world *w = with_records(5);
    world_director(w, 0, 1);
    world_open(w, 0, 0, 1, -1);
    return w;
}

static void judge_pause_fidelity_fires_when_a_paused_replica_exports(void **state) {
    (void)state;
    struct world *w = exporting();
    world_export(w, 0, 0, 1, 1, true);
    admin(w, 0, WG_ADMIN_PAUSE_EXPORTING);
    world_export(w, 0, 0, 1, 2, true);
    world_expect_only(w, "pause-fidelity");
    world_free(w);
}

static void judge_pause_fidelity_fires_when_a_pause_does_not_survive_a_restart(void **state) {
    (void)state;
    struct world *w = exporting();
    admin(w, 0, WG_ADMIN_PAUSE_EXPORTING);
    world_end(w, 0, SIM_END_KILL);
    world_start(w, 0);
    world_director(w, 0, 2);
    world_claim(w, 0, WG_CLAIM_EXPORTING_PHASE, WG_EXPORTING, 0, 0, 0);
    world_expect_only(w, "pause-fidelity");
    world_free(w);
}

static void judge_pause_fidelity_stays_silent_on_the_record_under_way(void **state) {
    (void)state;
    struct world *w = exporting();
    world_export(w, 0, 0, 1, 1, false);
    admin(w, 0, WG_ADMIN_PAUSE_EXPORTING);
    w->now += 2 * WG_SECOND;
    world_export(w, 0, 0, 1, 1, true);
    world_fact(w, SIM_FACT_ADMIN, 0, 2, WG_ADMIN_RESUME_EXPORTING, 0, 0);
    world_export(w, 0, 0, 1, 2, true);
    world_expect_silence(w);
    world_free(w);
}

/* A broker stood still, and its operator has changed his mind meanwhile. */
static void judge_pause_fidelity_waits_for_the_last_of_several_requests(void **state) {
    (void)state;
    struct world *w = exporting();
    world_fact(w, SIM_FACT_ADMIN, 0, 1, WG_ADMIN_RESUME_EXPORTING, 0, 0);
    world_fact(w, SIM_FACT_ADMIN, 0, 2, WG_ADMIN_PAUSE_EXPORTING, 0, 0);
    world_fact(w, SIM_FACT_ADMIN_DONE, 0, 1, WG_ADMIN_RESUME_EXPORTING, WG_OK, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTING_PHASE, WG_EXPORTING_PAUSED, 0, 0, 0);
    world_expect_silence(w);
    world_fact(w, SIM_FACT_ADMIN_DONE, 0, 2, WG_ADMIN_PAUSE_EXPORTING, WG_OK, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTING_PHASE, WG_EXPORTING, 0, 0, 0);
    world_expect_only(w, "pause-fidelity");
    world_free(w);
}

static void judge_pause_fidelity_fires_when_a_frozen_position_moves(void **state) {
    (void)state;
    struct world *w = exporting();
    admin(w, 0, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    world_export(w, 0, 0, 1, 1, true);
    world_durable(w, 0, 1);
    world_ack(w, 0, 0, 1, 1);
    world_expect_only(w, "pause-fidelity");
    world_free(w);
}

/* What a frozen exporter acknowledges: the fact, and no claim. */
static void remember(struct world *w, wg_position position) {
    world_export(w, 0, 0, 1, position, true);
    world_durable(w, 0, position);
    world_fact(w, SIM_FACT_PLUGIN_ACK, 0, 1, 0, (uint64_t)position, 0);
}

static void judge_pause_fidelity_fires_when_a_resume_forgets_acknowledgements(void **state) {
    (void)state;
    struct world *w = exporting();
    admin(w, 0, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    remember(w, 1);
    remember(w, 2);
    admin(w, 0, WG_ADMIN_RESUME_EXPORTING);
    world_claim(w, 0, WG_CLAIM_EXPORTER_POSITION, 0, 1, 1, 0);
    w->now += 11 * WG_SECOND;
    world_export(w, 0, 0, 1, 3, true);
    world_expect_only(w, "pause-fidelity");
    world_free(w);
}

static void judge_pause_fidelity_stays_silent_on_a_true_resume(void **state) {
    (void)state;
    struct world *w = exporting();
    admin(w, 0, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    remember(w, 1);
    remember(w, 2);
    admin(w, 0, WG_ADMIN_RESUME_EXPORTING);
    world_claim(w, 0, WG_CLAIM_EXPORTER_POSITION, 0, 2, 1, 0);
    w->now += 11 * WG_SECOND;
    world_export(w, 0, 0, 1, 3, true);
    world_expect_silence(w);
    world_free(w);
}

/* --- timers ------------------------------------------------------------------------------------------- */

static void judge_timers_fires_when_a_retry_comes_too_early(void **state) {
    (void)state;
    struct world *w = exporting();
    world_export(w, 0, 0, 1, 1, false);
    w->now += 2 * WG_SECOND;
    world_export(w, 0, 0, 1, 1, false);
    w->now += 3 * WG_SECOND;
    world_export(w, 0, 0, 1, 1, true);
    world_expect_only(w, "timers");
    world_free(w);
}

static void judge_timers_stays_silent_when_the_clock_runs_fast(void **state) {
    (void)state;
    struct world *w = exporting();
    world_fact(w, SIM_FACT_CLOCK, 0, 0, 100000, 0, 0); /* 10 % */
    world_export(w, 0, 0, 1, 1, false);
    w->now += 1900 * WG_MS;
    world_export(w, 0, 0, 1, 1, true);
    world_expect_silence(w);
    world_free(w);
}

static void judge_timers_stays_silent_when_the_drift_ends_meanwhile(void **state) {
    (void)state;
    struct world *w = exporting();
    world_fact(w, SIM_FACT_CLOCK, 0, 0, 100000, 0, 0);
    world_export(w, 0, 0, 1, 1, false);
    w->now += 1850 * WG_MS; /* 2,035 ms of its own */
    world_fact(w, SIM_FACT_CLOCK, 0, 0, (uint64_t)-100000, 0, 0);
    world_export(w, 0, 0, 1, 1, true);
    world_expect_silence(w);
    world_free(w);
}

static void judge_timers_fires_when_the_drift_was_too_short(void **state) {
    (void)state;
    struct world *w = exporting();
    world_export(w, 0, 0, 1, 1, false);
    w->now += 1850 * WG_MS;
    world_fact(w, SIM_FACT_CLOCK, 0, 0, 100000, 0, 0);
    world_export(w, 0, 0, 1, 1, true);
    world_expect_only(w, "timers");
    world_free(w);
}

static int64_t wall_ms(const struct world *w) { return SIM_EPOCH_MS + w->now / WG_MS; }

static void timer(struct world *w, uint8_t record_type, uint8_t intent, int64_t due) {
    struct world_record record = {.record_type = record_type, .value_type = WG_VT_TIMER,
                                  .intent = intent, .key = wg_key_encode(1, 3), .due = due};
    world_entry(w, 1, &record, 1);
}

static void judge_timers_fires_when_a_timer_triggers_too_early(void **state) {
    (void)state;
    struct world *w = with_records(1);
    int64_t due = wall_ms(w) + 1;
    timer(w, WG_EVENT, WG_TIMER_CREATED, due);
    timer(w, WG_COMMAND, WG_TIMER_TRIGGER, due);
    world_expect_only(w, "timers");
    world_free(w);
}

static struct world *waiting_for_timer(void) {
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_director(w, 0, 1);
    timer(w, WG_EVENT, WG_TIMER_CREATED, wall_ms(w));
    return w;
}

static void judge_timers_fires_when_a_timer_never_triggers(void **state) {
    (void)state;
    struct world *w = waiting_for_timer();
    w->now += 60 * WG_SECOND;
    world_commands(w, 1, 1);
    assert_true(world_count(w, "timers") > 0);
    world_free(w);
}

static void judge_timers_stays_silent_when_a_timer_triggers(void **state) {
    (void)state;
    struct world *w = waiting_for_timer();
    timer(w, WG_COMMAND, WG_TIMER_TRIGGER, wall_ms(w));
    timer(w, WG_EVENT, WG_TIMER_TRIGGERED, wall_ms(w));
    w->now += 60 * WG_SECOND;
    world_commands(w, 1, 1);
    assert_int_equal(world_count(w, "timers"), 0);
    world_free(w);
}

/* The command waited for long, and the date counts from its time: it has passed when the event is written. */
static void judge_timers_counts_from_the_event_that_names_the_date(void **state) {
    (void)state;
    struct world *w = waiting_for_timer();
    timer(w, WG_COMMAND, WG_TIMER_TRIGGER, wall_ms(w));
    timer(w, WG_EVENT, WG_TIMER_TRIGGERED, wall_ms(w));
    w->now += 60 * WG_SECOND;
    timer(w, WG_EVENT, WG_TIMER_CREATED, wall_ms(w) - 50000);
    w->now += 10 * WG_SECOND;
    world_commands(w, 1, 1);
    assert_int_equal(world_count(w, "timers"), 0);
    w->now += 10 * WG_SECOND;
    world_commands(w, 1, 1);
    assert_int_equal(world_count(w, "timers"), 1);
    world_free(w);
}

/* --- disk-space --------------------------------------------------------------------------------------- */

static void judge_disk_space_fires_when_a_full_leader_writes(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
    world_commands(w, 1, 1);
    world_expect_silence(w); /* the monitor has not looked yet */
    w->now += 3 * WG_SECOND;
    world_commands(w, 1, 1);
    world_expect_only(w, "disk-space");
    world_free(w);
}

/* The process stood still when the space went, so its monitor could not look. */
static void judge_disk_space_waits_until_the_leader_goes_on(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
    world_fact(w, SIM_FACT_FAULT_BEGIN, 0, 1, 15, 0, 1);
    w->now += 3 * WG_SECOND;
    world_commands(w, 1, 1);
    world_fact(w, SIM_FACT_FAULT_END, 0, 1, 15, 0, 1);
    world_commands(w, 1, 1);
    world_expect_silence(w);
    w->now += 3 * WG_SECOND;
    world_commands(w, 1, 1);
    world_expect_only(w, "disk-space");
    world_free(w);
}

/* It waited behind others for a slow disk. */
static void judge_disk_space_stays_silent_on_what_was_taken_before(void **state) {
    (void)state;
    static const struct world_record command = {.record_type = WG_COMMAND,
                                                .value_type = WG_VT_JOB_BATCH,
                                                .intent = WG_JOB_BATCH_ACTIVATE,
                                                .key = -1};
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    w->now += WG_SECOND;
    struct world_frame frame = world_frame(w, 1, &command, 1);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
    w->now += 10 * WG_SECOND;
    world_commit(w, &frame);
    world_expect_silence(w);
    world_free(w);
}

/* The clock of broker 0 is 10 minutes (or `ahead` ms) ahead and is put right, `before` its disk falls
 * short. What it writes 3 s later it has taken just now, or when its clock was ahead. */
static uint32_t written_after_clock_was_put_back(int64_t ahead, wg_time before, bool just_now) {
    static const struct world_record command = {.record_type = WG_COMMAND,
                                                .value_type = WG_VT_JOB_BATCH,
                                                .intent = WG_JOB_BATCH_ACTIVATE,
                                                .key = -1};
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_fact(w, SIM_FACT_CLOCK, 0, (uint64_t)ahead, 0, 0, 0);
    w->wall_ms = ahead;
    w->now += 60 * WG_SECOND;
    struct world_frame frame = world_frame(w, 1, &command, 1);
    world_fact(w, SIM_FACT_CLOCK, 0, 0, 0, 0, 0);
    w->wall_ms = 0;
    w->now += before;
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
    w->now += 3 * WG_SECOND;
    if (just_now) {
        frame = world_frame(w, 1, &command, 1);
    }
    world_commit(w, &frame);
    uint32_t count = world_count(w, "disk-space");
    world_free(w);
    return count;
}

static void judge_disk_space_knows_that_the_clock_was_put_back(void **state) {
    (void)state;
    assert_int_equal(written_after_clock_was_put_back(600000, WG_SECOND, false), 0);
    assert_int_equal(written_after_clock_was_put_back(3000, WG_SECOND, false), 0);
    assert_int_equal(written_after_clock_was_put_back(600000, 60 * WG_SECOND, false), 0);
    assert_int_equal(written_after_clock_was_put_back(600000, 60 * WG_SECOND, true), 1);
    assert_int_equal(written_after_clock_was_put_back(-600000, WG_SECOND, true), 1);
    assert_int_equal(written_after_clock_was_put_back(50, WG_SECOND, true), 1);
}

/* The disk of the leader is short of space for a while in which nobody exports: that is wrong only if a
 * record has waited that long. */
static void judge_disk_space_fires_when_exporting_stops_as_well(void **state) {
    (void)state;
    enum { WAITS, COMMITTED_JUST_NOW, NOTHING_WAITS, CASES };
    for (uint32_t what = WAITS; what < CASES; what++) {
        struct world *w = with_records(5);
        world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
        w->now += WG_SECOND;
        world_deliver_all(w, 0, 1, what == WAITS ? 3 : 5);
        struct world_frame frame = world_frame(w, 1, &(struct world_record){.key = -1}, 1);
        world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
        w->now += 60 * WG_SECOND;
        if (what == COMMITTED_JUST_NOW) { /* taken before; a majority stores it only now */
            world_commit(w, &frame);
        }
        world_fact(w, SIM_FACT_DISK_SPACE, 0, 9000000, 0, 0, 0);
        assert_int_equal(world_count(w, "disk-space"), what == WAITS);
        world_free(w);
    }
}

static void request(struct world *w, uint64_t id) {
    world_fact(w, SIM_FACT_REQUEST, 0, id, 7, WG_VT_JOB_BATCH << 8, 0);
}

static void judge_disk_space_fires_when_nothing_is_taken_again(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_director(w, 0, 1);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 9000, 0, 0, 0);
    for (uint32_t i = 0; i < 30; i++) {
        w->now += WG_SECOND;
        request(w, 100 + i);
    }
    world_expect_only(w, "disk-space");
    world_free(w);
}

static void judge_disk_space_stays_silent_when_commands_are_taken_again(void **state) {
    (void)state;
    struct world *w = with_records(1);
    struct world_record command = {.record_type = WG_COMMAND, .value_type = WG_VT_JOB_BATCH,
                                   .key = -1, .request_id = 101};
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_director(w, 0, 1);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
    world_fact(w, SIM_FACT_DISK_SPACE, 0, 9000, 0, 0, 0);
    world_entry(w, 1, &command, 1);
    for (uint32_t i = 0; i < 30; i++) {
        w->now += WG_SECOND;
        request(w, 200 + i);
    }
    world_expect_silence(w);
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_snapshot_stays_silent_when_its_files_say_the_same),
        cmocka_unit_test(judge_snapshot_stays_silent_when_nothing_was_exported),
        cmocka_unit_test(judge_snapshot_fires_when_results_in_it_are_not_committed),
        cmocka_unit_test(judge_snapshot_fires_when_the_metadata_tells_another_position),
        cmocka_unit_test(judge_snapshot_fires_when_an_exporter_is_lower_than_it_says),
        cmocka_unit_test(judge_snapshot_fires_when_its_state_is_newer),
        cmocka_unit_test(judge_snapshot_fires_when_its_state_is_damaged),
        cmocka_unit_test(judge_snapshot_fires_when_the_log_does_not_reach_it),
        cmocka_unit_test(judge_snapshot_state_fires_when_two_replicas_differ),
        cmocka_unit_test(judge_snapshot_state_stays_silent_on_what_belongs_to_a_replica),
        cmocka_unit_test(judge_configuration_fidelity_fires_when_a_row_is_missing),
        cmocka_unit_test(judge_configuration_fidelity_fires_when_a_stranger_has_a_row),
        cmocka_unit_test(judge_configuration_fidelity_stays_silent_before_directors_start),
        cmocka_unit_test(judge_configuration_fidelity_knows_when_a_state_was_copied),
        cmocka_unit_test(judge_exporter_isolation_fires_on_metadata_of_another),
        cmocka_unit_test(judge_exporter_isolation_stays_silent_on_ones_own),
        cmocka_unit_test(judge_exporter_lifecycle_fires_when_a_follower_opens),
        cmocka_unit_test(judge_exporter_lifecycle_fires_when_nobody_closes),
        cmocka_unit_test(judge_exporter_lifecycle_stays_silent_on_a_whole_life),
        cmocka_unit_test(judge_snapshot_install_fires_when_it_never_ends),
        cmocka_unit_test(judge_snapshot_install_stays_silent_when_messages_are_lost),
        cmocka_unit_test(judge_recovery_fires_when_the_snapshot_is_not_used),
        cmocka_unit_test(judge_recovery_fires_when_processed_falls),
        cmocka_unit_test(judge_recovery_stays_silent_when_state_is_built_anew),
        cmocka_unit_test(judge_recovery_stays_silent_on_a_snapshot_of_a_job_under_way),
        cmocka_unit_test(judge_retention_fires_when_a_replica_keeps_what_it_need_not),
        cmocka_unit_test(judge_retention_counts_from_when_a_replica_has_the_entries),
        cmocka_unit_test(judge_retention_stays_silent_until_the_bound_and_after_a_disturbance),
        cmocka_unit_test(judge_retention_waits_where_commits_come_late),
        cmocka_unit_test(judge_retention_stays_silent_when_the_log_is_cut),
        cmocka_unit_test(judge_pause_fidelity_fires_when_a_paused_replica_exports),
        cmocka_unit_test(judge_pause_fidelity_fires_when_a_pause_does_not_survive_a_restart),
        cmocka_unit_test(judge_pause_fidelity_stays_silent_on_the_record_under_way),
        cmocka_unit_test(judge_pause_fidelity_waits_for_the_last_of_several_requests),
        cmocka_unit_test(judge_pause_fidelity_fires_when_a_frozen_position_moves),
        cmocka_unit_test(judge_pause_fidelity_fires_when_a_resume_forgets_acknowledgements),
        cmocka_unit_test(judge_pause_fidelity_stays_silent_on_a_true_resume),
        cmocka_unit_test(judge_timers_fires_when_a_retry_comes_too_early),
        cmocka_unit_test(judge_timers_stays_silent_when_the_clock_runs_fast),
        cmocka_unit_test(judge_timers_stays_silent_when_the_drift_ends_meanwhile),
        cmocka_unit_test(judge_timers_fires_when_the_drift_was_too_short),
        cmocka_unit_test(judge_timers_fires_when_a_timer_triggers_too_early),
        cmocka_unit_test(judge_timers_fires_when_a_timer_never_triggers),
        cmocka_unit_test(judge_timers_stays_silent_when_a_timer_triggers),
        cmocka_unit_test(judge_timers_counts_from_the_event_that_names_the_date),
        cmocka_unit_test(judge_disk_space_fires_when_a_full_leader_writes),
        cmocka_unit_test(judge_disk_space_waits_until_the_leader_goes_on),
        cmocka_unit_test(judge_disk_space_stays_silent_on_what_was_taken_before),
        cmocka_unit_test(judge_disk_space_knows_that_the_clock_was_put_back),
        cmocka_unit_test(segments_are_cuttable_once_the_bound_is_over),
        cmocka_unit_test(segments_that_an_exporter_holds_are_not_cuttable),
        cmocka_unit_test(a_leader_waits_for_what_it_has_written),
        cmocka_unit_test(exporting_stands_still_if_records_wait_and_nobody_is_called),
        cmocka_unit_test(segments_are_cuttable_once_the_replica_knows_what_is_in_them),
        cmocka_unit_test(segments_are_cuttable_only_a_bound_after_services_started),
        cmocka_unit_test(a_snapshot_that_the_disk_refused_had_no_room),
        cmocka_unit_test(other_files_and_a_later_snapshot_are_no_want_of_room),
        cmocka_unit_test(what_was_cut_and_old_snapshots_should_be_gone),
        cmocka_unit_test(judge_disk_space_fires_when_exporting_stops_as_well),
        cmocka_unit_test(judge_disk_space_fires_when_nothing_is_taken_again),
        cmocka_unit_test(judge_disk_space_stays_silent_when_commands_are_taken_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
