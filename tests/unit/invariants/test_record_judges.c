/* Judges of committed records and of the process model. */
#include "judge_world.h"

#define CLIENT 7u /* the stream id that judge_world.c writes */

static struct world_record command(uint8_t value_type, uint8_t intent) {
    return (struct world_record){
        .record_type = WG_COMMAND, .value_type = value_type, .intent = intent, .key = -1};
}

static struct world_record event(uint8_t value_type, uint8_t intent, wg_key key,
                                 wg_position source) {
    return (struct world_record){.record_type = WG_EVENT,
                                 .value_type = value_type,
                                 .intent = intent,
                                 .key = key,
                                 .source = source};
}

static struct world_record of_instance(struct world_record record, wg_key instance) {
    record.instance = instance;
    return record;
}

static wg_key key(int64_t counter) { return wg_key_encode(1, counter); }

static wg_position commit_one(struct world *w, struct world_record record) {
    return world_entry(w, 1, &record, 1);
}

/* --- positions ------------------------------------------------------------------------------- */

static void judge_positions_fires_when_a_position_is_left_out(void **state) {
    (void)state;
    struct world *w = world_new();
    w->next_position = 2;
    commit_one(w, command(WG_VT_JOB, WG_JOB_COMPLETE));
    world_expect_only(w, "positions");
    world_free(w);
}

static void judge_positions_fires_when_a_batch_disagrees_with_its_entry(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_record records[2] = {command(WG_VT_JOB, WG_JOB_COMPLETE),
                                      command(WG_VT_JOB, WG_JOB_COMPLETE)};
    struct world_frame frame = world_frame(w, 1, records, 2);
    frame.bytes[82]++; /* highest position */
    world_reseal(&frame);
    world_commit(w, &frame);
    world_expect_only(w, "positions");
    world_free(w);
}

static void judge_positions_fires_when_a_record_has_another_position(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_record record = command(WG_VT_JOB, WG_JOB_COMPLETE);
    record.position = 5;
    commit_one(w, record);
    world_expect_only(w, "positions");
    world_free(w);
}

static void judge_positions_fires_when_the_source_is_no_command(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, command(WG_VT_JOB, WG_JOB_COMPLETE));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 1));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 2));
    world_expect_only(w, "positions");
    world_free(w);
}

static void judge_positions_fires_when_the_source_lies_ahead(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 9));
    world_expect_only(w, "positions");
    world_free(w);
}

static void judge_positions_fires_when_the_bytes_are_damaged(void **state) {
    (void)state;
    struct world *w = world_new();
    struct world_record record = command(WG_VT_JOB, WG_JOB_COMPLETE);
    struct world_frame frame = world_frame(w, 1, &record, 1);
    frame.bytes[frame.len - 20] ^= 1; /* the checksum no longer fits, on every disk */
    world_commit(w, &frame);
    world_expect_only(w, "positions");
    world_free(w);
}

static void judge_positions_stays_silent_on_batches_and_initial_entries(void **state) {
    (void)state;
    struct world *w = world_new();
    world_entry(w, 1, NULL, 0);
    wg_position source = commit_one(w, command(WG_VT_PROCESS_INSTANCE, WG_PI_CANCEL));
    struct world_record batch[3] = {event(WG_VT_JOB, WG_JOB_TIMED_OUT, key(1), source),
                                    command(WG_VT_JOB, WG_JOB_COMPLETE),
                                    event(WG_VT_JOB, WG_JOB_FAILED, key(1), 3)};
    batch[1].source = source;
    world_entry(w, 1, batch, 3);
    world_entry(w, 2, NULL, 0);
    commit_one(w, command(WG_VT_JOB, WG_JOB_COMPLETE));
    world_expect_silence(w);
    world_free(w);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void judge_keys_fires_when_a_key_is_used_twice(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, event(WG_VT_VARIABLE, WG_VARIABLE_CREATED, key(4), 0));
    commit_one(w, event(WG_VT_INCIDENT, WG_INCIDENT_CREATED, key(4), 0));
    world_expect_only(w, "keys");
    world_free(w);
}

static void judge_keys_fires_when_a_key_is_of_another_partition(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, event(WG_VT_INCIDENT, WG_INCIDENT_CREATED, wg_key_encode(2, 4), 0));
    commit_one(w, event(WG_VT_VARIABLE, WG_VARIABLE_CREATED, -1, 0));
    assert_int_equal(world_count(w, "keys"), 2);
    world_free(w);
}

static void judge_keys_stays_silent_when_an_entity_lives_on(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, event(WG_VT_VARIABLE, WG_VARIABLE_CREATED, key(4), 0));
    commit_one(w, event(WG_VT_VARIABLE, WG_VARIABLE_UPDATED, key(4), 0));
    commit_one(w, event(WG_VT_INCIDENT, WG_INCIDENT_CREATED, key(3), 0));
    commit_one(w, event(WG_VT_INCIDENT, WG_INCIDENT_RESOLVED, key(3), 0));
    world_expect_silence(w);
    world_free(w);
}

/* --- once ------------------------------------------------------------------------------------ */

static void judge_once_fires_when_a_command_is_followed_up_twice(void **state) {
    (void)state;
    struct world *w = world_new();
    wg_position source = commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), source));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), source));
    world_expect_only(w, "once");
    world_free(w);
}

static void judge_once_fires_when_a_batch_names_two_commands(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    struct world_record batch[2] = {event(WG_VT_JOB, WG_JOB_FAILED, key(1), 1),
                                    event(WG_VT_JOB, WG_JOB_FAILED, key(1), 2)};
    world_entry(w, 1, batch, 2);
    world_expect_only(w, "once");
    world_free(w);
}

static void judge_once_stays_silent_when_commands_follow_in_order(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 1));
    commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL)); /* 4, without a source */
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 2));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 4));
    world_expect_silence(w);
    world_free(w);
}

/* --- replay equals processing ---------------------------------------------------------------- */

static void judge_replay_equal_fires_when_a_follower_has_another_state(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_TRANSITION, WG_ROLE_LEADER, 1, 0, 0);
    wg_position source = commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    world_claim(w, 0, WG_CLAIM_PROCESSED, (uint64_t)source, 0xAA, 0, 0);
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), source));
    world_claim(w, 1, WG_CLAIM_PROCESSED, (uint64_t)source, 0xAB, 1, 0);
    world_expect_only(w, "replay-equal");
    world_free(w);
}

static void judge_replay_equal_stays_silent_on_an_execution_that_was_lost(void **state) {
    (void)state;
    struct world *w = world_new();
    world_claim(w, 0, WG_CLAIM_TRANSITION, WG_ROLE_LEADER, 1, 0, 0);
    wg_position source = commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    world_claim(w, 0, WG_CLAIM_PROCESSED, (uint64_t)source, 0xAA, 0, 0); /* its batch is lost */
    world_claim(w, 1, WG_CLAIM_TRANSITION, WG_ROLE_LEADER, 2, 0, 0);
    world_claim(w, 1, WG_CLAIM_PROCESSED, (uint64_t)source, 0xBB, 0, 0);
    struct world_record failed = event(WG_VT_JOB, WG_JOB_FAILED, key(1), source);
    world_entry(w, 2, &failed, 1);
    world_claim(w, 0, WG_CLAIM_TRANSITION, WG_ROLE_FOLLOWER, 2, 0, 0);
    world_claim(w, 0, WG_CLAIM_PROCESSED, (uint64_t)source, 0xBB, 1, 0);
    world_claim(w, 2, WG_CLAIM_PROCESSED, (uint64_t)source, 0xBB, 1, 0);
    world_expect_silence(w);
    world_free(w);
}

static void judge_replay_equal_fires_on_two_followers_without_a_leaders_claim(void **state) {
    (void)state;
    struct world *w = world_new();
    wg_position source = commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), source));
    world_claim(w, 1, WG_CLAIM_PROCESSED, (uint64_t)source, 0xAB, 1, 0);
    world_claim(w, 2, WG_CLAIM_PROCESSED, (uint64_t)source, 0xAC, 1, 0);
    world_expect_only(w, "replay-equal");
    world_free(w);
}

/* --- client model ---------------------------------------------------------------------------- */

static void request(struct world *w, uint64_t id, uint8_t value_type, uint8_t intent) {
    world_fact(w, SIM_FACT_REQUEST, WG_NODE_NONE, id, CLIENT, (uint64_t)value_type << 8 | intent,
               0);
}

static void reply(struct world *w, uint64_t id, uint8_t record_type, uint8_t value_type,
                  uint8_t intent) {
    world_fact(w, SIM_FACT_REPLY, WG_NODE_NONE, id, CLIENT,
               (uint64_t)record_type << 16 | (uint64_t)value_type << 8 | intent, 0);
}

static wg_position requested(struct world *w, uint64_t id, uint8_t value_type, uint8_t intent) {
    struct world_record record = command(value_type, intent);
    record.request_id = id;
    return commit_one(w, record);
}

/* An instance with key 10 and a job with key 12, as one command makes them. */
static void create_instance(struct world *w, uint64_t id) {
    wg_position source = requested(w, id, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE);
    struct world_record batch[4] = {
        of_instance(event(WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED, key(9), source),
                    key(10)),
        of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_ACTIVATING, key(10), source),
                    key(10)),
        of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_ACTIVATING, key(11), source),
                    key(10)),
        of_instance(event(WG_VT_JOB, WG_JOB_CREATED, key(12), source), key(10))};
    world_entry(w, 1, batch, 4);
}

static void complete_job(struct world *w, uint64_t id, bool instance_too) {
    wg_position source = requested(w, id, WG_VT_JOB, WG_JOB_COMPLETE);
    struct world_record batch[3] = {
        of_instance(event(WG_VT_JOB, WG_JOB_COMPLETED, key(12), source), key(10)),
        of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_COMPLETED, key(11), source),
                    key(10)),
        of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_COMPLETED, key(10), source),
                    key(10))};
    world_entry(w, 1, batch, instance_too ? 3 : 2);
}

static void finish(struct world *w) {
    world_deliver_all(w, 0, 1, sim_judges_last_position(w->judges, 1));
    sim_judges_finish(w->judges, 1000);
}

static void judge_client_model_stays_silent_on_a_whole_instance(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE);
    create_instance(w, 1);
    reply(w, 1, WG_EVENT, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED);
    request(w, 2, WG_VT_JOB, WG_JOB_COMPLETE);
    complete_job(w, 2, true);
    reply(w, 2, WG_EVENT, WG_VT_JOB, WG_JOB_COMPLETED);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_stays_silent_when_the_reply_comes_before_the_outcome(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    wg_position source = requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    reply(w, 1, WG_EVENT, WG_VT_JOB, WG_JOB_FAILED);
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), source));
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_stays_silent_when_the_network_doubles_a_request(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), 1));
    reply(w, 1, WG_REJECTION, WG_VT_JOB, WG_JOB_FAIL); /* the answer to the second copy */
    struct world_record rejection = event(WG_VT_JOB, WG_JOB_FAIL, key(1), 2);
    rejection.record_type = WG_REJECTION;
    commit_one(w, rejection);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_stays_silent_on_timeouts_and_errors(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    world_fact(w, SIM_FACT_REQUEST_TIMEOUT, WG_NODE_NONE, 1, CLIENT, 0, 0);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    request(w, 2, WG_VT_JOB, WG_JOB_FAIL);
    world_fact(w, SIM_FACT_REPLY, WG_NODE_NONE, 2, CLIENT, SIM_REPLY_ERROR | 8, 0);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_fires_when_a_reply_has_no_committed_command(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    reply(w, 1, WG_EVENT, WG_VT_JOB, WG_JOB_FAILED);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_the_outcome_is_another(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_COMPLETE);
    wg_position source = requested(w, 1, WG_VT_JOB, WG_JOB_COMPLETE);
    reply(w, 1, WG_EVENT, WG_VT_JOB, WG_JOB_COMPLETED);
    struct world_record rejection = event(WG_VT_JOB, WG_JOB_COMPLETE, key(1), source);
    rejection.record_type = WG_REJECTION;
    commit_one(w, rejection);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_acknowledged_command_has_no_effect(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    reply(w, 1, WG_EVENT, WG_VT_JOB, WG_JOB_FAILED);
    wg_position later = commit_one(w, command(WG_VT_JOB, WG_JOB_FAIL));
    commit_one(w, event(WG_VT_JOB, WG_JOB_FAILED, key(1), later));
    finish(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_stays_silent_when_the_run_ends_before_the_outcome(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    reply(w, 1, WG_EVENT, WG_VT_JOB, WG_JOB_FAILED);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_fires_when_a_job_is_completed_twice(void **state) {
    (void)state;
    struct world *w = world_new();
    create_instance(w, 1);
    complete_job(w, 2, true);
    commit_one(w, of_instance(event(WG_VT_JOB, WG_JOB_COMPLETED, key(12), 0), key(10)));
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_instance_is_completed_without_its_job(void **state) {
    (void)state;
    struct world *w = world_new();
    create_instance(w, 1);
    commit_one(w, of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_COMPLETED, key(10), 0),
                              key(10)));
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_instance_hangs_after_its_job(void **state) {
    (void)state;
    struct world *w = world_new();
    create_instance(w, 1);
    complete_job(w, 2, false);
    finish(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void timer(struct world *w, uint8_t intent) {
    commit_one(w, of_instance(event(WG_VT_TIMER, intent, key(15), 0), key(10)));
}

static void end_instance(struct world *w) {
    commit_one(w, of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_COMPLETED, key(10), 0),
                              key(10)));
}

/* An instance of a process with a timer, after its job. */
static struct world *world_at_timer(void) {
    struct world *w = world_new();
    w->setup.only_one_task = false;
    create_instance(w, 1);
    complete_job(w, 2, false);
    timer(w, WG_TIMER_CREATED);
    return w;
}

static void judge_client_model_stays_silent_on_an_instance_with_a_timer(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    timer(w, WG_TIMER_TRIGGERED);
    end_instance(w);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_stays_silent_while_a_timer_is_open(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_fires_when_a_timer_is_triggered_twice(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    timer(w, WG_TIMER_TRIGGERED);
    timer(w, WG_TIMER_TRIGGERED);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_instance_is_completed_before_its_timer(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    end_instance(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_instance_hangs_after_its_timer(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    timer(w, WG_TIMER_TRIGGERED);
    finish(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void user_task(struct world *w, uint8_t intent) {
    commit_one(w, of_instance(event(WG_VT_USER_TASK, intent, key(16), 0), key(10)));
}

static void terminate_instance(struct world *w) {
    commit_one(w, of_instance(event(WG_VT_PROCESS_INSTANCE, WG_PI_ELEMENT_TERMINATED, key(10), 0),
                              key(10)));
}

static void judge_client_model_stays_silent_on_a_cancelled_instance(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    user_task(w, WG_USER_TASK_CREATED);
    user_task(w, WG_USER_TASK_CANCELED);
    timer(w, WG_TIMER_CANCELED);
    terminate_instance(w);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_client_model_fires_when_a_cancelled_instance_keeps_its_timer(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    terminate_instance(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_instance_ends_twice(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    timer(w, WG_TIMER_CANCELED);
    terminate_instance(w);
    terminate_instance(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_an_instance_is_completed_before_its_user_task(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    timer(w, WG_TIMER_TRIGGERED);
    user_task(w, WG_USER_TASK_CREATED);
    end_instance(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

static void judge_client_model_fires_when_a_user_task_is_completed_twice(void **state) {
    (void)state;
    struct world *w = world_at_timer();
    user_task(w, WG_USER_TASK_CREATED);
    user_task(w, WG_USER_TASK_COMPLETED);
    user_task(w, WG_USER_TASK_COMPLETED);
    world_expect_only(w, "client-model");
    world_free(w);
}

/* It stands still without a job or timer, and may be cancelled all the same. */
static void judge_client_model_knows_banned_instances(void **state) {
    (void)state;
    for (int cancels = 0; cancels < 2; cancels++) {
        struct world *w = world_at_timer();
        timer(w, WG_TIMER_TRIGGERED);
        commit_one(w, of_instance(event(WG_VT_ERROR, WG_ERROR_CREATED, key(15), 0), key(10)));
        if (cancels != 0) {
            terminate_instance(w);
        }
        finish(w);
        world_expect_silence(w);
        world_free(w);
    }
}

static void judge_client_model_fires_when_a_creation_makes_no_instance(void **state) {
    (void)state;
    struct world *w = world_new();
    commit_one(w, event(WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATED, key(9), 0));
    finish(w);
    world_expect_only(w, "client-model");
    world_free(w);
}

/* --- refused requests ------------------------------------------------------------------------ */

static void refused(struct world *w, uint64_t id, uint32_t code, uint64_t flags) {
    world_fact(w, SIM_FACT_REPLY, WG_NODE_NONE, id, CLIENT, SIM_REPLY_ERROR | code | flags, 0);
}

static void judge_refused_requests_stays_silent_when_nothing_follows(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_PROCESS_INSTANCE_CREATION, WG_PIC_CREATE);
    refused(w, 1, WG_ERR_RESOURCE_EXHAUSTED, SIM_REPLY_OVER_LIMIT);
    request(w, 2, WG_VT_JOB, WG_JOB_COMPLETE); /* a full disk refuses everything */
    refused(w, 2, WG_ERR_RESOURCE_EXHAUSTED, 0);
    request(w, 3, WG_VT_JOB, WG_JOB_FAIL);
    refused(w, 3, WG_ERR_INTERNAL, 0); /* maybe */
    requested(w, 3, WG_VT_JOB, WG_JOB_FAIL);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_refused_requests_stays_silent_when_another_copy_was_taken(void **state) {
    (void)state;
    struct world *w = world_new();
    for (uint64_t id = 1; id <= 2; id++) {
        request(w, id, WG_VT_JOB, WG_JOB_FAIL);
        sim_judges_request_doubled(w->judges, 1, CLIENT, id);
    }
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    refused(w, 1, WG_ERR_PARTITION_LEADER_MISMATCH, 0);
    refused(w, 2, WG_ERR_PARTITION_LEADER_MISMATCH, 0);
    requested(w, 2, WG_VT_JOB, WG_JOB_FAIL);
    finish(w);
    world_expect_silence(w);
    world_free(w);
}

static void judge_refused_requests_fires_when_the_command_is_there(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    refused(w, 1, WG_ERR_RESOURCE_EXHAUSTED, 0);
    world_expect_only(w, "refused-requests");
    world_free(w);
}

static void judge_refused_requests_fires_when_the_command_follows(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    sim_judges_request_doubled(w->judges, 1, CLIENT, 1);
    refused(w, 1, WG_ERR_RESOURCE_EXHAUSTED, 0);
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL); /* the other copy */
    requested(w, 1, WG_VT_JOB, WG_JOB_FAIL);
    world_expect_only(w, "refused-requests");
    world_free(w);
}

static void judge_refused_requests_fires_when_the_limit_refuses_what_frees(void **state) {
    (void)state;
    struct world *w = world_new();
    request(w, 1, WG_VT_JOB, WG_JOB_COMPLETE);
    refused(w, 1, WG_ERR_RESOURCE_EXHAUSTED, SIM_REPLY_OVER_LIMIT);
    world_expect_only(w, "refused-requests");
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_positions_fires_when_a_position_is_left_out),
        cmocka_unit_test(judge_positions_fires_when_a_batch_disagrees_with_its_entry),
        cmocka_unit_test(judge_positions_fires_when_a_record_has_another_position),
        cmocka_unit_test(judge_positions_fires_when_the_source_is_no_command),
        cmocka_unit_test(judge_positions_fires_when_the_source_lies_ahead),
        cmocka_unit_test(judge_positions_fires_when_the_bytes_are_damaged),
        cmocka_unit_test(judge_positions_stays_silent_on_batches_and_initial_entries),
        cmocka_unit_test(judge_keys_fires_when_a_key_is_used_twice),
        cmocka_unit_test(judge_keys_fires_when_a_key_is_of_another_partition),
        cmocka_unit_test(judge_keys_stays_silent_when_an_entity_lives_on),
        cmocka_unit_test(judge_once_fires_when_a_command_is_followed_up_twice),
        cmocka_unit_test(judge_once_fires_when_a_batch_names_two_commands),
        cmocka_unit_test(judge_once_stays_silent_when_commands_follow_in_order),
        cmocka_unit_test(judge_replay_equal_fires_when_a_follower_has_another_state),
        cmocka_unit_test(judge_replay_equal_stays_silent_on_an_execution_that_was_lost),
        cmocka_unit_test(judge_replay_equal_fires_on_two_followers_without_a_leaders_claim),
        cmocka_unit_test(judge_refused_requests_stays_silent_when_nothing_follows),
        cmocka_unit_test(judge_refused_requests_stays_silent_when_another_copy_was_taken),
        cmocka_unit_test(judge_refused_requests_fires_when_the_command_is_there),
        cmocka_unit_test(judge_refused_requests_fires_when_the_command_follows),
        cmocka_unit_test(judge_refused_requests_fires_when_the_limit_refuses_what_frees),
        cmocka_unit_test(judge_client_model_stays_silent_on_a_whole_instance),
        cmocka_unit_test(judge_client_model_stays_silent_when_the_reply_comes_before_the_outcome),
        cmocka_unit_test(judge_client_model_stays_silent_when_the_network_doubles_a_request),
        cmocka_unit_test(judge_client_model_stays_silent_on_timeouts_and_errors),
        cmocka_unit_test(judge_client_model_fires_when_a_reply_has_no_committed_command),
        cmocka_unit_test(judge_client_model_fires_when_the_outcome_is_another),
        cmocka_unit_test(judge_client_model_fires_when_an_acknowledged_command_has_no_effect),
        cmocka_unit_test(judge_client_model_stays_silent_when_the_run_ends_before_the_outcome),
        cmocka_unit_test(judge_client_model_fires_when_a_job_is_completed_twice),
        cmocka_unit_test(judge_client_model_fires_when_an_instance_is_completed_without_its_job),
        cmocka_unit_test(judge_client_model_fires_when_an_instance_hangs_after_its_job),
        cmocka_unit_test(judge_client_model_stays_silent_on_an_instance_with_a_timer),
        cmocka_unit_test(judge_client_model_stays_silent_while_a_timer_is_open),
        cmocka_unit_test(judge_client_model_stays_silent_on_a_cancelled_instance),
        cmocka_unit_test(judge_client_model_fires_when_a_cancelled_instance_keeps_its_timer),
        cmocka_unit_test(judge_client_model_fires_when_an_instance_ends_twice),
        cmocka_unit_test(judge_client_model_fires_when_an_instance_is_completed_before_its_user_task),
        cmocka_unit_test(judge_client_model_fires_when_a_user_task_is_completed_twice),
        cmocka_unit_test(judge_client_model_knows_banned_instances),
        cmocka_unit_test(judge_client_model_fires_when_a_timer_is_triggered_twice),
        cmocka_unit_test(judge_client_model_fires_when_an_instance_is_completed_before_its_timer),
        cmocka_unit_test(judge_client_model_fires_when_an_instance_hangs_after_its_timer),
        cmocka_unit_test(judge_client_model_fires_when_a_creation_makes_no_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
