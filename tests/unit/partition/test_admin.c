/* What an operator asks for: it takes effect, is answered, and holds over restarts and role
 * changes. And the watch over the disk. */
#include "tests/unit/partition/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define PHASE_FILE "partitions/1/.exporterPaused"

static struct rig *leading(uint64_t quirks) {
    struct rig *rig = rig_new(1, 1);
    rig->options.quirks = quirks;
    rig->ack = 1;
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    return rig;
}

static void ask(struct rig *rig, enum wg_admin_kind kind, wg_status expected) {
    uint32_t before = rig->admin_count;
    rig_admin(rig, kind);
    rig_run(rig);
    assert_int_equal(rig->admin_count, before + 1);
    assert_int_equal(rig->admin_request, 100 + (uint64_t)kind);
    assert_int_equal(rig->admin_status, expected);
}

static wg_position stored(const struct rig *rig) {
    wg_position position;
    assert_int_equal(wg_node_exporter_position(rig->node, 1, 0, &position), WG_OK);
    return position;
}

static uint64_t phase(const struct rig *rig) {
    return test_env_last_claim(rig->env, WG_CLAIM_EXPORTING_PHASE).a;
}

static void restart(struct rig *rig, enum mem_disk_survival survival) {
    rig_kill(rig);
    mem_disk_power_loss(rig->disk, survival, 1);
    rig_start(rig);
    rig_run(rig);
}

static void pause_stops_exporting_until_resumed(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    rig_command(rig);
    assert_int_equal(rig->exported, 2);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK);
    rig_command(rig);
    assert_int_equal(rig->exported, 2);
    assert_int_equal(rig->reply_count, 2); /* processing goes on */
    ask(rig, WG_ADMIN_RESUME_EXPORTING, WG_OK);
    assert_int_equal(rig->exported, 4);
    assert_int_equal(stored(rig), 4);
    rig_free(rig);
}

static void pause_holds_over_power_loss_and_role_change(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK);
    rig_command(rig);
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_pass(rig, 20 * WG_SECOND);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    assert_int_equal(phase(rig), WG_EXPORTING_PAUSED);
    restart(rig, MEM_DISK_LOSE_ALL);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    assert_int_equal(rig->exported, 0);
    ask(rig, WG_ADMIN_RESUME_EXPORTING, WG_OK);
    assert_int_equal(rig->exported, 2);
    restart(rig, MEM_DISK_LOSE_ALL);
    assert_int_equal(phase(rig), WG_EXPORTING);
    assert_false(mem_disk_exists(rig->disk, PHASE_FILE));
    rig_free(rig);
}

static void soft_pause_exports_but_keeps_positions(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    rig_command(rig);
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK);
    rig_command(rig);
    assert_int_equal(rig->exported, 4);
    assert_int_equal(stored(rig), 2);
    restart(rig, MEM_DISK_LOSE_ALL); /* there is no snapshot: everything comes again */
    assert_int_equal(phase(rig), WG_EXPORTING_SOFT_PAUSED);
    assert_int_equal(stored(rig), WG_POSITION_NONE);
    assert_int_equal(rig->exported, 4);
    ask(rig, WG_ADMIN_RESUME_EXPORTING, WG_OK);
    assert_int_equal(stored(rig), 4);
    rig_free(rig);
}

static void follower_remembers_what_it_was_asked(void **state) {
    (void)state;
    struct rig *rig = rig_new(3, 1);
    rig_start(rig);
    rig_run(rig);
    assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK);
    restart(rig, MEM_DISK_LOSE_ALL);
    assert_int_equal(phase(rig), WG_EXPORTING_SOFT_PAUSED);
    rig_free(rig);
}

static void every_crash_leaves_the_old_phase_or_the_new_one(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        for (uint32_t nth = 0; nth < 8; nth++) {
            struct rig *rig = leading(0);
            ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK);
            mem_disk_arm(rig->disk, MEM_DISK_ALL, nth, UINT32_MAX);
            rig_admin(rig, WG_ADMIN_PAUSE_EXPORTING);
            rig_run(rig);
            bool told = rig->admin_status == WG_OK;
            rig_kill(rig);
            mem_disk_power_loss(rig->disk, MEM_DISK_TEAR, seed);
            rig_start(rig);
            rig_run(rig);
            assert_true(rig_is(rig, WG_ROLE_LEADER));
            uint64_t now = phase(rig);
            assert_true(now == WG_EXPORTING_PAUSED || (!told && now == WG_EXPORTING_SOFT_PAUSED));
            rig_free(rig);
        }
    }
}

static void pause_that_cannot_be_stored_is_refused(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    mem_disk_arm(rig->disk, MEM_DISK_WRITE, 0, 1);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_IO);
    mem_disk_arm(rig->disk, 0, 0, 0);
    rig_command(rig);
    assert_int_equal(rig->exported, 2);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK);
    rig_free(rig);
}

static void quirk_answers_ok_and_pauses_from_the_next_role_on(void **state) {
    (void)state;
    struct rig *rig = leading(wg_quirk_bit(WG_QUIRK_PAUSE_UNSAVED_IS_OK));
    mem_disk_arm(rig->disk, MEM_DISK_WRITE, 0, 1);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK);
    mem_disk_arm(rig->disk, 0, 0, 0);
    rig_command(rig);
    assert_int_equal(rig->exported, 2);
    rig_post(rig, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, 0, 0);
    rig_pass(rig, 20 * WG_SECOND);
    assert_int_equal(phase(rig), WG_EXPORTING_PAUSED);
    rig_free(rig);
}

static void quirk_leaves_a_file_that_stops_the_next_start(void **state) {
    (void)state;
    struct rig *rig = leading(wg_quirk_bit(WG_QUIRK_PAUSE_FILE_NOT_CUT));
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK); /* PAUSEDAUSED */
    restart(rig, MEM_DISK_LOSE_ALL);
    assert_true(rig_view(rig).failed);
    ask(rig, WG_ADMIN_RESUME_EXPORTING, WG_CLOSED);
    rig_free(rig);
    rig = leading(0);
    ask(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING, WG_OK);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK);
    restart(rig, MEM_DISK_LOSE_ALL);
    assert_int_equal(phase(rig), WG_EXPORTING_PAUSED);
    rig_free(rig);
}

static void paused_processing_writes_commands_and_answers_later(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    ask(rig, WG_ADMIN_PAUSE_PROCESSING, WG_OK);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a, WG_PAUSED_BY_ADMIN);
    rig_command(rig);
    assert_int_equal(rig->reply_count, 0);
    assert_int_equal(rig->exported, 1); /* the command is in the log */
    restart(rig, MEM_DISK_LOSE_ALL);
    assert_int_equal(rig_view(rig).last_processed, WG_POSITION_NONE);
    ask(rig, WG_ADMIN_RESUME_PROCESSING, WG_OK);
    assert_int_equal(rig->reply_count, 1);
    assert_int_equal(rig_view(rig).last_processed, 1);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a, 0);
    rig_free(rig);
}

static void snapshot_is_taken_when_asked_for(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    for (int i = 0; i < 3; i++) {
        rig_command(rig);
    }
    assert_int_equal(rig_view(rig).snapshot_index, 0);
    ask(rig, WG_ADMIN_TAKE_SNAPSHOT, WG_OK);
    assert_true(rig_view(rig).snapshot_index > 0);
    rig_free(rig);
}

static void rebalance_makes_only_a_leader_that_is_not_primary_step_down(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    ask(rig, WG_ADMIN_REBALANCE, WG_OK);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    rig_free(rig);
    rig = rig_new(1, 1);
    rig->partition.target_priority = 5; /* somebody else is the primary */
    rig_start(rig);
    rig_pass(rig, 30 * WG_SECOND);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    ask(rig, WG_ADMIN_REBALANCE, WG_OK);
    assert_true(rig_is(rig, WG_ROLE_FOLLOWER));
    rig_free(rig);
}

static void stopped_partition_refuses(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    rig_post(rig, WG_ACTOR_PARTITION, WG_POST_STOP, 0, 0);
    rig_run(rig);
    ask(rig, WG_ADMIN_RESUME_EXPORTING, WG_CLOSED);
    rig_free(rig);
}

/* --- disk -------------------------------------------------------------------------------------- */

static uint64_t used(const struct rig *rig) {
    return ((uint64_t)1 << 30) - rig->env->disk_ops->free_bytes(rig->disk);
}

static void low_disk_refuses_commands_and_goes_on_exporting(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    ask(rig, WG_ADMIN_PAUSE_EXPORTING, WG_OK);
    rig_command(rig);
    mem_disk_set_capacity(rig->disk, used(rig) + (1 << 20) - 1);
    rig_pass(rig, 900 * WG_MS);
    rig_command(rig); /* not noticed yet */
    assert_int_equal(rig->replies[1].error, WG_ERR_NONE);
    rig_pass(rig, 200 * WG_MS);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a, WG_PAUSED_BY_DISK);
    rig_command(rig);
    assert_int_equal(rig->replies[2].error, WG_ERR_RESOURCE_EXHAUSTED);
    ask(rig, WG_ADMIN_RESUME_EXPORTING, WG_OK);
    assert_int_equal(rig->exported, 4);
    mem_disk_set_capacity(rig->disk, used(rig) + (1 << 20));
    rig_pass(rig, WG_SECOND);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a, 0);
    rig_command(rig);
    assert_int_equal(rig->replies[3].error, WG_ERR_NONE);
    rig_free(rig);
}

static void disk_that_recovers_does_not_end_an_operators_pause(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    ask(rig, WG_ADMIN_PAUSE_PROCESSING, WG_OK);
    mem_disk_set_capacity(rig->disk, used(rig) + 1000);
    rig_pass(rig, 2 * WG_SECOND);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a,
                     WG_PAUSED_BY_DISK | WG_PAUSED_BY_ADMIN);
    mem_disk_set_capacity(rig->disk, (uint64_t)1 << 30);
    rig_pass(rig, 2 * WG_SECOND);
    assert_int_equal(test_env_last_claim(rig->env, WG_CLAIM_PROCESSING).a, WG_PAUSED_BY_ADMIN);
    rig_command(rig);
    assert_int_equal(rig->reply_count, 0);
    rig_free(rig);
}

static void low_disk_is_known_before_the_first_role(void **state) {
    (void)state;
    struct rig *rig = leading(0);
    mem_disk_set_capacity(rig->disk, used(rig) + 1000);
    restart(rig, MEM_DISK_KEEP_ALL);
    assert_true(rig_is(rig, WG_ROLE_LEADER));
    rig_command(rig);
    assert_int_equal(rig->replies[0].error, WG_ERR_RESOURCE_EXHAUSTED);
    rig_free(rig);
}

static void watermark_zero_watches_nothing(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 0);
    rig->options.min_free_processing = 0;
    rig_start(rig);
    rig_run(rig);
    assert_int_equal(rig->timers[WG_ACTOR_PARTITION][WG_TIMER_SLOTS - 1], WG_TIME_NEVER);
    rig_free(rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pause_stops_exporting_until_resumed),
        cmocka_unit_test(pause_holds_over_power_loss_and_role_change),
        cmocka_unit_test(soft_pause_exports_but_keeps_positions),
        cmocka_unit_test(follower_remembers_what_it_was_asked),
        cmocka_unit_test(every_crash_leaves_the_old_phase_or_the_new_one),
        cmocka_unit_test(pause_that_cannot_be_stored_is_refused),
        cmocka_unit_test(quirk_answers_ok_and_pauses_from_the_next_role_on),
        cmocka_unit_test(quirk_leaves_a_file_that_stops_the_next_start),
        cmocka_unit_test(paused_processing_writes_commands_and_answers_later),
        cmocka_unit_test(snapshot_is_taken_when_asked_for),
        cmocka_unit_test(rebalance_makes_only_a_leader_that_is_not_primary_step_down),
        cmocka_unit_test(stopped_partition_refuses),
        cmocka_unit_test(low_disk_refuses_commands_and_goes_on_exporting),
        cmocka_unit_test(disk_that_recovers_does_not_end_an_operators_pause),
        cmocka_unit_test(low_disk_is_known_before_the_first_role),
        cmocka_unit_test(watermark_zero_watches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
