/* The management API without its transport: every endpoint, its scope and its answers, and the state
 * of partitions as JSON over a broker that really runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/partition/harness.h"
#include "waggle/management.h"

#include <string.h>

/* --- endpoints -------------------------------------------------------------------------------- */

static const struct {
    const char *method, *path;
    enum wg_management_action action;
    uint32_t scope, admin;
    uint32_t status[3]; /* done, incomplete topology, failed */
} endpoints[] = {
    {"POST", "/exporting/pause", WG_MANAGEMENT_ADMIN, WG_SCOPE_REPLICAS, WG_ADMIN_PAUSE_EXPORTING,
     {204, 500, 500}},
    {"POST", "/exporting/pause?soft=false", WG_MANAGEMENT_ADMIN, WG_SCOPE_REPLICAS,
     WG_ADMIN_PAUSE_EXPORTING, {204, 500, 500}},
    {"POST", "/exporting/pause?soft=true", WG_MANAGEMENT_ADMIN, WG_SCOPE_REPLICAS,
     WG_ADMIN_SOFT_PAUSE_EXPORTING, {204, 500, 500}},
    {"POST", "/exporting/resume", WG_MANAGEMENT_ADMIN, WG_SCOPE_REPLICAS, WG_ADMIN_RESUME_EXPORTING,
     {204, 500, 500}},
    {"POST", "/exporting/explode", WG_MANAGEMENT_NOTHING, 0, 0, {500, 500, 500}},
    {"POST", "/rebalance", WG_MANAGEMENT_ADMIN, WG_SCOPE_LEADERS, WG_ADMIN_REBALANCE,
     {200, 200, 200}},
    {"GET", "/partitions", WG_MANAGEMENT_STATUS, WG_SCOPE_BROKER, 0, {200, 200, 200}},
    {"GET", "/partitions?pretty", WG_MANAGEMENT_STATUS, WG_SCOPE_BROKER, 0, {200, 200, 200}},
    {"POST", "/partitions/pauseProcessing", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_PAUSE_PROCESSING, {200, 200, 200}},
    {"POST", "/partitions/resumeProcessing", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_RESUME_PROCESSING, {200, 200, 200}},
    {"POST", "/partitions/takeSnapshot", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_TAKE_SNAPSHOT, {200, 200, 200}},
    {"POST", "/partitions/pauseExporting", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_PAUSE_EXPORTING, {200, 200, 200}},
    {"POST", "/partitions/softPauseExporting", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_SOFT_PAUSE_EXPORTING, {200, 200, 200}},
    {"POST", "/partitions/resumeExporting", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_RESUME_EXPORTING, {200, 200, 200}},
    {"POST", "/partitions/doNothing", WG_MANAGEMENT_NOTHING, 0, 0, {204, 204, 204}},
    {"GET", "/exporting/pause", WG_MANAGEMENT_NOTHING, 0, 0, {405, 405, 405}},
    {"DELETE", "/rebalance", WG_MANAGEMENT_NOTHING, 0, 0, {405, 405, 405}},
    {"POST", "/exporting", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"POST", "/exporting/", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"POST", "/exporting/pause/twice", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"GET", "/partitionsx", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"GET", "", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}}};

static void every_endpoint_is_understood_and_answered(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 0);
    rig_start(rig);
    rig_run(rig);
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        struct wg_management_call call;
        wg_management_parse(endpoints[i].method, endpoints[i].path, &call);
        assert_int_equal(call.action, endpoints[i].action);
        if (call.action == WG_MANAGEMENT_ADMIN) {
            assert_int_equal(call.scope, endpoints[i].scope);
            assert_int_equal(call.admin, endpoints[i].admin);
        }
        for (uint32_t outcome = 0; outcome < 3; outcome++) {
            char text[1024] = "";
            struct wg_json_out out = {text, sizeof text, 0};
            uint32_t status = wg_management_answer(&call, (enum wg_management_outcome)outcome, false,
                                                   rig->node, &out);
            if (status != endpoints[i].status[outcome]) {
                fail_msg("%s %s: %u", endpoints[i].method, endpoints[i].path, status);
            }
            /* 200 of partitions has the state, 500 a reason, all others nothing. */
            bool body = status == 500 || (status == 200 && strstr(endpoints[i].path, "/part"));
            assert_int_equal(out.len > 0, body);
        }
    }
    rig_free(rig);
}

/* 8.6: exporting always answers 200, and the body says what it should have been. */
static void exporting_as_8_6_answers_it(void **state) {
    (void)state;
    struct wg_management_call call;
    char text[512] = "";
    struct wg_json_out out = {text, sizeof text, 0};
    wg_management_parse("POST", "/exporting/resume", &call);
    assert_int_equal(wg_management_answer(&call, WG_OUTCOME_DONE, true, NULL, &out), 200);
    assert_string_equal(text, "{\"body\":null,\"status\":204,\"contentType\":null}");
    out.len = 0;
    assert_int_equal(wg_management_answer(&call, WG_OUTCOME_INCOMPLETE, true, NULL, &out), 200);
    assert_string_equal(text, "{\"body\":{\"message\":\"Expected all partitions to have a leader and "
                              "all followers, but the topology is incomplete\"},\"status\":500,"
                              "\"contentType\":null}");
    out.len = 0;
    wg_management_parse("POST", "/exporting/nonsense", &call);
    assert_int_equal(wg_management_answer(&call, WG_OUTCOME_DONE, true, NULL, &out), 200);
    assert_string_equal(text, "{\"body\":{\"message\":\"Cannot set exporting to an unknown state\"},"
                              "\"status\":500,\"contentType\":null}");
}

/* --- state of partitions ---------------------------------------------------------------------- */

static void expect_state(const struct rig *rig, const char *expected) {
    char text[512] = "";
    struct wg_json_out out = {text, sizeof text, 0};
    wg_node_status_json(rig->node, &out);
    assert_string_equal(text, expected);
    assert_int_equal(out.len, strlen(expected));
}

static void a_leader_shows_its_state(void **state) {
    (void)state;
    struct rig *rig = rig_new(1, 1);
    rig->ack = true;
    rig_start(rig);
    expect_state(rig, "{}"); /* nothing runs yet */
    rig_run(rig);
    expect_state(rig, "{\"1\":{\"role\":\"LEADER\",\"processedPosition\":-1,\"snapshotId\":null,"
                      "\"processedPositionInSnapshot\":null,\"streamProcessorPhase\":\"PROCESSING\","
                      "\"exporterPhase\":\"EXPORTING\",\"exportedPosition\":-1}}");
    rig_command(rig);
    rig_run(rig);
    expect_state(rig, "{\"1\":{\"role\":\"LEADER\",\"processedPosition\":1,\"snapshotId\":null,"
                      "\"processedPositionInSnapshot\":null,\"streamProcessorPhase\":\"PROCESSING\","
                      "\"exporterPhase\":\"EXPORTING\",\"exportedPosition\":2}}");
    rig_admin(rig, WG_ADMIN_SOFT_PAUSE_EXPORTING);
    rig_run(rig);
    rig_admin(rig, WG_ADMIN_PAUSE_PROCESSING);
    rig_run(rig);
    rig_admin(rig, WG_ADMIN_TAKE_SNAPSHOT);
    rig_run(rig);
    expect_state(rig, "{\"1\":{\"role\":\"LEADER\",\"processedPosition\":1,\"snapshotId\":"
                      "\"1-1-1-2\",\"processedPositionInSnapshot\":1,\"streamProcessorPhase\":"
                      "\"PAUSED\",\"exporterPhase\":\"SOFT_PAUSED\",\"exportedPosition\":2}}");
    rig_kill(rig);
    rig_free(rig);
}

static void a_follower_shows_its_state(void **state) {
    (void)state;
    struct rig *rig = rig_new(3, 0);
    rig_start(rig);
    rig_run(rig);
    expect_state(rig, "{\"1\":{\"role\":\"FOLLOWER\",\"processedPosition\":-1,\"snapshotId\":null,"
                      "\"processedPositionInSnapshot\":null,\"streamProcessorPhase\":\"REPLAY\","
                      "\"exporterPhase\":\"EXPORTING\",\"exportedPosition\":-1}}");
    rig_free(rig);
}

static void text_never_leaves_its_room(void **state) {
    (void)state;
    struct wg_partition_status status = {.role = WG_ROLE_CANDIDATE, .processed = INT64_MAX,
                                         .exporting = WG_EXPORTING_PAUSED, .exported = 7};
    char whole[512], part[512];
    struct wg_json_out all = {whole, sizeof whole, 0};
    wg_partition_status_json(&status, &all);
    assert_non_null(strstr(whole, "\"processedPosition\":9223372036854775807,"));
    assert_non_null(strstr(whole, "\"exporterPhase\":\"PAUSED\",\"exportedPosition\":7}"));
    for (size_t room = 0; room < all.len + 2; room++) {
        struct wg_json_out out = {part, room, 0};
        memset(part, '#', sizeof part);
        wg_partition_status_json(&status, &out);
        assert_int_equal(out.len, all.len);
        assert_int_equal(part[room], '#');
        size_t kept = room == 0 ? 0 : room - 1 < all.len ? room - 1 : all.len;
        assert_memory_equal(part, whole, kept);
        assert_true(room == 0 || part[kept] == '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_endpoint_is_understood_and_answered),
                                       cmocka_unit_test(exporting_as_8_6_answers_it),
                                       cmocka_unit_test(a_leader_shows_its_state),
                                       cmocka_unit_test(a_follower_shows_its_state),
                                       cmocka_unit_test(text_never_leaves_its_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
