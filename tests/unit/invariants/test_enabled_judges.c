/* Judges on exporters that are disabled, enabled and copied while the cluster runs. */
#include "judge_world.h"

#include "sim/invariants/bench.h"
#include "sim/invariants/snapfile.h"

#include "base/bytes.h"

#define E 0u     /* the exporter that comes and goes */
#define OTHER 1u /* the one that stays */

static void deliver(struct world *w, uint32_t exporter, uint32_t instance, wg_position from,
                    wg_position to) {
    for (wg_position i = from; i <= to; i++) {
        world_export(w, 0, exporter, instance, i, true);
        world_durable(w, exporter, i);
    }
}

/* The operator's request, accepted by broker 0. */
static void accepted(struct world *w, bool enables, uint32_t source) {
    world_fact(w, SIM_FACT_ADMIN_DONE, 0, 256,
               enables ? WG_ADMIN_ENABLE_EXPORTER : WG_ADMIN_DISABLE_EXPORTER, WG_OK,
               (uint64_t)E << 32 | source);
}

static void carried_out(struct world *w, wg_node_id node, bool enables, uint64_t version) {
    world_claim(w, node, WG_CLAIM_EXPORTER_SETTING, E, enables, version, 0);
}

static void closed(struct world *w, uint32_t instance) {
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, instance, E, WG_PLUGIN_CLOSE, 0);
    world_fact(w, SIM_FACT_PLUGIN_RETURN, 0, instance, E, WG_PLUGIN_CLOSE << 8 | WG_PLUGIN_OK, 0);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, instance, E, WG_PLUGIN_DESTROY, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTER_REMOVED, E, 0, 0, 0);
}

/* Three records that both exporters have; then E is disabled on all brokers. */
static struct world *disabled(void) {
    struct world *w = world_new();
    world_commands(w, 1, 3);
    world_deliver_all(w, 0, 1, 3);
    carried_out(w, 0, false, 0);
    accepted(w, false, 0);
    closed(w, 100);
    carried_out(w, 1, false, 0);
    carried_out(w, 2, false, 0);
    return w;
}

/* Enabled on all brokers, as instance 200 from `start` on. */
static void enable(struct world *w, wg_position start, uint32_t source) {
    carried_out(w, 0, true, 1);
    accepted(w, true, source);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)start, 200, 1);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 200, E, WG_PLUGIN_CONFIGURE, 0);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 200, E, WG_PLUGIN_OPEN, 0);
    world_fact(w, SIM_FACT_PLUGIN_RETURN, 0, 200, E, WG_PLUGIN_OPEN << 8 | WG_PLUGIN_OK, 0);
    carried_out(w, 1, true, 1);
    carried_out(w, 2, true, 1);
}

static void judge_export_at_least_once_asks_nothing_of_a_disabled_exporter(void **state) {
    (void)state;
    struct world *w = disabled();
    assert_false(sim_judges_owes(w->judges, 1, E));
    world_commands(w, 1, 2);
    deliver(w, OTHER, 101, 4, 5);
    assert_true(sim_judges_all_delivered(w->judges, 1, E));
    sim_judges_finish(w->judges, 1000);
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_at_least_once_counts_from_the_last_enabling_on(void **state) {
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        struct world *w = disabled();
        world_commands(w, 1, 2);
        deliver(w, OTHER, 101, 4, 5);
        enable(w, -1, 0);
        assert_true(sim_judges_owes(w->judges, 1, E));
        world_commands(w, 1, 2);
        deliver(w, OTHER, 101, 6, 7);
        deliver(w, E, 200, 6 + missing, 7);
        sim_judges_finish(w->judges, 1000);
        assert_int_equal(world_count(w, "export-at-least-once"), missing);
        world_free(w);
    }
}

static void judge_export_at_least_once_fires_when_a_copy_misses_what_was_in_flight(void **state) {
    (void)state;
    for (int missing = 0; missing < 2; missing++) {
        struct world *w = disabled();
        world_commands(w, 1, 2);
        deliver(w, OTHER, 101, 4, 5);
        world_claim(w, 0, WG_CLAIM_EXPORTER_POSITION, OTHER, 3, 1, 0);
        enable(w, 3, OTHER + 1); /* the other one has acknowledged 3 */
        deliver(w, E, 200, 4 + missing, 5);
        sim_judges_finish(w->judges, 1000);
        assert_int_equal(world_count(w, "export-at-least-once"), missing);
        world_free(w);
    }
}

static void judge_export_at_least_once_waits_until_all_brokers_have_enabled(void **state) {
    (void)state;
    struct world *w = disabled();
    carried_out(w, 0, true, 1);
    accepted(w, true, 0);
    world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 200, 1);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 200, E, WG_PLUGIN_CONFIGURE, 0);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 200, E, WG_PLUGIN_OPEN, 0);
    carried_out(w, 1, true, 1);
    assert_false(sim_judges_owes(w->judges, 1, E));
    carried_out(w, 2, true, 1);
    assert_true(sim_judges_owes(w->judges, 1, E));
    world_expect_silence(w);
    world_free(w);
}

static void judge_export_position_lets_an_enabled_exporter_begin_anew(void **state) {
    (void)state;
    for (int anew = 0; anew < 2; anew++) {
        struct world *w = disabled();
        world_snapshot(w, 0, 3, 3, 3);
        if (anew) {
            enable(w, -1, 0);
        } else { /* a fall to -1 under the same version, which stands in the snapshot */
            world_claim(w, 0, WG_CLAIM_EXPORTER_START, OTHER, (uint64_t)-1, 300, 0);
        }
        assert_int_equal(world_count(w, "export-position"), !anew);
        world_free(w);
    }
}

/* A snapshot gets its name in a job that is killed. */
static void name_snapshot(struct world *w, wg_node_id node) {
    static const char paths[] = "partitions/1/snapshots/1-1-3-3.checksum.tmp\0"
                                "partitions/1/snapshots/1-1-3-3.checksum";
    struct sim_fact fact = {.kind = SIM_FACT_DISK_RENAMED,
                            .node = node,
                            .at = ++w->now,
                            .ptr = paths,
                            .len = sizeof paths - 1};
    sim_judges_fact(w->judges, &fact);
}

/* A process whose configuration lacks E takes a snapshot and is killed before it can tell; the next one
 * has E again. Where E was there all the time the snapshot has its row. */
static void judge_export_position_knows_that_a_killed_snapshot_may_lack_an_absent_exporter(void **state) {
    (void)state;
    for (uint64_t away = 0; away < 2; away++) {
        struct world *w = world_new();
        world_commands(w, 1, 3);
        world_deliver_all(w, 0, 1, 3);
        world_end(w, 0, SIM_END_KILL);
        world_fact(w, SIM_FACT_BROKER_START, 0, ++w->incarnations[0], away << E, 0, 0);
        name_snapshot(w, 0);
        world_end(w, 0, SIM_END_KILL);
        world_start(w, 0);
        world_claim(w, 0, WG_CLAIM_EXPORTER_START, E, (uint64_t)-1, 300, 0);
        assert_int_equal(world_count(w, "export-position"), away == 0);
        world_free(w);
    }
}

/* The settings' file rots while the broker is down: it cannot know that E is disabled. */
static void judge_configuration_fidelity_knows_that_harmed_settings_are_forgotten(void **state) {
    (void)state;
    static const char path[] = "configuration/exporters";
    for (int harmed = 0; harmed < 2; harmed++) {
        struct world *w = world_new();
        world_commands(w, 1, 9);
        world_deliver_all(w, 0, 1, 2);
        carried_out(w, 0, false, 0);
        world_end(w, 0, SIM_END_KILL);
        struct sim_fact rot = {.kind = SIM_FACT_DISK_DAMAGED,
                               .at = ++w->now,
                               .a = 50,
                               .ptr = path,
                               .len = sizeof path - 1};
        if (harmed == 1) {
            sim_judges_fact(w->judges, &rot);
        }
        world_start(w, 0);
        w->now += WG_SECOND;
        deliver(w, E, 200, 3, 9);
        assert_int_equal(world_count(w, "configuration-fidelity") > 0, harmed == 0);
        world_free(w);
    }
}

static void judge_configuration_fidelity_fires_when_a_disabled_exporter_gets_records(void **state) {
    (void)state;
    struct world *w = world_new();
    world_commands(w, 1, 7);
    world_deliver_all(w, 0, 1, 2);
    carried_out(w, 0, false, 0);
    accepted(w, false, 0);
    deliver(w, E, 100, 3, 6); /* the one under way, and one for each note or message */
    world_expect_silence(w);
    deliver(w, E, 100, 7, 7);
    world_expect_only(w, "configuration-fidelity");
    world_free(w);
}

static void delivered_broadcast(struct world *w) {
    world_fact(w, SIM_FACT_MESSAGE_DELIVERED, 0, 1, WG_MSG_EXPORTER_STATE, 0, 0);
}

/* Another replica takes itself for the leader too: its broadcasts lie in the mailbox before the news. Those
 * from before this broker led do not, nor do those that come behind the news. */
static void judge_configuration_fidelity_counts_what_may_lie_before_the_news(void **state) {
    (void)state;
    for (wg_position more = 0; more < 2; more++) {
        struct world *w = world_new();
        delivered_broadcast(w);
        world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
        world_commands(w, 1, 9);
        world_deliver_all(w, 0, 1, 2);
        delivered_broadcast(w);
        world_fact(w, SIM_FACT_ADMIN, 0, 7, WG_ADMIN_RESUME_EXPORTING, 0, 0);
        carried_out(w, 0, false, 0);
        accepted(w, false, 0);
        delivered_broadcast(w);
        deliver(w, E, 100, 3, 8 + more);
        assert_int_equal(world_count(w, "configuration-fidelity"), more);
        world_free(w);
    }
}

/* --- requests without an answer ---------------------------------------------------------------- */

static void asked(struct world *w, bool enables, uint32_t source) {
    world_fact(w, SIM_FACT_ADMIN, 0, 256,
               enables ? WG_ADMIN_ENABLE_EXPORTER : WG_ADMIN_DISABLE_EXPORTER, 0,
               (uint64_t)E << 32 | source);
}

static void answered(struct world *w, bool enables, wg_status status) {
    world_fact(w, SIM_FACT_ADMIN_DONE, 0, 256,
               enables ? WG_ADMIN_ENABLE_EXPORTER : WG_ADMIN_DISABLE_EXPORTER, status,
               (uint64_t)E << 32);
}

/* A broker gives the file of exporter settings its name. */
static void stored(struct world *w, wg_node_id node) {
    static const char paths[] = "configuration/exporters.tmp\0configuration/exporters";
    struct sim_fact fact = {.kind = SIM_FACT_DISK_RENAMED,
                            .node = node,
                            .at = ++w->now,
                            .ptr = paths,
                            .len = sizeof paths - 1};
    sim_judges_fact(w->judges, &fact);
}

/* Broker 2 has both exporters and goes on with E disabled; a quiet minute later it takes a snapshot. */
static uint32_t kept_disabled(struct world *w) {
    struct judge_snapshot_state state = {.processed = 1, .count = 1};
    state.exporters[0].id = wg_bytes_str("mine");
    world_open(w, 2, OTHER, 101, -1);
    carried_out(w, 2, false, 0);
    w->now += 60 * WG_SECOND;
    world_commands(w, 1, 1);
    inv_configuration_fidelity_rows(w->judges, 2, 1, &state);
    uint32_t count = world_count(w, "configuration-fidelity");
    world_free(w);
    return count;
}

/* Asked to disable E, broker 0 loses its power before it has answered. */
static struct world *unanswered(bool has_stored) {
    struct world *w = world_new();
    world_commands(w, 1, 1);
    asked(w, false, 0);
    stored(w, 1); /* another broker's file says nothing about that */
    if (has_stored) {
        stored(w, 0);
    }
    world_power_loss(w, 0);
    return w;
}

static void judge_configuration_fidelity_is_in_doubt_after_a_stored_request_without_answer(void **state) {
    (void)state;
    assert_int_equal(kept_disabled(unanswered(true)), 0);
    assert_int_equal(kept_disabled(unanswered(false)), 1);
    struct world *w = unanswered(false);
    stored(w, 0); /* of something else: the request went with its process */
    assert_int_equal(kept_disabled(w), 1);
}

static void judge_configuration_fidelity_is_in_doubt_after_an_error_of_the_disk(void **state) {
    (void)state;
    const struct {
        wg_status status;
        bool has_stored;
        uint32_t violations;
    } cases[] = {{WG_IO, true, 0}, {WG_IO, false, 1}, {WG_STALE, true, 1}, {WG_NOT_FOUND, true, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world *w = world_new();
        world_commands(w, 1, 1);
        asked(w, false, 0);
        if (cases[i].has_stored) {
            stored(w, 0);
        }
        answered(w, false, cases[i].status);
        assert_int_equal(kept_disabled(w), cases[i].violations);
    }
}

/* What was refused later says nothing; what was accepted later stands behind it. */
static void judge_configuration_fidelity_is_sure_again_after_an_accepted_request(void **state) {
    (void)state;
    static const wg_status refusals[] = {WG_NOT_FOUND, WG_EXISTS, WG_STALE, WG_IO};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct world *w = unanswered(true);
        asked(w, true, 0);
        answered(w, true, refusals[i]);
        assert_int_equal(kept_disabled(w), 0);
    }
    struct world *w = unanswered(true);
    asked(w, true, 0);
    stored(w, 0);
    answered(w, true, WG_OK);
    assert_int_equal(kept_disabled(w), 1);
}

/* While it is in doubt what he wants, an exporter is owed what all replicas have enabled it for. */
static void judge_export_at_least_once_owes_what_all_go_by_while_in_doubt(void **state) {
    (void)state;
    struct world *w = disabled();
    asked(w, true, OTHER + 1);
    stored(w, 0);
    assert_false(judge_enabled_copied(w->judges, E, OTHER));
    world_power_loss(w, 0);
    assert_true(judge_enabled_copied(w->judges, E, OTHER));
    assert_false(sim_judges_owes(w->judges, 1, E));
    carried_out(w, 0, true, 1);
    carried_out(w, 1, true, 1);
    assert_false(sim_judges_owes(w->judges, 1, E));
    carried_out(w, 2, true, 1);
    assert_true(sim_judges_owes(w->judges, 1, E));
    assert_false(judge_enabled_wanted(w->judges, 1, E));
    carried_out(w, 0, false, 1);
    assert_false(sim_judges_owes(w->judges, 1, E));
    world_free(w);
}

/* Enabled anew it begins at the beginning of the log: all that is in it is still to come, although only the
 * last two records are owed. */
static void judge_counts_what_is_still_to_come_to_an_enabled_exporter(void **state) {
    (void)state;
    struct world *w = disabled();
    world_commands(w, 1, 2);
    deliver(w, OTHER, 101, 4, 5);
    enable(w, -1, 0);
    world_commands(w, 1, 2);
    for (wg_position reached = 0; reached <= 7; reached++) {
        struct sim_export_stats stats;
        sim_judges_export_stats(w->judges, E, 1, &stats);
        assert_int_equal(stats.waiting, 7 - reached);
        assert_int_equal(stats.missing, reached < 6 ? 2 : 7 - reached);
        if (reached < 7) {
            deliver(w, E, 200, reached + 1, reached + 1);
        }
    }
    world_free(w);
}

/* --- who is enabled is open ------------------------------------------------------------------ */

/* E was disabled; now it is enabled at a leader with OTHER, `opens` or not, and 40 quiet seconds pass. */
static struct world *enabled_and_quiet(bool opens) {
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
    world_commands(w, 1, 3);
    world_deliver_all(w, 0, 1, 3);
    carried_out(w, 0, false, 0);
    accepted(w, false, 0);
    closed(w, 100);
    carried_out(w, 0, true, 1);
    if (opens) {
        world_open(w, 0, E, 200, -1);
    }
    world_commands(w, 1, 1);
    w->now += 40 * WG_SECOND;
    return w;
}

static uint32_t not_open(struct world *w) {
    world_commands(w, 1, 1);
    uint32_t count = world_count(w, "configuration-fidelity");
    world_free(w);
    return count;
}

static void judge_configuration_fidelity_fires_when_an_enabled_exporter_is_not_opened(void **state) {
    (void)state;
    assert_int_equal(not_open(enabled_and_quiet(true)), 0);
    assert_int_equal(not_open(enabled_and_quiet(false)), 1);
    struct world *w = enabled_and_quiet(true); /* it was, and was closed again */
    closed(w, 200);
    w->now += 40 * WG_SECOND;
    assert_int_equal(not_open(w), 1);
}

static void judge_configuration_fidelity_waits_for_calls_before_an_exporter_is_opened(void **state) {
    (void)state;
    struct world *w = enabled_and_quiet(false);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 101, OTHER, WG_PLUGIN_EXPORT, 4);
    assert_int_equal(not_open(w), 0); /* this one goes on */
    w = enabled_and_quiet(false);
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, 101, OTHER, WG_PLUGIN_EXPORT, 4);
    w->now += 3 * WG_SECOND;
    world_fact(w, SIM_FACT_PLUGIN_RETURN, 0, 101, OTHER, WG_PLUGIN_EXPORT << 8 | WG_PLUGIN_OK, 4);
    assert_int_equal(not_open(w), 0); /* was a long one */
    w = enabled_and_quiet(false);
    world_export(w, 0, OTHER, 101, 4, false);
    assert_int_equal(not_open(w), 0); /* failed, and is tried again */
    w = enabled_and_quiet(false);
    world_fact(w, SIM_FACT_ADMIN, 0, 7, WG_ADMIN_PAUSE_EXPORTING, 0, 0);
    world_fact(w, SIM_FACT_ADMIN_DONE, 0, 7, WG_ADMIN_PAUSE_EXPORTING, WG_OK, 0);
    w->now += 40 * WG_SECOND;
    assert_int_equal(not_open(w), 0); /* paused in the middle of a record, perhaps */
}

static void judge_configuration_fidelity_waits_for_calm_before_an_exporter_is_opened(void **state) {
    (void)state;
    struct world *w = enabled_and_quiet(false);
    world_fact(w, SIM_FACT_FAULT_BEGIN, 1, 1, 4, 0, 0);
    w->now += 40 * WG_SECOND;
    assert_int_equal(not_open(w), 0);
    w = enabled_and_quiet(false);
    world_claim(w, 0, WG_CLAIM_DIRECTOR, 0, 1, 0, 0);
    assert_int_equal(not_open(w), 0);
}

static void judge_configuration_fidelity_fires_when_a_skipped_record_is_exported(void **state) {
    (void)state;
    static const wg_position skip[] = {2};
    struct world *w = world_new();
    sim_judges_free(w->judges);
    w->setup.skip_records = skip;
    w->setup.skip_record_count = 1;
    world_judges(w);
    world_commands(w, 1, 3);
    world_director(w, 0, 1);
    world_open(w, 0, E, 100, -1);
    world_open(w, 0, OTHER, 101, -1);
    for (wg_position i = 1; i <= 3; i += 2) {
        deliver(w, E, 100, i, i);
        deliver(w, OTHER, 101, i, i);
    }
    assert_true(sim_judges_all_delivered(w->judges, 1, E));
    world_expect_silence(w);
    world_export(w, 0, E, 100, 2, true);
    assert_int_equal(world_count(w, "configuration-fidelity"), 1);
    world_free(w);
}

static void opens_with(struct world *w, uint32_t exporter, uint32_t instance, const char *metadata) {
    struct sim_fact fact = {.kind = SIM_FACT_PLUGIN_CALL,
                            .node = 0,
                            .partition = 1,
                            .at = ++w->now,
                            .a = instance,
                            .b = exporter,
                            .c = WG_PLUGIN_OPEN,
                            .ptr = metadata,
                            .len = (uint32_t)strlen(metadata)};
    world_fact(w, SIM_FACT_PLUGIN_CALL, 0, instance, exporter, WG_PLUGIN_CONFIGURE, 0);
    sim_judges_fact(w->judges, &fact);
}

static void judge_exporter_isolation_lets_a_copy_have_what_its_source_acknowledged(void **state) {
    (void)state;
    for (uint32_t source = 0; source < 2; source++) {
        struct world *w = disabled();
        struct sim_fact ack = {.kind = SIM_FACT_PLUGIN_ACK,
                               .node = 0,
                               .partition = 1,
                               .at = ++w->now,
                               .a = 101,
                               .b = OTHER,
                               .c = 3,
                               .ptr = "mine",
                               .len = 4};
        sim_judges_fact(w->judges, &ack);
        carried_out(w, 0, true, 1);
        accepted(w, true, source == 0 ? 0 : OTHER + 1);
        opens_with(w, E, 200, "mine");
        assert_int_equal(world_count(w, "exporter-isolation"), source == 0);
        world_free(w);
    }
}

/* The leader's disk is short of space for a minute in which nobody exports. */
static void judge_disk_space_asks_for_no_export_to_a_disabled_exporter(void **state) {
    (void)state;
    for (uint32_t other_has_all = 0; other_has_all < 2; other_has_all++) {
        struct world *w = disabled();
        world_claim(w, 0, WG_CLAIM_ROLE, WG_ROLE_LEADER, 1, 0, 0);
        world_commands(w, 1, 3);
        deliver(w, OTHER, 101, 4, other_has_all ? 6 : 5);
        w->now += 40 * WG_SECOND;
        world_fact(w, SIM_FACT_DISK_SPACE, 0, 1000, SIM_SPACE_NO_PROCESSING, 0, 0);
        w->now += 60 * WG_SECOND;
        world_fact(w, SIM_FACT_DISK_SPACE, 0, 9000000, 0, 0, 0);
        assert_int_equal(world_count(w, "disk-space"), !other_has_all);
        world_free(w);
    }
}

/* Told twice to pause softly, and who holds the log back is another one since: a snapshot that was copied
 * before is persisted behind the second answer. */
static void judge_pause_fidelity_knows_no_new_limit_when_told_again(void **state) {
    (void)state;
    for (int changed = 0; changed < 2; changed++) {
        struct world *w = world_new();
        world_commands(w, 1, 3);
        world_director(w, 0, 1);
        world_open(w, 0, 0, 1, -1);
        for (uint64_t request = 1; request <= 2; request++) {
            world_fact(w, SIM_FACT_ADMIN, 0, request, WG_ADMIN_SOFT_PAUSE_EXPORTING, 0, 0);
            world_fact(w, SIM_FACT_ADMIN_DONE, 0, request, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK, 0);
            if (changed != 0 && request == 1) {
                carried_out(w, 0, false, 0);
            }
        }
        world_claim(w, 0, WG_CLAIM_SNAPSHOT, 2, 1, 3, 3);
        assert_int_equal(world_count(w, "pause-fidelity"), changed != 0 ? 0 : 1);
        world_free(w);
    }
}

/* Of a director that was busy when its exporter was disabled and enabled: what the old instance
 * acknowledged while exporting was paused went with its row. */
static void judge_pause_fidelity_forgets_what_a_former_instance_acknowledged(void **state) {
    (void)state;
    for (int removed = 0; removed < 2; removed++) {
        struct world *w = world_new();
        world_commands(w, 1, 3);
        world_director(w, 0, 1);
        world_open(w, 0, E, 1, -1);
        world_fact(w, SIM_FACT_ADMIN, 0, 1, WG_ADMIN_SOFT_PAUSE_EXPORTING, 0, 0);
        world_fact(w, SIM_FACT_ADMIN_DONE, 0, 1, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK, 0);
        carried_out(w, 0, false, 0);
        carried_out(w, 0, true, 1);
        world_export(w, 0, E, 1, 1, true);
        world_durable(w, E, 1);
        world_fact(w, SIM_FACT_PLUGIN_ACK, 0, 1, E, 1, 0);
        if (removed != 0) {
            closed(w, 1);
        }
        world_fact(w, SIM_FACT_ADMIN, 0, 2, WG_ADMIN_RESUME_EXPORTING, 0, 0);
        world_fact(w, SIM_FACT_ADMIN_DONE, 0, 2, WG_ADMIN_RESUME_EXPORTING, WG_OK, 0);
        w->now += 11 * WG_SECOND;
        world_export(w, 0, E, removed != 0 ? 2 : 1, 1, true);
        assert_int_equal(world_count(w, "pause-fidelity"), removed != 0 ? 0 : 1);
        world_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_pause_fidelity_knows_no_new_limit_when_told_again),
        cmocka_unit_test(judge_pause_fidelity_forgets_what_a_former_instance_acknowledged),
        cmocka_unit_test(judge_export_at_least_once_asks_nothing_of_a_disabled_exporter),
        cmocka_unit_test(judge_export_at_least_once_counts_from_the_last_enabling_on),
        cmocka_unit_test(judge_export_at_least_once_fires_when_a_copy_misses_what_was_in_flight),
        cmocka_unit_test(judge_export_at_least_once_waits_until_all_brokers_have_enabled),
        cmocka_unit_test(judge_export_position_lets_an_enabled_exporter_begin_anew),
        cmocka_unit_test(judge_export_position_knows_that_a_killed_snapshot_may_lack_an_absent_exporter),
        cmocka_unit_test(judge_configuration_fidelity_fires_when_a_disabled_exporter_gets_records),
        cmocka_unit_test(judge_disk_space_asks_for_no_export_to_a_disabled_exporter),
        cmocka_unit_test(judge_configuration_fidelity_counts_what_may_lie_before_the_news),
        cmocka_unit_test(judge_configuration_fidelity_fires_when_an_enabled_exporter_is_not_opened),
        cmocka_unit_test(judge_configuration_fidelity_waits_for_calls_before_an_exporter_is_opened),
        cmocka_unit_test(judge_configuration_fidelity_waits_for_calm_before_an_exporter_is_opened),
        cmocka_unit_test(judge_configuration_fidelity_knows_that_harmed_settings_are_forgotten),
        cmocka_unit_test(judge_configuration_fidelity_is_in_doubt_after_a_stored_request_without_answer),
        cmocka_unit_test(judge_configuration_fidelity_is_in_doubt_after_an_error_of_the_disk),
        cmocka_unit_test(judge_configuration_fidelity_is_sure_again_after_an_accepted_request),
        cmocka_unit_test(judge_export_at_least_once_owes_what_all_go_by_while_in_doubt),
        cmocka_unit_test(judge_counts_what_is_still_to_come_to_an_enabled_exporter),
        cmocka_unit_test(judge_configuration_fidelity_fires_when_a_skipped_record_is_exported),
        cmocka_unit_test(judge_exporter_isolation_lets_a_copy_have_what_its_source_acknowledged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
