/* Rows about a whole replica: Y (roles), S (snapshots and the log), V (the stored phase), H and B
 * (what an operator asks for), W and M (configuration at a start). */
#include "tests/conformance/conf.h"
#include "tests/unit/partition/harness.h"

#include "partition/pause_files.h"
#include "waggle/management.h"

static struct rig *rig_of(void **state, uint32_t members, uint32_t exporters) {
    struct rig *rig = rig_new(members, exporters);
    rig->options.quirks = quirks_of(state);
    rig->ack = 1;
    /* Some dozens of commands fill a segment, and nothing is kept for slow followers. */
    rig->options.segment_bytes = 16 << 10;
    rig->options.max_message_bytes = 4 << 10;
    rig->options.prefer_snapshot_threshold = 0;
    return rig;
}

static void start(struct rig *rig, enum wg_role role) {
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, role));
}

static struct rig *leading(void **state, uint32_t exporters) {
    struct rig *rig = rig_of(state, 1, exporters);
    start(rig, WG_ROLE_LEADER);
    return rig;
}

static void ask(struct rig *rig, enum wg_admin_kind kind) {
    uint32_t before = rig->admin_count;
    rig_admin(rig, kind);
    rig_run(rig);
    assert_int_equal(rig->admin_count, before + 1);
    assert_int_equal(rig->admin_status, WG_OK);
}

static void commands(struct rig *rig, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        rig_command(rig);
        for (uint32_t r = 0; r < rig->reply_count; r++) {
            wg_buf_unref(rig->replies[r].value);
        }
        rig->reply_count = 0;
    }
    memset(rig->calls, 0, sizeof rig->calls);
}

static wg_position stored(const struct rig *rig, uint32_t exporter) {
    wg_position position;
    assert_int_equal(wg_node_exporter_position(rig->node, 1, exporter, &position), WG_OK);
    return position;
}

static uint64_t phase(const struct rig *rig) {
    return test_env_last_claim(rig->env, WG_CLAIM_EXPORTING_PHASE).a;
}

static void restart(struct rig *rig) {
    rig_kill(rig);
    mem_disk_power_loss(rig->disk, MEM_DISK_LOSE_ALL, 1);
    memset(rig->calls, 0, sizeof rig->calls);
    rig->exported = rig->exported_first = 0;
    rig_start(rig);
    rig_run(rig);
}

/* --- Y ----------------------------------------------------------------------------------------- */

static void conf_Y01_role_changes_close_the_director(void **state) {
    struct rig *rig = leading(state, 1);
    rig_expect_calls(rig, "co");
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
    rig_expect_calls(rig, "xdc"); /* leader -> follower */
    rig_pass(rig, 20 * WG_SECOND);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    rig_expect_calls(rig, "dco"); /* follower -> leader, by way of candidate */
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
    rig_run(rig);
    rig_expect_calls(rig, "xd"); /* leader -> inactive */
    rig_free(rig);
}

static void conf_Y01_candidate_and_follower_close_for_inactive(void **state) {
    static const enum wg_role roles[] = {WG_ROLE_FOLLOWER, WG_ROLE_CANDIDATE};
    for (uint32_t i = 0; i < 2; i++) {
        struct rig *rig = rig_of(state, 3, 1);
        start(rig, WG_ROLE_FOLLOWER);
        rig_become(rig, roles[i]);
        rig_expect_calls(rig, "c");
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
        rig_run(rig);
        rig_expect_calls(rig, "d");
        rig_free(rig);
    }
}

static void conf_Y02_director_is_installed_for_the_new_role(void **state) {
    struct rig *rig = rig_of(state, 3, 1);
    start(rig, WG_ROLE_FOLLOWER);
    rig_expect_calls(rig, "c"); /* none -> follower: passive */
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
    rig_run(rig);
    memset(rig->calls, 0, sizeof rig->calls);
    rig_become(rig, WG_ROLE_CANDIDATE);
    rig_expect_calls(rig, "");
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_DONE, 0, 0);
    rig_run(rig);
    rig_expect_calls(rig, "c"); /* inactive -> candidate: passive */
    rig_free(rig);
    rig = leading(state, 1);
    rig_expect_calls(rig, "co"); /* none -> leader: active */
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_run(rig);
    rig_expect_calls(rig, "xdc"); /* leader -> follower */
    rig_pass(rig, 20 * WG_SECOND);
    rig_expect_calls(rig, "dco"); /* follower, candidate -> leader */
    rig_free(rig);
}

static void conf_Y03_follower_and_candidate_keep_the_director(void **state) {
    struct rig *rig = rig_of(state, 3, 1);
    start(rig, WG_ROLE_FOLLOWER);
    rig_expect_calls(rig, "c");
    rig_become(rig, WG_ROLE_CANDIDATE);
    rig_become(rig, WG_ROLE_FOLLOWER);
    rig_expect_calls(rig, "");
    assert_string_equal(rig->closes, "");
    rig_free(rig);
    rig = rig_of(state, 3, 1); /* none -> inactive */
    rig_start(rig);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
    rig_run(rig);
    assert_int_equal(rig_calls(rig, 'o'), 0);
    assert_int_equal(rig_calls(rig, 'c'), rig_calls(rig, 'd'));
    rig_free(rig);
}

static void conf_Y04_inactive_has_no_director(void **state) {
    struct rig *rig = leading(state, 2);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_INSTALL_STARTED, 0, 0);
    rig_run(rig);
    assert_false(rig_view(rig).services_installed);
    assert_int_equal(rig_calls(rig, 'c'), rig_calls(rig, 'd'));
    memset(rig->calls, 0, sizeof rig->calls);
    rig_pass(rig, WG_MINUTE);
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING); /* succeeds without one */
    rig_expect_calls(rig, "");
    rig_free(rig);
}

/* --- S ----------------------------------------------------------------------------------------- */

static struct wg_claim snapshot(struct rig *rig) {
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    return test_env_last_claim(rig->env, WG_CLAIM_SNAPSHOT);
}

static void conf_S00_one_of_both_positions_is_enough_for_a_newer_snapshot(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 5);
    struct wg_claim first = snapshot(rig);
    assert_int_equal(first.c, 9);
    assert_int_equal(first.d, 10);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING);
    commands(rig, 5);
    struct wg_claim processed = snapshot(rig);
    assert_int_equal(processed.c, 19);
    assert_int_equal(processed.d, 10);
    assert_true(processed.a >= first.a);
    ask(rig, WG_ADMIN_RESUME_EXPORTING);
    struct wg_claim exported = snapshot(rig);
    assert_int_equal(exported.c, 19);
    assert_int_equal(exported.d, 20);
    assert_true(exported.a > processed.a);
    rig_free(rig);
}

static void conf_S01_no_newer_snapshot_when_an_exporter_is_added(void **state) {
    struct rig *rig = leading(state, 0);
    commands(rig, 50);
    struct wg_claim before = snapshot(rig);
    uint64_t taken = test_env_claims(rig->env, WG_CLAIM_SNAPSHOT);
    assert_int_equal(before.d, WG_POSITION_MAX);
    rig->options.exporter_count = 1;
    rig->exporters[0].id = "new";
    rig->ack = 0;
    restart(rig);
    assert_int_equal(stored(rig, 0), -1);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    assert_int_equal(test_env_claims(rig->env, WG_CLAIM_SNAPSHOT), taken);
    assert_int_equal(rig_view(rig).snapshot_index, before.a);
    rig_free(rig);
}

static void conf_S02_snapshot_id_carries_the_exported_position(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 5);
    struct wg_claim claim = snapshot(rig);
    assert_int_equal(claim.c, 9); /* the last command */
    assert_int_equal(claim.d, 10); /* and its rejection */
    assert_true(claim.a > 0);
    rig_free(rig);
}

static void conf_S03_snapshot_is_taken_while_an_exporter_is_at_minus_one(void **state) {
    struct rig *rig = rig_of(state, 1, 1);
    rig->ack = 0;
    start(rig, WG_ROLE_LEADER);
    commands(rig, 5);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    assert_int_equal(test_env_claims(rig->env, WG_CLAIM_SNAPSHOT), 1);
    struct wg_claim claim = test_env_last_claim(rig->env, WG_CLAIM_SNAPSHOT);
    assert_int_equal(claim.a, 0);
    assert_int_equal(claim.c, 9);
    assert_int_equal(claim.d, 0);
    rig_free(rig);
}

static struct wg_record_filter events_of(uint8_t value_type) {
    struct wg_record_filter filter = {.record_types = 1u << WG_EVENT};
    filter.value_types[value_type / 64] = (uint64_t)1 << (value_type % 64);
    return filter;
}

static void conf_S04_pure_skipping_frees_the_log(void **state) {
    struct wg_record_filter filter = events_of(WG_VT_ESCALATION);
    struct rig *rig = rig_of(state, 1, 1);
    rig->filter = &filter;
    start(rig, WG_ROLE_LEADER);
    commands(rig, 200);
    assert_int_equal(rig->exported, 0);
    assert_int_equal(rig_view(rig).first_index, 1);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    assert_true(rig_view(rig).first_index > 1);
    rig_free(rig);
}

/* Data before `position` was freed; the record behind it is still in the log. Each entry here has one
 * record, and the first entry none, so that record is entry position + 2. */
static void expect_kept_behind(struct rig *rig, wg_position position) {
    struct wg_claim claim = snapshot(rig);
    wg_index kept = (wg_index)position + 2;
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_APPEND).a,
                     rig_view(rig).last_position + 1);
    assert_int_equal(claim.d, position);
    assert_true(claim.a < kept);
    assert_true(rig_view(rig).first_index > 1);
    assert_true(rig_view(rig).first_index <= kept);
    assert_true(rig_view(rig).last_index > kept);
}

static void conf_S05_unacknowledged_record_stays_though_others_are_skipped(void **state) {
    struct wg_record_filter filter = {.record_types = 1u << WG_COMMAND,
                                      .value_types = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    struct rig *rig = rig_of(state, 1, 1);
    rig->filter = &filter; /* commands are exported, their rejections skipped */
    start(rig, WG_ROLE_LEADER);
    commands(rig, 120);
    assert_int_equal(stored(rig, 0), 240);
    rig->ack = 0;
    commands(rig, 120);
    assert_int_equal(stored(rig, 0), 240);
    expect_kept_behind(rig, 240);
    rig_free(rig);
}

static void conf_S06_record_that_cannot_be_exported_stays(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 120);
    rig->fail_exports = true;
    commands(rig, 120);
    expect_kept_behind(rig, 240);
    rig_free(rig);
}

static void conf_S07_removed_exporter_frees_its_records(void **state) {
    struct rig *rig = rig_of(state, 1, 1);
    rig->ack = 0;
    start(rig, WG_ROLE_LEADER);
    commands(rig, 200);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    assert_int_equal(rig_view(rig).first_index, 1);
    rig->options.exporter_count = 0;
    restart(rig);
    assert_int_equal(rig_view(rig).lowest_exported, WG_POSITION_MAX);
    commands(rig, 1);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    assert_true(rig_view(rig).first_index > 1);
    rig_free(rig);
}

static uint64_t free_bytes(const struct rig *rig) {
    return rig->env->disk_ops->free_bytes(rig->disk);
}

/* Takes a snapshot; space and handles of the deleted segments are given back at once. */
static void expect_segments_go(struct rig *rig) {
    wg_index first = rig_view(rig).first_index;
    uint64_t log = rig_view(rig).log_bytes, space = free_bytes(rig);
    uint32_t handles = mem_disk_handles(rig->disk);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT);
    assert_true(rig_view(rig).first_index > first);
    uint64_t deleted = log - rig_view(rig).log_bytes;
    assert_true(deleted >= 2 * rig->options.segment_bytes);
    assert_true(free_bytes(rig) > space + deleted - rig->options.segment_bytes);
    assert_true(mem_disk_handles(rig->disk) <= handles - deleted / rig->options.segment_bytes);
}

static void conf_S09_no_reader_keeps_deleted_segments(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 200);
    expect_segments_go(rig);
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_pass(rig, 20 * WG_SECOND);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    commands(rig, 200);
    expect_segments_go(rig);
    rig_free(rig);
}

/* --- V ----------------------------------------------------------------------------------------- */

static void store_phase(struct rig *rig, void **state, enum wg_exporting_phase to) {
    bool cut = (quirks_of(state) & wg_quirk_bit(WG_QUIRK_PAUSE_FILE_NOT_CUT)) == 0;
    assert_int_equal(wg_pause_files_store_exporting(rig->env, "p", to, cut), WG_OK);
    mem_disk_power_loss(rig->disk, MEM_DISK_LOSE_ALL, 1);
}

static wg_status load_phase(struct rig *rig, enum wg_exporting_phase *ret_phase) {
    bool processing_paused;
    return wg_pause_files_load(rig->env, "p", ret_phase, &processing_paused);
}

static void expect_phase(struct rig *rig, enum wg_exporting_phase expected) {
    enum wg_exporting_phase found;
    assert_int_equal(load_phase(rig, &found), WG_OK);
    assert_int_equal(found, expected);
}

static void conf_V01_pause_and_resume_are_stored(void **state) {
    struct rig *rig = rig_of(state, 1, 0);
    expect_phase(rig, WG_EXPORTING);
    store_phase(rig, state, WG_EXPORTING_PAUSED);
    expect_phase(rig, WG_EXPORTING_PAUSED);
    store_phase(rig, state, WG_EXPORTING);
    expect_phase(rig, WG_EXPORTING);
    rig_free(rig);
}

static void conf_V02_soft_pause_and_resume_are_stored(void **state) {
    struct rig *rig = rig_of(state, 1, 0);
    store_phase(rig, state, WG_EXPORTING_SOFT_PAUSED);
    expect_phase(rig, WG_EXPORTING_SOFT_PAUSED);
    store_phase(rig, state, WG_EXPORTING);
    expect_phase(rig, WG_EXPORTING);
    rig_free(rig);
}

static void conf_V03_later_call_wins(void **state) {
    struct rig *rig = rig_of(state, 1, 0);
    store_phase(rig, state, WG_EXPORTING_PAUSED);
    store_phase(rig, state, WG_EXPORTING_SOFT_PAUSED);
    expect_phase(rig, WG_EXPORTING_SOFT_PAUSED);
    store_phase(rig, state, WG_EXPORTING_PAUSED);
    enum wg_exporting_phase found;
    if (is_zeebe(state)) { /* PAUSEDAUSED: not what the upstream test does, but what comes of it */
        assert_int_equal(load_phase(rig, &found), WG_CORRUPT);
    } else {
        expect_phase(rig, WG_EXPORTING_PAUSED);
    }
    rig_free(rig);
}

static void conf_V04_empty_file_means_paused(void **state) {
    struct rig *rig = rig_of(state, 1, 0);
    wg_file file;
    assert_int_equal(rig->env->disk_ops->open(rig->disk, "p/.exporterPaused", true, &file), WG_OK);
    rig->env->disk_ops->close(rig->disk, file);
    expect_phase(rig, WG_EXPORTING_PAUSED);
    rig_free(rig);
}

/* --- H, B -------------------------------------------------------------------------------------- */

static void conf_H1_pause(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 1);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING);
    commands(rig, 1);
    assert_int_equal(rig->exported, 2);
    assert_int_equal(phase(rig), WG_EXPORTING_PAUSED);
    rig_free(rig);
}

static void conf_H1_resume(void **state) {
    struct rig *rig = leading(state, 1);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING);
    commands(rig, 1);
    assert_int_equal(rig->exported, 0);
    ask(rig, WG_ADMIN_RESUME_EXPORTING);
    assert_int_equal(rig->exported, 2);
    assert_int_equal(stored(rig, 0), 2);
    rig_free(rig);
}

static void conf_H1_soft_pause(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 1);
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    commands(rig, 1);
    assert_int_equal(rig->exported, 4);
    assert_int_equal(stored(rig, 0), 2);
    rig_free(rig);
}

static void conf_H1_resume_after_soft_pause(void **state) {
    struct rig *rig = leading(state, 1);
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    commands(rig, 1);
    assert_int_equal(stored(rig, 0), -1);
    ask(rig, WG_ADMIN_RESUME_EXPORTING);
    assert_int_equal(stored(rig, 0), 2);
    commands(rig, 1);
    assert_int_equal(stored(rig, 0), 4);
    rig_free(rig);
}

static void conf_H1_pause_survives_a_restart(void **state) {
    struct rig *rig = leading(state, 1);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING);
    commands(rig, 1);
    restart(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    assert_int_equal(phase(rig), WG_EXPORTING_PAUSED);
    assert_int_equal(rig->exported, 0);
    rig_free(rig);
}

static void conf_H1_soft_pause_survives_a_restart(void **state) {
    struct rig *rig = leading(state, 1);
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    commands(rig, 1);
    restart(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    assert_int_equal(phase(rig), WG_EXPORTING_SOFT_PAUSED);
    assert_int_equal(rig->exported, 2);
    assert_int_equal(stored(rig, 0), -1);
    rig_free(rig);
}

static void conf_B_phases_are_reported_and_survive_a_restart(void **state) {
    static const struct {
        enum wg_admin_kind kind;
        enum wg_exporting_phase phase;
    } rows[] = {{WG_ADMIN_PAUSE_EXPORTING, WG_EXPORTING_PAUSED},
                {WG_ADMIN_RESUME_EXPORTING, WG_EXPORTING},
                {WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_EXPORTING_SOFT_PAUSED}};
    struct rig *rig = leading(state, 1);
    assert_int_equal(phase(rig), WG_EXPORTING);
    for (uint32_t i = 0; i < 3; i++) {
        ask(rig, rows[i].kind);
        assert_int_equal(phase(rig), rows[i].phase);
        restart(rig);
        assert_int_equal(phase(rig), rows[i].phase);
    }
    rig_free(rig);
}

/* What GET partitions says. */
static void expect_status(const struct rig *rig, const char *expected) {
    char text[512] = "";
    struct wg_json_out out = {text, sizeof text, 0};
    wg_node_status_json(rig->node, &out);
    assert_string_equal(text, expected);
}

/* The requests that an endpoint stands for, one after the other, whatever becomes of each. */
static void prepare_upgrade(struct rig *rig) {
    struct wg_management_call call;
    wg_management_parse("POST", "/partitions/prepareUpgrade", &call);
    for (uint32_t i = 0; i < call.admin_count; i++) {
        rig_admin(rig, (enum wg_admin_kind)call.admins[i]);
        rig_run(rig);
    }
}

static void conf_B_upgrade_pauses_both_and_takes_a_snapshot(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 5);
    prepare_upgrade(rig);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a, WG_PAUSED_BY_ADMIN);
    expect_status(rig, "{\"1\":{\"role\":\"LEADER\",\"processedPosition\":9,\"snapshotId\":\"9-1-9-10\","
                       "\"processedPositionInSnapshot\":9,\"streamProcessorPhase\":\"PAUSED\","
                       "\"exporterPhase\":\"PAUSED\",\"exportedPosition\":10}}");
    rig_free(rig);
}

static void conf_B_upgrade_takes_a_snapshot_though_a_pause_failed(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 5);
    mem_disk_arm(rig->disk, MEM_DISK_WRITE, 0, 1);
    prepare_upgrade(rig);
    mem_disk_arm(rig->disk, 0, 0, 0);
    struct wg_claim claim = test_env_last_claim(rig->env, WG_CLAIM_SNAPSHOT);
    assert_int_equal(claim.c, 9);
    assert_int_equal(claim.d, 10);
    rig_free(rig);
}

static void conf_B_without_exporters_the_phase_is_exporting(void **state) {
    struct rig *rig = leading(state, 0);
    commands(rig, 2);
    assert_int_equal(phase(rig), WG_EXPORTING);
    assert_int_equal(rig_view(rig).lowest_exported, WG_POSITION_MAX); /* as L12 */
    expect_status(rig, "{\"1\":{\"role\":\"LEADER\",\"processedPosition\":3,\"snapshotId\":null,"
                       "\"processedPositionInSnapshot\":null,\"streamProcessorPhase\":\"PROCESSING\","
                       "\"exporterPhase\":\"EXPORTING\",\"exportedPosition\":-1}}");
    rig_free(rig);
}

/* --- W, M -------------------------------------------------------------------------------------- */

static void conf_W3_exporter_new_in_the_configuration_is_there_after_a_restart(void **state) {
    struct rig *rig = leading(state, 1);
    commands(rig, 2);
    rig->options.exporter_count = 2;
    rig->exporters[1].id = "new";
    restart(rig);
    assert_int_equal(rig_calls(rig, 'o'), 2);
    assert_int_equal(rig->exported_first, 1); /* it starts at the first record there is */
    assert_int_equal(stored(rig, 1), 4);
    rig_free(rig);
}

/* Partitions share nothing but the loaded code, so three replicas stand for three partitions. The
 * fourth configure is the one of startup validation: see the second test of this row. */
static void conf_M1_each_partition_has_its_own_instance(void **state) {
    uint32_t configured = 0, opened = 0, closed = 0, exported = 0;
    for (uint32_t partition = 1; partition <= 3; partition++) {
        struct rig *rig = leading(state, 1);
        rig_command(rig);
        rig_post(rig, WG_ACTOR_PARTITION, WG_POST_STOP, 0, 0);
        rig_run(rig);
        configured += rig_calls(rig, 'c');
        opened += rig_calls(rig, 'o');
        closed += rig_calls(rig, 'x');
        exported += rig_calls(rig, 'e');
        rig_free(rig);
    }
    assert_int_equal(configured, 3);
    assert_int_equal(opened, 3);
    assert_int_equal(closed, 3);
    assert_int_equal(exported, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(conf_Y01_role_changes_close_the_director),
        BOTH(conf_Y01_candidate_and_follower_close_for_inactive),
        BOTH(conf_Y02_director_is_installed_for_the_new_role),
        BOTH(conf_Y03_follower_and_candidate_keep_the_director),
        BOTH(conf_Y04_inactive_has_no_director),
        BOTH(conf_S00_one_of_both_positions_is_enough_for_a_newer_snapshot),
        BOTH(conf_S01_no_newer_snapshot_when_an_exporter_is_added),
        BOTH(conf_S02_snapshot_id_carries_the_exported_position),
        BOTH(conf_S03_snapshot_is_taken_while_an_exporter_is_at_minus_one),
        BOTH(conf_S04_pure_skipping_frees_the_log),
        BOTH(conf_S05_unacknowledged_record_stays_though_others_are_skipped),
        BOTH(conf_S06_record_that_cannot_be_exported_stays),
        BOTH(conf_S07_removed_exporter_frees_its_records),
        BOTH(conf_S09_no_reader_keeps_deleted_segments),
        BOTH(conf_V01_pause_and_resume_are_stored),
        BOTH(conf_V02_soft_pause_and_resume_are_stored),
        BOTH(conf_V03_later_call_wins),
        BOTH(conf_V04_empty_file_means_paused),
        BOTH(conf_H1_pause),
        BOTH(conf_H1_resume),
        BOTH(conf_H1_soft_pause),
        BOTH(conf_H1_resume_after_soft_pause),
        BOTH(conf_H1_pause_survives_a_restart),
        BOTH(conf_H1_soft_pause_survives_a_restart),
        BOTH(conf_B_phases_are_reported_and_survive_a_restart),
        BOTH(conf_B_upgrade_pauses_both_and_takes_a_snapshot),
        BOTH(conf_B_upgrade_takes_a_snapshot_though_a_pause_failed),
        BOTH(conf_B_without_exporters_the_phase_is_exporting),
        BOTH(conf_W3_exporter_new_in_the_configuration_is_there_after_a_restart),
        BOTH(conf_M1_each_partition_has_its_own_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
