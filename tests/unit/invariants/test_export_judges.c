/* Judges of exporting, and the export statistics. */
#include "judge_world.h"

#include <stdio.h>

#define E 0u /* the exporter most tests look at */

static struct world *with_records(uint32_t count) {
    struct world *w = world_new();
    world_commands(w, 1, count);
    world_director(w, 0, 1);
    return w;
}

/* And an exporter that is open and has stored nothing. */
static struct world *with_exporter(uint32_t count) {
    struct world *w = with_records(count);
    world_open(w, 0, E, 1, -1);
    return w;
}

static void deliver(struct world *w, wg_node_id node, uint32_t instance, wg_position from,
                    wg_position to) {
    for (wg_position i = from; i <= to; i++) {
        world_export(w, node, E, instance, i, true);
        world_durable(w, E, i);
    }
}

static void accept_nothing(struct world *w, uint32_t exporter) {
    struct wg_record_filter filter = {0};
    struct sim_fact fact = {.kind = SIM_FACT_PLUGIN_FILTER,
                            .node = 0,
                            .partition = 1,
                            .at = ++w->now,
                            .a = 50,
                            .b = exporter,
                            .ptr = &filter,
                            .len = sizeof filter};
    sim_judges_fact(w->judges, &fact);
}

/* --- at least once --------------------------------------------------------------------------- */

static void judge_export_at_least_once_fires_when_a_record_is_missing_at_the_end(void **state) {
    (void)state;
    struct world *w = with_records(3);
    world_deliver_all(w, 0, 1, 2);
    world_export(w, 0, 1, 101, 3, true);
    world_durable(w, 1, 3);
    sim_judges_finish(w->judges, 1000);
    world_expect_only(w, "export-at-least-once");
    const struct sim_violation *violation = sim_judges_violation(w->judges, 0);
    assert_int_equal(violation->exporter, 0);
    assert_int_equal(violation->blame, SIM_BLAME_ENGINE);
    world_free(w);
}

/* Another partition's backlog excuses nothing. */
static void judge_export_at_least_once_is_excused_for_each_partition_alone(void **state) {
    (void)state;
    struct wg_partition_options two[2] = {
        {.id = 1, .member_count = 3, .members = {0, 1, 2}, .priorities = {3, 2, 1}, .target_priority = 3},
        {.id = 2, .member_count = 3, .members = {0, 1, 2}, .priorities = {3, 2, 1}, .target_priority = 3}};
    for (wg_partition_id excused = 1; excused <= 2; excused++) {
        struct world *w = world_new();
        struct sim_judge_setup setup = w->setup;
        setup.partition_count = 2;
        setup.partitions = two;
        sim_judges_free(w->judges);
        w->setup = setup;
        world_judges(w);
        world_commands(w, 1, 3);
        sim_judges_excuse_backlog(w->judges, excused);
        sim_judges_finish(w->judges, 1000);
        world_expect_only(w, "export-at-least-once");
        const struct sim_violation *violation = sim_judges_violation(w->judges, 0);
        assert_int_equal(violation->partition, 1);
        assert_int_equal(violation->blame,
                         excused == 1 ? SIM_BLAME_CONFIGURATION : SIM_BLAME_ENGINE);
        world_free(w);
    }
}

static void judge_export_at_least_once_blames_a_plugin_that_took_the_record(void **state) {
    (void)state;
    struct world *w = with_records(1);
    accept_nothing(w, 1);
    world_open(w, 0, E, 1, -1);
    world_export(w, 0, E, 1, 1, true);
    sim_judges_finish(w->judges, 1000);
    world_expect_only(w, "export-at-least-once");
    assert_int_equal(sim_judges_violation(w->judges, 0)->blame, SIM_BLAME_PLUGIN);
    world_free(w);
}

static void judge_export_at_least_once_blames_the_engine_when_the_instance_is_gone(void **state) {
    (void)state;
    struct world *w = with_records(1);
    accept_nothing(w, 1);
    world_open(w, 0, E, 1, -1);
    world_export(w, 0, E, 1, 1, true);
    world_end(w, 0, SIM_END_KILL);
    world_start(w, 0);
    sim_judges_finish(w->judges, 1000);
    world_expect_only(w, "export-at-least-once");
    assert_int_equal(sim_judges_violation(w->judges, 0)->blame, SIM_BLAME_ENGINE);
    world_free(w);
}

static void judge_export_at_least_once_fires_when_a_gap_lies_below_durable_records(void **state) {
    (void)state;
    struct world *w = with_records(3);
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    world_commands(w, 1, 4);
    accept_nothing(w, 1);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 4);
    deliver(w, 0, 1, 6, 6);
    sim_judges_finish(w->judges, 1000);
    world_expect_only(w, "export-at-least-once");
    world_free(w);
}

static void judge_export_at_least_once_stays_silent_on_the_verify_trickle(void **state) {
    (void)state;
    struct world *w = with_records(3);
    world_fact(w, SIM_FACT_PHASE, 0, SIM_PHASE_VERIFY, 0, 0, 0);
    world_commands(w, 1, 4);
    world_deliver_all(w, 0, 1, 5);
    assert_false(sim_judges_all_delivered(w->judges, 1, E));
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_at_least_once_fires_when_unexported_records_are_compacted(void **state) {
    (void)state;
    struct world *w = with_records(3);
    for (wg_node_id node = 0; node < 3; node++) {
        world_roll(w, node, 4);
    }
    world_commands(w, 1, 2);
    world_deliver_all(w, 0, 1, 2);
    world_snapshot(w, 1, 4, 5, 5);
    world_remove_segment(w, 1, 1);
    assert_int_equal(world_count(w, "export-at-least-once"), 2);
    world_free(w);
}

static void judge_export_at_least_once_stays_silent_on_filtered_records(void **state) {
    (void)state;
    struct world *w = with_records(3);
    accept_nothing(w, 0);
    accept_nothing(w, 1);
    assert_true(sim_judges_all_delivered(w->judges, 1, E));
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_at_least_once_takes_calls_of_an_opaque_exporter(void **state) {
    (void)state;
    struct world *w = with_records(2);
    w->opaque[E] = true;
    accept_nothing(w, 1);
    world_open(w, 0, E, 1, -1);
    world_export(w, 0, E, 1, 1, true);
    world_export(w, 0, E, 1, 2, true);
    world_ack(w, 0, E, 1, 2);
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

/* --- order, committed ------------------------------------------------------------------------ */

static void judge_export_order_fires_when_an_instance_goes_back(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    deliver(w, 0, 1, 1, 1);
    deliver(w, 0, 1, 3, 3);
    deliver(w, 0, 1, 2, 2);
    world_expect_only(w, "export-order");
    world_free(w);
}

static void judge_export_order_stays_silent_when_a_failed_record_comes_again(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_open(w, 0, 1, 2, -1);
    world_export(w, 0, E, 1, 1, false);
    w->now += 2 * WG_SECOND;
    world_export(w, 0, E, 1, 1, true);
    world_export(w, 0, 1, 2, 1, false);
    w->now += 2 * WG_SECOND;
    world_export(w, 0, 1, 2, 1, false);
    w->now += 4 * WG_SECOND;
    world_export(w, 0, 1, 2, 1, true);
    world_export(w, 0, E, 1, 2, true);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_order_fires_when_a_retry_begins_at_the_first_exporter(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_open(w, 0, 1, 2, -1);
    world_export(w, 0, E, 1, 1, true);
    world_export(w, 0, 1, 2, 1, false); /* the later exporter fails, and the row is run again */
    w->now += 2 * WG_SECOND;
    world_export(w, 0, E, 1, 1, true);
    assert_true(world_count(w, "export-order") > 0);
    assert_int_equal(world_count(w, "duplicates"), 1);
    world_free(w);
}

static void judge_export_order_fires_when_a_failed_record_is_passed_over(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_export(w, 0, E, 1, 1, false);
    w->now += 2 * WG_SECOND;
    world_export(w, 0, E, 1, 2, true);
    world_expect_only(w, "export-order");
    world_free(w);
}

static void judge_export_order_fires_when_exporters_change_places(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_open(w, 0, 1, 2, -1);
    world_export(w, 0, 1, 2, 1, true);
    world_export(w, 0, E, 1, 1, true);
    world_expect_only(w, "export-order");
    world_free(w);
}

static void judge_export_order_stays_silent_when_a_failed_record_was_acknowledged(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_open(w, 0, 1, 2, -1);
    world_durable(w, E, 1);
    world_export(w, 0, E, 1, 1, false);
    world_ack(w, 0, E, 1, 1);
    world_export(w, 0, 1, 2, 1, true);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_committed_fires_when_an_uncommitted_record_is_exported(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_export(w, 0, E, 1, 4, true);
    world_expect_only(w, "export-committed");
    world_free(w);
}

static void judge_export_committed_fires_when_a_sink_gets_other_content(void **state) {
    (void)state;
    struct world *w = with_records(3);
    world_fact(w, SIM_FACT_SINK_PUT, 0, E, 2, 77, 0);
    world_fact(w, SIM_FACT_SINK_PUT, 0, E, 2, 78, 0);
    world_expect_only(w, "export-committed");
    assert_int_equal(sim_judges_violation(w->judges, 0)->blame, SIM_BLAME_PLUGIN);
    world_free(w);
}

static void judge_export_committed_stays_silent_when_content_repeats(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    world_export(w, 0, E, 1, 3, false);
    world_fact(w, SIM_FACT_SINK_PUT, 0, E, 3, 77, 0);
    world_fact(w, SIM_FACT_SINK_PUT, 0, E, 3, 77, 0);
    world_expect_silence(w);
    world_free(w);
}

/* --- positions, acknowledgements ------------------------------------------------------------- */

static void judge_ack_soundness_fires_when_the_sink_is_behind(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    deliver(w, 0, 1, 1, 1);
    world_export(w, 0, E, 1, 2, true);
    world_ack(w, 0, E, 1, 2);
    world_expect_only(w, "ack-soundness");
    assert_int_equal(sim_judges_violation(w->judges, 0)->blame, SIM_BLAME_PLUGIN);
    world_free(w);
}

/* Record 2 was not handed to it, by this instance's director or before its start: it knows nothing of it. */
static void judge_ack_soundness_blames_nobody_for_what_was_passed_over(void **state) {
    (void)state;
    for (wg_position start = -1; start < 3; start += 3) {
        struct world *w = with_records(3);
        world_open(w, 0, E, 1, start);
        if (start < 0) {
            deliver(w, 0, 1, 1, 1);
        }
        deliver(w, 0, 1, 3, 3);
        world_ack(w, 0, E, 1, 3);
        assert_int_equal(world_count(w, "ack-soundness"), 0);
        sim_judges_finish(w->judges, 1000);
        uint32_t found = 0;
        for (uint32_t i = 0; i < sim_judges_violation_count(w->judges); i++) {
            const struct sim_violation *violation = sim_judges_violation(w->judges, i);
            if (strcmp(violation->invariant, "export-at-least-once") == 0 && violation->exporter == E) {
                assert_int_equal(violation->blame, SIM_BLAME_ENGINE);
                found++;
            }
        }
        assert_int_equal(found, 1);
        world_free(w);
    }
}

/* Behind what it was handed: nobody but itself has told it to go so far. */
static void judge_ack_soundness_fires_on_what_is_still_to_come(void **state) {
    (void)state;
    for (wg_position acked = 2; acked <= 9; acked += 7) { /* committed, and not yet */
        struct world *w = with_records(3);
        world_open(w, 0, E, 1, -1);
        deliver(w, 0, 1, 1, 1);
        world_ack(w, 0, E, 1, 1);
        world_expect_silence(w);
        world_ack(w, 0, E, 1, acked);
        world_expect_only(w, "ack-soundness");
        sim_judges_finish(w->judges, 1000);
        for (uint32_t i = 0; i < sim_judges_violation_count(w->judges); i++) {
            const struct sim_violation *violation = sim_judges_violation(w->judges, i);
            if (strcmp(violation->invariant, "export-at-least-once") == 0 && violation->exporter == E) {
                assert_int_equal(violation->blame, SIM_BLAME_PLUGIN);
            }
        }
        world_free(w);
    }
}

/* It was called with the record and refused it: acknowledging is vouching for it all the same. */
static void judge_ack_soundness_fires_on_what_was_refused(void **state) {
    (void)state;
    struct world *w = with_records(3);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 1);
    world_export(w, 0, E, 1, 2, false);
    world_ack(w, 0, E, 1, 2);
    world_expect_only(w, "ack-soundness");
    world_free(w);
}

static void judge_ack_soundness_stays_silent_when_the_sink_has_it(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    deliver(w, 0, 1, 1, 2);
    world_ack(w, 0, E, 1, 2);
    world_ack(w, 0, E, 1, 2);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_position_fires_when_it_falls(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    deliver(w, 0, 1, 1, 3);
    world_ack(w, 0, E, 1, 3);
    world_claim(w, 0, WG_CLAIM_EXPORTER_POSITION, E, 2, 1, 0);
    world_expect_only(w, "export-position");
    world_free(w);
}

static void judge_export_position_fires_when_nobody_acknowledged_it(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    deliver(w, 0, 1, 1, 3);
    world_ack(w, 0, E, 1, 1);
    world_claim(w, 0, WG_CLAIM_EXPORTER_POSITION, E, 2, 1, 0);
    world_expect_only(w, "export-position");
    world_free(w);
}

static void judge_export_position_fires_when_a_distribution_overtakes_the_leader(void **state) {
    (void)state;
    struct world *w = with_exporter(3);
    deliver(w, 0, 1, 1, 3);
    world_ack(w, 0, E, 1, 2);
    world_claim(w, 1, WG_CLAIM_EXPORTER_POSITION, E, 2, 3, 0);
    world_expect_silence(w);
    world_claim(w, 1, WG_CLAIM_EXPORTER_POSITION, E, 3, 3, 0);
    world_expect_only(w, "export-position");
    world_free(w);
}

static void judge_export_position_fires_when_a_start_is_ahead_of_the_snapshot(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 2);
    world_snapshot(w, 0, 1, 5, 2);
    world_ack(w, 0, E, 1, 5);
    world_end(w, 0, SIM_END_KILL);
    world_start(w, 0);
    world_director(w, 0, 1);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, 4, 1, 0);
    world_expect_only(w, "export-position");
    world_free(w);
}

static void rot_snapshot(struct world *w, wg_node_id node) {
    struct sim_fact fact = {.kind = SIM_FACT_DISK_DAMAGED,
                            .node = node,
                            .at = ++w->now,
                            .a = 99,
                            .ptr = w->snapshots[node],
                            .len = (uint32_t)strlen(w->snapshots[node])};
    sim_judges_fact(w->judges, &fact);
}

static void judge_export_position_stays_silent_when_the_snapshot_rotted(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 3);
    world_snapshot(w, 0, 2, 5, 3);
    world_end(w, 0, SIM_END_KILL);
    rot_snapshot(w, 0);
    world_start(w, 0);
    world_director(w, 0, 1);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 2, 0);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_position_fires_when_a_start_forgets_the_snapshot(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 3);
    world_snapshot(w, 0, 2, 5, 3);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 2, 0);
    world_expect_only(w, "export-position");
    world_free(w);
}

static void judge_export_position_stays_silent_when_snapshots_justify_the_start(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 2);
    world_snapshot(w, 0, 1, 5, 2);
    world_ack(w, 0, E, 1, 5);
    world_end(w, 0, SIM_END_KILL);
    world_start(w, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, 2, 1, 0);
    world_claim(w, 1, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 0, 0);
    world_claim(w, 1, WG_CLAIM_EXPORTER_POSITION, E, 5, 3, 0); /* a late distribution */
    world_claim(w, 2, WG_CLAIM_SNAPSHOT_RECEIVED, 1, 1, 5, 2);
    world_claim(w, 2, WG_CLAIM_EXPORTER_START, E, 2, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_position_falls_back_when_a_snapshot_died_with_its_job(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 2);
    world_snapshot(w, 0, 1, 5, 2);
    world_ack(w, 0, E, 1, 5);
    world_claim(w, 0, WG_CLAIM_SNAPSHOT, 4, 1, 5, 5); /* no file becomes durable */
    world_power_loss(w, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, 2, 1, 0);
    world_expect_silence(w);
    world_free(w);
}

/* A file of the snapshot index-1-processed-exported gets its name; `gone`: it is removed again. */
static void name_snapshot(struct world *w, wg_node_id node, wg_index index, wg_position exported,
                          bool gone) {
    char paths[160];
    char name[64];
    snprintf(name, sizeof name, "partitions/1/snapshots/%llu-1-5-%lld.checksum",
             (unsigned long long)index, (long long)exported);
    int len = snprintf(paths, sizeof paths, "%s.tmp%c%s", name, 0, name);
    struct sim_fact fact = {.kind = SIM_FACT_DISK_RENAMED,
                            .node = node,
                            .at = ++w->now,
                            .ptr = paths,
                            .len = (uint32_t)len};
    sim_judges_fact(w->judges, &fact);
    if (gone) {
        fact.kind = SIM_FACT_DISK_REMOVED;
        fact.ptr = name;
        fact.len = (uint32_t)strlen(name);
        sim_judges_fact(w->judges, &fact);
    }
}

/* The process was killed after its snapshot was whole and before it could tell: the next one starts
 * with it. It counts only if it is there: not removed, and whole on the disk after a power loss, which
 * may bring back what was removed. */
static void judge_export_position_knows_the_snapshot_of_a_killed_job(void **state) {
    (void)state;
    for (uint32_t gone = 0; gone < 4; gone++) {
        struct world *w = with_records(5);
        world_open(w, 0, E, 1, -1);
        deliver(w, 0, 1, 1, 5);
        world_ack(w, 0, E, 1, 2);
        name_snapshot(w, 0, 1, 2, gone == 1 || gone == 3);
        if (gone == 3) {
            snprintf(w->snapshots[0], sizeof w->snapshots[0],
                     "partitions/1/snapshots/1-1-5-2.checksum");
            w->snapshot_parts[0] = true;
        }
        if (gone >= 2) {
            world_power_loss(w, 0);
        } else {
            world_end(w, 0, SIM_END_KILL);
            world_start(w, 0);
        }
        world_director(w, 0, 1);
        world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, 2, 1, 0); /* it is the live position as well */
        world_ack(w, 0, E, 1, 5);
        world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, 2, 2, 0);
        assert_int_equal(world_count(w, "export-position"), gone == 1 || gone == 2);
        world_free(w);
    }
}

/* A snapshot that rotted while its broker was down lies on the disk as before, and a power loss does
 * not make a snapshot of it again; a new one of the same name is one. */
static void judge_export_position_does_not_find_a_rotten_snapshot_again(void **state) {
    (void)state;
    enum { SOUND, ROTTEN, TAKEN_AGAIN, CASES };
    for (uint32_t what = SOUND; what < CASES; what++) {
        struct world *w = with_records(5);
        world_open(w, 0, E, 1, -1);
        deliver(w, 0, 1, 1, 5);
        world_ack(w, 0, E, 1, 3);
        world_snapshot(w, 0, 2, 5, 3);
        w->snapshot_parts[0] = true;
        world_end(w, 0, SIM_END_KILL);
        if (what != SOUND) {
            rot_snapshot(w, 0);
        }
        world_start(w, 0);
        if (what == TAKEN_AGAIN) {
            name_snapshot(w, 0, 2, 3, false);
        }
        world_power_loss(w, 0);
        world_director(w, 0, 1);
        world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 2, 0);
        assert_int_equal(world_count(w, "export-position"), what != ROTTEN);
        world_free(w);
    }
}

/* Rot under a broker that runs is not read: its state lives in memory, and what it has is its snapshot. */
static void judge_export_position_keeps_a_snapshot_that_rots_under_a_running_broker(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 3);
    world_snapshot(w, 0, 2, 5, 3);
    rot_snapshot(w, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 2, 0);
    world_expect_only(w, "export-position");
    world_free(w);
}

/* --- directors ------------------------------------------------------------------------------- */

static void judge_single_director_fires_when_two_are_active_in_a_term(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_director(w, 1, 1);
    world_expect_only(w, "single-director");
    world_free(w);
}

static void judge_single_director_fires_when_a_closed_director_exports(void **state) {
    (void)state;
    struct world *w = with_records(2);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 1);
    world_claim(w, 0, WG_CLAIM_DIRECTOR, 0, 1, 0, 0);
    deliver(w, 0, 1, 2, 2);
    world_expect_only(w, "single-director");
    world_free(w);
}

static void judge_single_director_stays_silent_when_one_restarts_and_terms_change(void **state) {
    (void)state;
    struct world *w = with_records(1);
    world_claim(w, 0, WG_CLAIM_DIRECTOR, 0, 1, 0, 0);
    world_director(w, 0, 1);
    world_director(w, 1, 2);
    world_claim(w, 2, WG_CLAIM_DIRECTOR, 2, 2, 0, 0);
    world_expect_silence(w);
    world_free(w);
}

/* --- duplicates ------------------------------------------------------------------------------ */

static void judge_duplicates_fires_when_a_start_position_is_ignored(void **state) {
    (void)state;
    struct world *w = with_records(5);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 5);
    world_ack(w, 0, E, 1, 3);
    world_open(w, 0, E, 2, 3);
    deliver(w, 0, 2, 3, 5);
    world_expect_only(w, "duplicates");
    world_free(w);
}

static void judge_duplicates_fires_together_with_order_when_an_instance_repeats(void **state) {
    (void)state;
    struct world *w = with_records(2);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 2);
    deliver(w, 0, 1, 2, 2);
    assert_int_equal(world_count(w, "duplicates"), 1);
    assert_int_equal(world_count(w, "export-order"), 1);
    world_free(w);
}

static void judge_duplicates_stays_silent_and_counts_causes_and_bursts(void **state) {
    (void)state;
    struct world *w = with_records(6);
    world_open(w, 0, E, 1, -1);
    deliver(w, 0, 1, 1, 4);
    world_director(w, 1, 2); /* failover: 1 to 4 again, then 5 */
    world_open(w, 1, E, 1, -1);
    deliver(w, 1, 1, 1, 5);
    deliver(w, 0, 1, 5, 5); /* the deposed leader goes on a little */
    world_end(w, 1, SIM_END_POWER_LOSS);
    world_fact(w, SIM_FACT_DISK_POWER_LOST, 1, 0, 0, 0, 0);
    world_start(w, 1);
    world_director(w, 1, 3);
    world_open(w, 1, E, 1, -1);
    deliver(w, 1, 1, 1, 6);
    world_open(w, 1, E, 2, -1); /* a director that failed and started anew */
    deliver(w, 1, 2, 1, 1);
    world_expect_silence(w);
    struct sim_export_stats stats;
    sim_judges_export_stats(w->judges, E, 1, &stats);
    assert_int_equal(stats.accepted, 6);
    assert_int_equal(stats.delivered, 17);
    assert_int_equal(stats.duplicates, 11);
    assert_int_equal(stats.by_cause[SIM_DUP_FAILOVER], 5);
    assert_int_equal(stats.by_cause[SIM_DUP_POWER_LOSS], 5);
    assert_int_equal(stats.by_cause[SIM_DUP_DIRECTOR_RESTART], 1);
    assert_int_equal(stats.by_cause[SIM_DUP_UNEXPLAINED], 0);
    assert_int_equal(stats.bursts, 3);
    assert_int_equal(stats.longest_burst, 6);
    assert_int_equal(stats.sink_highest, 6);
    world_free(w);
}

static void judge_keeps_violations_of_others(void **state) {
    (void)state;
    struct world *w = world_new();
    struct sim_violation violation = {.invariant = "liveness", .exporter = -1, .message = "waits"};
    sim_judges_report(w->judges, &violation);
    world_expect_only(w, "liveness");
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_export_at_least_once_fires_when_a_record_is_missing_at_the_end),
        cmocka_unit_test(judge_export_at_least_once_is_excused_for_each_partition_alone),
        cmocka_unit_test(judge_export_at_least_once_blames_a_plugin_that_took_the_record),
        cmocka_unit_test(judge_export_at_least_once_blames_the_engine_when_the_instance_is_gone),
        cmocka_unit_test(judge_export_at_least_once_fires_when_a_gap_lies_below_durable_records),
        cmocka_unit_test(judge_export_at_least_once_stays_silent_on_the_verify_trickle),
        cmocka_unit_test(judge_export_at_least_once_fires_when_unexported_records_are_compacted),
        cmocka_unit_test(judge_export_at_least_once_stays_silent_on_filtered_records),
        cmocka_unit_test(judge_export_at_least_once_takes_calls_of_an_opaque_exporter),
        cmocka_unit_test(judge_export_order_fires_when_an_instance_goes_back),
        cmocka_unit_test(judge_export_order_stays_silent_when_a_failed_record_comes_again),
        cmocka_unit_test(judge_export_order_fires_when_a_retry_begins_at_the_first_exporter),
        cmocka_unit_test(judge_export_order_fires_when_a_failed_record_is_passed_over),
        cmocka_unit_test(judge_export_order_fires_when_exporters_change_places),
        cmocka_unit_test(judge_export_order_stays_silent_when_a_failed_record_was_acknowledged),
        cmocka_unit_test(judge_export_committed_fires_when_an_uncommitted_record_is_exported),
        cmocka_unit_test(judge_export_committed_fires_when_a_sink_gets_other_content),
        cmocka_unit_test(judge_export_committed_stays_silent_when_content_repeats),
        cmocka_unit_test(judge_ack_soundness_fires_when_the_sink_is_behind),
        cmocka_unit_test(judge_ack_soundness_stays_silent_when_the_sink_has_it),
        cmocka_unit_test(judge_ack_soundness_blames_nobody_for_what_was_passed_over),
        cmocka_unit_test(judge_ack_soundness_fires_on_what_is_still_to_come),
        cmocka_unit_test(judge_ack_soundness_fires_on_what_was_refused),
        cmocka_unit_test(judge_export_position_knows_the_snapshot_of_a_killed_job),
        cmocka_unit_test(judge_export_position_does_not_find_a_rotten_snapshot_again),
        cmocka_unit_test(judge_export_position_keeps_a_snapshot_that_rots_under_a_running_broker),
        cmocka_unit_test(judge_export_position_fires_when_it_falls),
        cmocka_unit_test(judge_export_position_fires_when_nobody_acknowledged_it),
        cmocka_unit_test(judge_export_position_fires_when_a_distribution_overtakes_the_leader),
        cmocka_unit_test(judge_export_position_fires_when_a_start_is_ahead_of_the_snapshot),
        cmocka_unit_test(judge_export_position_stays_silent_when_the_snapshot_rotted),
        cmocka_unit_test(judge_export_position_fires_when_a_start_forgets_the_snapshot),
        cmocka_unit_test(judge_export_position_stays_silent_when_snapshots_justify_the_start),
        cmocka_unit_test(judge_export_position_falls_back_when_a_snapshot_died_with_its_job),
        cmocka_unit_test(judge_single_director_fires_when_two_are_active_in_a_term),
        cmocka_unit_test(judge_single_director_fires_when_a_closed_director_exports),
        cmocka_unit_test(judge_single_director_stays_silent_when_one_restarts_and_terms_change),
        cmocka_unit_test(judge_duplicates_fires_when_a_start_position_is_ignored),
        cmocka_unit_test(judge_duplicates_fires_together_with_order_when_an_instance_repeats),
        cmocka_unit_test(judge_duplicates_stays_silent_and_counts_causes_and_bursts),
        cmocka_unit_test(judge_keeps_violations_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
