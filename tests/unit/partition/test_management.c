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
    {"POST", "/partitions/prepareUpgrade", WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER,
     WG_ADMIN_PAUSE_PROCESSING, {200, 200, 200}},
    {"GET", "/exporters", WG_MANAGEMENT_EXPORTERS, 0, 0, {200, 200, 200}},
    {"POST", "/exporters", WG_MANAGEMENT_NOTHING, 0, 0, {405, 405, 405}},
    {"GET", "/exporters/x/enable", WG_MANAGEMENT_NOTHING, 0, 0, {405, 405, 405}},
    {"POST", "/exporters/x", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"POST", "/exporters//enable", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"POST", "/exporters/x/enable/twice", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"POST", "/exporters/x/enabled", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
    {"DELETE", "/exporters/x", WG_MANAGEMENT_NOTHING, 0, 0, {404, 404, 404}},
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
            assert_int_equal(call.admins[0], endpoints[i].admin);
            assert_int_equal(call.admin_count, strstr(endpoints[i].path, "/prepare") ? 3 : 1);
        }
        for (uint32_t outcome = 0; outcome < 3; outcome++) {
            char text[1024] = "";
            struct wg_json_out out = {text, sizeof text, 0};
            uint32_t status = wg_management_answer(&call, (enum wg_management_outcome)outcome, false,
                                                   rig->node, &out);
            if (status != endpoints[i].status[outcome]) {
                fail_msg("%s %s: %u", endpoints[i].method, endpoints[i].path, status);
            }
            /* 200 of partitions and exporters has their state, 500 a reason, all others nothing. */
            bool body = status == 500 || (status == 200 && (strstr(endpoints[i].path, "/part") ||
                                                            strstr(endpoints[i].path, "/exporters")));
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

/* --- changes of exporters --------------------------------------------------------------------- */

static void changes_of_exporters_are_understood(void **state) {
    static const struct {
        const char *path, *exporter;
        enum wg_admin_kind kind;
        bool dry_run;
    } rows[] = {{"/exporters/elastic/enable", "elastic", WG_ADMIN_ENABLE_EXPORTER, false},
                {"/exporters/elastic/disable?dryRun=true", "elastic", WG_ADMIN_DISABLE_EXPORTER, true},
                {"/exporters/a.b-c/enable?x=1&dryRun=true", "a.b-c", WG_ADMIN_ENABLE_EXPORTER, true},
                {"/exporters/enable/disable?dryRun=false", "enable", WG_ADMIN_DISABLE_EXPORTER, false},
                {"/exporters/x/disable?dryRun=trueish", "x", WG_ADMIN_DISABLE_EXPORTER, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wg_management_call call;
        wg_management_parse("POST", rows[i].path, &call);
        assert_int_equal(call.action, WG_MANAGEMENT_CHANGE);
        assert_int_equal(call.scope, WG_SCOPE_COORDINATOR);
        assert_int_equal(call.admins[0], rows[i].kind);
        assert_int_equal(call.dry_run, rows[i].dry_run);
        assert_int_equal(call.exporter_len, strlen(rows[i].exporter));
        assert_memory_equal(call.exporter, rows[i].exporter, call.exporter_len);
    }
}

static uint32_t answer_change(const struct wg_node *node, struct wg_exporter_change change, char *text,
                              size_t room) {
    const struct wg_partition_options partitions[] = {
        {.id = 1, .member_count = 2, .members = {0, 1}, .priorities = {2, 1}},
        {.id = 2, .member_count = 1, .members = {1}, .priorities = {1}}};
    struct wg_management_cluster cluster = {2, partitions, 2};
    struct wg_json_out out = {text, room, 0};
    uint32_t status = wg_management_change_answer(node, &cluster, &change, &out);
    assert_true(out.len < room);
    return status;
}

/* The plan has an operation for each broker and partition, and the state before and after. */
static void an_accepted_change_shows_its_plan(void **state) {
    (void)state;
    char text[2048] = "";
    struct rig *rig = rig_new(1, 2);
    rig->exporters[0].id = "one";
    rig->exporters[1].id = "two";
    rig_start(rig);
    rig_run(rig);
    rig_admin_exporter(rig, WG_ADMIN_DISABLE_EXPORTER, "two", NULL);
    rig_run(rig);
    struct wg_exporter_change change = {WG_ADMIN_DISABLE_EXPORTER, "two", true, WG_OK};
    assert_int_equal(answer_change(rig->node, change, text, sizeof text), 202);
#define EXPORTERS(two)                                                                             \
    "\"config\":{\"exporting\":{\"exporters\":[{\"id\":\"one\",\"state\":\"ENABLED\"},{\"id\":"        \
    "\"two\",\"state\":\"" two "\"}]}}}"
#define TOPOLOGY(two)                                                                              \
    "[{\"id\":0,\"state\":\"ACTIVE\",\"partitions\":[{\"id\":1,\"state\":\"ACTIVE\",\"priority\":2,"   \
    EXPORTERS(two) "]},{\"id\":1,\"state\":\"ACTIVE\",\"partitions\":[{\"id\":1,\"state\":\"ACTIVE\","  \
    "\"priority\":1," EXPORTERS(two) ",{\"id\":2,\"state\":\"ACTIVE\",\"priority\":1,"              \
    EXPORTERS(two) "]}]"
#define OPERATION(broker, partition)                                                               \
    "{\"operation\":\"PARTITION_DISABLE_EXPORTER\",\"brokerId\":" broker ",\"partitionId\":" partition  \
    ",\"exporterId\":\"two\"}"
    assert_string_equal(text, "{\"changeId\":1,\"currentTopology\":" TOPOLOGY("ENABLED")
                              ",\"plannedChanges\":[" OPERATION("0", "1") "," OPERATION("1", "1")
                              "," OPERATION("1", "2") "],\"expectedTopology\":" TOPOLOGY("DISABLED")
                              "}");
    rig_free(rig);
}

static void a_refused_change_says_why(void **state) {
    static const struct {
        wg_status status;
        uint32_t http;
    } rows[] = {{WG_NOT_FOUND, 400}, {WG_EXISTS, 400}, {WG_INVALID, 400}, {WG_STALE, 409},
                {WG_CLOSED, 502},    {WG_IO, 500},     {WG_NO_SPACE, 500}};
    (void)state;
    struct rig *rig = rig_new(1, 1);
    rig_start(rig);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512] = "";
        struct wg_exporter_change change = {WG_ADMIN_ENABLE_EXPORTER, "x", false, rows[i].status};
        assert_int_equal(answer_change(rig->node, change, text, sizeof text), rows[i].http);
        assert_ptr_equal(strstr(text, "{\"message\":\""), text);
        assert_int_equal(answer_change(NULL, change, text, sizeof text), 502);
    }
    rig_free(rig);
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
                                       cmocka_unit_test(changes_of_exporters_are_understood),
                                       cmocka_unit_test(an_accepted_change_shows_its_plan),
                                       cmocka_unit_test(a_refused_change_says_why),
                                       cmocka_unit_test(a_leader_shows_its_state),
                                       cmocka_unit_test(a_follower_shows_its_state),
                                       cmocka_unit_test(text_never_leaves_its_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
