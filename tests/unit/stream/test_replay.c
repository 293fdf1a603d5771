/* What was processed can be replayed: for random commands, commits, crashes and snapshots, a
 * follower's state equals the leader's at every position, and what a crash takes is done again. */
#include "unit/stream/harness.h"
#include "unit/stream/models.h"
#include "unit/stream/rng.h"

#include "processing/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A key of that column family, or one that nothing has. */
static wg_key any_key(struct harness *h, uint64_t *seed, uint8_t cf) {
    wg_key keys[32];
    uint32_t count = 0;
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t len = 0;
    struct wg_bytes none = {NULL, 0};
    struct wg_bytes value;
    while (count < 32 && wg_state_next(h->state, cf, none, (struct wg_bytes){key, len}, false, key,
                                       &len, &value)) {
        keys[count++] = (wg_key)wg_state_u64_key(key);
    }
    if (count == 0 || rng_below(seed, 10) == 0) {
        return wg_key_encode(1 + rng_below(seed, 2), 1 + rng_below(seed, 5000));
    }
    return keys[rng_below(seed, count)];
}

static void random_command(struct harness *h, uint64_t *seed) {
    static const char *const contents[] = {"v1", "v2"};
    static const char *const processes[] = {"timer", "two", "choice", "fork"};
    switch (rng_below(seed, 20)) {
    case 0:
        harness_deploy(h, "one-task.bpmn", contents[rng_below(seed, 2)]);
        break;
    case 1:
    case 2:
    case 3:
    case 4:
        harness_create(h, rng_below(seed, 4));
        break;
    case 5:
    case 6:
        harness_activate(h, rng_below(seed, 4), 500 + rng_below(seed, 3000));
        break;
    case 7:
    case 8:
    case 9:
        harness_fail(h, any_key(h, seed, WG_CF_JOB), rng_below(seed, 2), rng_below(seed, 3));
        break;
    case 10:
        harness_update_retries(h, any_key(h, seed, WG_CF_JOB), rng_below(seed, 3));
        break;
    case 11:
        harness_resolve(h, any_key(h, seed, WG_CF_INCIDENT));
        break;
    case 12:
        harness_advance(h, rng_below(seed, 2500));
        break;
    case 13:
    case 14:
        harness_create_of(h, processes[rng_below(seed, 4)], "x", rng_below(seed, 3));
        break;
    case 15:
        harness_activate_type(h, "a", rng_below(seed, 4), 500 + rng_below(seed, 3000));
        break;
    case 16:
        harness_fail_with_backoff(h, any_key(h, seed, WG_CF_JOB), 1, rng_below(seed, 2000));
        break;
    default:
        harness_complete(h, any_key(h, seed, WG_CF_JOB), rng_below(seed, 4));
        break;
    }
}

/* Follows entry by entry and compares with what the leader claimed. */
static void assert_equal_at_every_position(struct harness *h) {
    uint32_t compared = 0;
    for (wg_index commit = 1; commit <= h->commit; commit++) {
        struct wg_state *follower = harness_follow(h, NULL, commit);
        uint64_t hash;
        wg_position at = wg_state_last_processed(follower);
        if (at >= 0 && harness_claimed(h, at, &hash)) {
            assert_int_equal(wg_state_hash(follower), hash);
            compared++;
        }
        wg_state_free(follower);
    }
    assert_true(compared > 0);
}

static void crash(struct harness *h, uint64_t *seed) {
    wg_index last = wg_log_last_index(h->log);
    harness_crash(h, h->commit + rng_below(seed, (uint32_t)(last - h->commit) + 1));
    struct wg_state *committed = harness_follow(h, NULL, wg_log_last_index(h->log));
    harness_forget_after(h, wg_state_last_processed(committed));
    wg_state_free(committed);
    harness_lead(h);
}

/* A snapshot of a follower at a random point, followed on to the end, gives the same state. */
static void assert_snapshot_leads_to_the_same(struct harness *h, uint64_t *seed) {
    struct wg_state *early = harness_follow(h, NULL, rng_below(seed, (uint32_t)h->commit + 1));
    struct wg_state_checkpoint *checkpoint = wg_state_checkpoint_take(early);
    struct wg_state *late = harness_follow(h, checkpoint, h->commit);
    struct wg_state *direct = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(late), wg_state_hash(direct));
    assert_int_equal(wg_state_last_processed(late), wg_state_last_processed(direct));
    wg_state_checkpoint_free(checkpoint);
    wg_state_free(direct);
    wg_state_free(late);
    wg_state_free(early);
}

static void deploy_models(struct harness *h) {
    static struct wg_model_builder model;
    model_timer(&model, 700);
    harness_deploy_model(h, &model);
    model_two_tasks(&model);
    harness_deploy_model(h, &model);
    model_choice(&model);
    harness_deploy_model(h, &model);
    model_fork(&model);
    harness_deploy_model(h, &model);
}

static void run_random(uint64_t seed) {
    struct harness *h = harness_new();
    if (seed % 3 == 0) {
        h->options.max_commands_in_batch = 3;
    }
    if (seed % 4 == 0) {
        h->options.max_message_bytes = 4096; /* batches have to be cut */
    }
    if (seed % 5 == 0) {
        h->env->flags |= WG_ENV_NO_MARKS; /* every reader decodes for itself */
    }
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    deploy_models(h);
    for (uint32_t i = 0; i < 120; i++) {
        random_command(h, &seed);
        uint32_t dice = rng_below(&seed, 12);
        if (dice == 0) {
            crash(h, &seed);
        } else if (dice == 1) {
            harness_settle(h);
        } else if (dice < 8 && wg_log_last_index(h->log) > h->commit) {
            harness_commit(h, h->commit + 1 + rng_below(&seed, (uint32_t)(
                                                  wg_log_last_index(h->log) - h->commit)));
        }
    }
    harness_settle(h);
    struct wg_state *follower = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(follower), wg_state_hash(h->state));
    wg_state_free(follower);
    assert_equal_at_every_position(h);
    assert_snapshot_leads_to_the_same(h, &seed);
    harness_free(h);
}

static void replay_equals_processing_for_random_commands_and_crashes(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        run_random(seed * 1000003);
    }
}

/* P01: keys of a follower that never "ends" its replay are not given out again. */
static void new_leader_does_not_reuse_keys(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_create(h, 0);
    harness_settle(h);
    harness_crash(h, wg_log_last_index(h->log));
    harness_lead(h);
    harness_create(h, 0);
    harness_settle(h);
    assert_int_equal(h->replies[0].key, wg_key_encode(1, 10)); /* 9 is the new instance */
    harness_free(h);
}

/* S09, and "the command is committed, its results may not be": they are made again. */
static void lost_results_are_made_again(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_create(h, 1);
    harness_create(h, 2);
    harness_commit(h, wg_log_last_index(h->log)); /* three outcomes are written, none committed */
    wg_index kept = h->commit + 1; /* the deployment's outcome survives */
    assert_int_equal(h->reply_count, 3);
    wg_key promised = h->replies[2].key; /* the client knows of the last instance already */
    assert_int_equal(wg_log_last_index(h->log), h->commit + 3);
    harness_crash(h, kept);
    harness_lead(h);
    assert_int_equal(wg_state_last_processed(h->state), 3);
    harness_settle(h);
    assert_int_equal(h->reply_count, 5);
    assert_int_equal(h->replies[4].key, promised);
    struct wg_state *follower = harness_follow(h, NULL, h->commit);
    assert_int_equal(wg_state_hash(follower), wg_state_hash(h->state));
    wg_state_free(follower);
    harness_free(h);
}

/* P09, S01: what the snapshot director may rely on. */
static void written_position_is_unset_in_replay_and_never_falls(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    harness_lead(h);
    assert_int_equal(wg_processor_positions(h->processor)->last_written, WG_POSITION_NONE);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_settle(h);
    assert_int_equal(wg_processor_positions(h->processor)->last_written, 3);
    harness_create(h, 0); /* a client's command is not a follow-up */
    assert_int_equal(wg_processor_positions(h->processor)->last_written, 3);
    harness_crash(h, wg_log_last_index(h->log));
    struct wg_processor *processor;
    struct wg_state *state = wg_state_new(h->env);
    assert_int_equal(wg_processor_new(h->env, &h->options, 1, h->log, state,
                                      WG_PROCESSOR_PROCESSING, 9, h->commit, &processor),
                     WG_OK);
    assert_int_equal(wg_processor_positions(processor)->last_written, WG_POSITION_NONE);
    assert_int_equal(wg_processor_positions(processor)->last_processed, WG_POSITION_NONE);
    assert_false(wg_processor_is_processing(processor));
    wg_processor_free(processor);
    wg_state_free(state);
    harness_lead(h);
    assert_int_equal(wg_processor_positions(h->processor)->last_processed, 4);
    assert_true(wg_processor_positions(h->processor)->last_written > 4);
    harness_free(h);
}

static void missing_records_are_reported_at_the_start(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_settle(h);
    harness_create(h, 0);
    harness_settle(h);
    struct wg_state *early = harness_follow(h, NULL, 3); /* last processed 1, last read 3 */
    assert_int_equal(wg_state_last_processed(early), 1);
    fake_log_compact_to(h->log, 4);
    struct wg_processor *processor;
    assert_int_equal(wg_processor_new(h->env, &h->options, 1, h->log, early, WG_PROCESSOR_REPLAY,
                                      1, h->commit, &processor),
                     WG_GAP);
    wg_state_free(early);
    harness_free(h);
}

/* A follower that is paused for `reasons` and then woken: how far has it replayed? */
static wg_position replayed_while_paused(struct harness *h, uint64_t quirks, uint32_t reasons) {
    struct wg_node_options options = h->options;
    options.quirks = quirks;
    struct wg_state *state = wg_state_new(h->env);
    struct wg_processor *processor;
    assert_int_equal(wg_processor_new(h->env, &options, 1, h->log, state, WG_PROCESSOR_REPLAY, 1,
                                      h->commit, &processor),
                     WG_OK);
    wg_processor_set_paused(processor, reasons);
    struct wg_event wake = {.kind = WG_EVENT_POST, .actor = WG_ACTOR_PROCESSOR, .partition = 1};
    wake.u.post.what = WG_POST_WAKE;
    assert_int_equal(wg_processor_step(processor, &wake), WG_OK);
    wg_position position = wg_processor_positions(processor)->last_processed;
    wg_processor_free(processor);
    wg_state_free(state);
    return position;
}

static void full_disk_does_not_stop_replay(void **unused) {
    (void)unused;
    struct harness *h = harness_new();
    harness_lead(h);
    harness_deploy(h, "one-task.bpmn", "v1");
    harness_settle(h);
    uint64_t quirk = wg_quirk_bit(WG_QUIRK_FULL_DISK_STOPS_REPLAY);
    assert_int_equal(replayed_while_paused(h, 0, WG_PAUSED_BY_DISK), 1);
    assert_int_equal(replayed_while_paused(h, quirk, WG_PAUSED_BY_DISK), WG_POSITION_NONE);
    assert_int_equal(replayed_while_paused(h, 0, WG_PAUSED_BY_ADMIN), WG_POSITION_NONE);
    assert_int_equal(replayed_while_paused(h, 0, WG_PAUSED_BY_DISK | WG_PAUSED_BY_ADMIN),
                     WG_POSITION_NONE);
    harness_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_disk_does_not_stop_replay),
        cmocka_unit_test(replay_equals_processing_for_random_commands_and_crashes),
        cmocka_unit_test(new_leader_does_not_reuse_keys),
        cmocka_unit_test(lost_results_are_made_again),
        cmocka_unit_test(written_position_is_unset_in_replay_and_never_falls),
        cmocka_unit_test(missing_records_are_reported_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
