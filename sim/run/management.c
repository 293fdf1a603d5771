/* The scenario's steps as calls of Zeebe's management API, through the engine's door
 * (waggle/management.h): which requests a call stands for, whom it reaches, and what it is answered.
 *
 * A step for the whole cluster is a call to the gateway, one for certain brokers a call to each of them
 * (POST /partitions/...). Nothing here makes an event of its own: an answer that never comes is found
 * missing at the end.
 *
 * Invariants: the requests of a call have consecutive numbers; a call is answered once. */
#include "sim/run/cluster_internal.h"

#include "waggle/management.h"

#include <stdlib.h>
#include <string.h>

#define GATEWAY_WAITS (15 * WG_SECOND)
#define PATH_MAX_BYTES 256u
#define BODY_KEPT 4000u

struct call {
    struct wg_management_call what;
    uint32_t step;     /* index */
    wg_node_id broker; /* that was called; WG_NODE_NONE = the gateway */
    wg_time asked;
    uint64_t first;    /* number of the first request */
    uint32_t sent, open;
    bool failed;
    bool was_enabled;  /* CHANGE: the exporter, when it was asked */
    char text[PATH_MAX_BYTES]; /* "POST /exporting/pause" */
};

struct sim_management {
    struct call *calls; /* those that wait for an answer */
    uint32_t count, capacity;
    struct wg_result_answer *answers;
    uint32_t answer_count;
    uint64_t *matches; /* by expectation: answers as it wants them */
};

struct sim_management *sim_management_new(struct sim_cluster *c) {
    struct sim_management *m = sim_must_alloc(sizeof *m);
    size_t bytes = (c->scenario->expect_count + 1) * sizeof *m->matches;
    memset(m, 0, sizeof *m);
    m->matches = sim_must_alloc(bytes);
    memset(m->matches, 0, bytes);
    return m;
}

void sim_management_free(struct sim_management *m) {
    if (m == NULL) {
        return;
    }
    for (uint32_t i = 0; i < m->answer_count; i++) {
        wg_result_answer_done(&m->answers[i]);
    }
    free(m->answers);
    free(m->calls);
    free(m->matches);
    free(m);
}

/* --- answers ------------------------------------------------------------------------------------ */

static char *copy_text(const char *text, size_t most) {
    size_t len = strlen(text) < most ? strlen(text) : most;
    char *copy = sim_must_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

static void weigh(struct sim_cluster *c, uint32_t step, uint32_t status, const char *body) {
    for (uint32_t i = 0; i < c->scenario->expect_count; i++) {
        const struct sim_expect_options *e = &c->scenario->expects[i];
        bool meant = e->kind == SIM_EXPECT_ANSWER && e->step == step + 1 &&
                     (e->status == UINT32_MAX || e->status == status) &&
                     (e->body == NULL || strstr(body, e->body) != NULL);
        c->management->matches[i] += meant ? 1 : 0;
    }
}

/* An operator who asks again and again is told the same again and again: kept once. */
static bool is_repeated(const struct wg_result_answer *last, const struct call *call, uint32_t status,
                        const char *body) {
    return last->step == call->step + 1 && last->status == status &&
           strcmp(last->request, call->text) == 0 && last->body_bytes == strlen(body) &&
           strncmp(last->body, body, strlen(last->body)) == 0;
}

static void keep(struct sim_cluster *c, const struct call *call, wg_time at, uint32_t status,
                 const char *body) {
    struct sim_management *m = c->management;
    weigh(c, call->step, status, body);
    if (m->answer_count > 0 && call->what.action == WG_MANAGEMENT_CHANGE &&
        is_repeated(&m->answers[m->answer_count - 1], call, status, body)) {
        m->answers[m->answer_count - 1].times++;
        return;
    }
    m->answers = sim_must_realloc(m->answers, (m->answer_count + 1) * sizeof *m->answers);
    m->answers[m->answer_count++] = (struct wg_result_answer){
        .step = call->step + 1,
        .action = copy_text(sim_step_name(c->scenario->steps[call->step].action), SIZE_MAX),
        .request = copy_text(call->text, SIZE_MAX),
        .broker = call->broker == WG_NODE_NONE ? -1 : (int32_t)call->broker,
        .asked_ns = call->asked - c->t0,
        .at_ns = at - c->t0,
        .status = status,
        .body = copy_text(body, BODY_KEPT),
        .body_bytes = strlen(body),
        .times = 1};
}

static bool is_as_8_6(const struct sim_cluster *c) {
    return c->scenario->cluster.behaviour == WG_BEHAVIOUR_ZEEBE_8_6 ||
           (c->scenario->cluster.quirks & wg_quirk_bit(WG_QUIRK_EXPORTING_ANSWERS_OK)) != 0;
}

/* The broker whose state an answer shows; NULL if it is down. */
static const struct wg_node *shown(const struct sim_cluster *c, const struct call *call) {
    return c->brokers[call->broker == WG_NODE_NONE ? 0 : call->broker]->node;
}

static uint32_t write_answer(const struct sim_cluster *c, const struct call *call,
                             enum wg_management_outcome outcome, wg_status status,
                             struct wg_json_out *out) {
    const struct sim_step_options *step = &c->scenario->steps[call->step];
    const struct wg_node *node = shown(c, call);
    if (call->what.action != WG_MANAGEMENT_CHANGE &&
        (call->what.action != WG_MANAGEMENT_EXPORTERS || node != NULL)) {
        return wg_management_answer(&call->what, outcome, is_as_8_6(c), node, out);
    }
    struct wg_management_cluster cluster = {c->broker_count, c->partitions, c->partition_count};
    struct wg_exporter_change change = {
        .kind = (enum wg_admin_kind)call->what.admins[0],
        .exporter = step->exporter < 0 ? "" : c->exporters[step->exporter].id,
        .was_enabled = call->was_enabled,
        .status = status};
    bool reached = call->what.action == WG_MANAGEMENT_CHANGE && outcome != WG_OUTCOME_INCOMPLETE;
    return wg_management_change_answer(reached ? node : NULL, &cluster, &change, out);
}

static void answer(struct sim_cluster *c, const struct call *call, wg_time at,
                   enum wg_management_outcome outcome, wg_status status) {
    struct wg_json_out out = {NULL, 0, 0};
    write_answer(c, call, outcome, status, &out);
    char *body = sim_must_alloc(out.len + 1);
    body[0] = '\0';
    out = (struct wg_json_out){body, out.len + 1, 0};
    uint32_t http = write_answer(c, call, outcome, status, &out);
    keep(c, call, at, http, body);
    free(body);
}

/* The broker that was called is down, or went down. */
static void answer_nothing(struct sim_cluster *c, const struct call *call) {
    keep(c, call, call->asked, 0, "");
}

/* --- calls -------------------------------------------------------------------------------------- */

static struct call *new_call(struct sim_cluster *c, uint32_t step, wg_node_id broker,
                             const char *method, const char *path) {
    struct sim_management *m = c->management;
    if (m->count == m->capacity) {
        m->capacity = m->capacity == 0 ? 8 : m->capacity * 2;
        m->calls = sim_must_realloc(m->calls, m->capacity * sizeof *m->calls);
    }
    struct call *call = &m->calls[m->count++];
    *call = (struct call){.step = step, .broker = broker, .asked = c->now};
    snprintf(call->text, sizeof call->text, "%s %s", method, path);
    wg_management_parse(method, path, &call->what);
    return call;
}

static void remove_call(struct sim_management *m, struct call *call) {
    size_t behind = (size_t)(m->calls + m->count - (call + 1));
    memmove(call, call + 1, behind * sizeof *call);
    m->count--;
}

/* What a gateway asks for before it sends anything: of every partition a leader, and all followers. */
static bool is_complete(const struct sim_cluster *c) {
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        const struct wg_partition_options *partition = &c->partitions[p - 1];
        bool complete = sim_cluster_leader(c, p) != WG_NODE_NONE;
        for (uint32_t m = 0; m < partition->member_count && complete; m++) {
            const struct sim_broker *broker = c->brokers[partition->members[m]];
            struct wg_partition_view view;
            complete = broker->node != NULL && !broker->stopping &&
                       wg_node_inspect(broker->node, p, &view) == WG_OK &&
                       view.role != WG_ROLE_INACTIVE;
        }
        if (!complete) {
            return false;
        }
    }
    return true;
}

static bool is_asked(const struct sim_cluster *c, const struct call *call, wg_node_id node,
                     wg_partition_id partition) {
    switch ((enum wg_management_scope)call->what.scope) {
    case WG_SCOPE_LEADERS:
        return sim_cluster_leader(c, partition) == node;
    case WG_SCOPE_BROKER:
        return call->broker == node;
    case WG_SCOPE_REPLICAS:
    case WG_SCOPE_COORDINATOR:
        break;
    }
    return true;
}

static void send(struct sim_cluster *c, struct call *call) {
    call->first = sim_admin_last_request(c) + 1;
    for (uint32_t i = 0; i < call->what.admin_count; i++) {
        for (wg_node_id node = 0; node < c->broker_count; node++) {
            for (wg_partition_id p = 1; p <= c->partition_count; p++) {
                if (is_asked(c, call, node, p)) {
                    sim_admin_ask(c, node, p, call->what.admins[i]);
                }
            }
        }
    }
    call->sent = call->open = (uint32_t)(sim_admin_last_request(c) + 1 - call->first);
}

static void carry_out(struct sim_cluster *c, struct call *call) {
    const struct wg_management_call *what = &call->what;
    const struct sim_broker *broker = call->broker == WG_NODE_NONE ? NULL : c->brokers[call->broker];
    if (broker != NULL && (broker->node == NULL || broker->stopping)) {
        answer_nothing(c, call);
    } else if (what->action == WG_MANAGEMENT_ADMIN && what->scope == WG_SCOPE_REPLICAS &&
               !is_complete(c)) {
        answer(c, call, c->now, WG_OUTCOME_INCOMPLETE, WG_OK);
    } else {
        send(c, call);
        if (call->open > 0 && what->scope != WG_SCOPE_LEADERS) {
            return; /* answered when all have */
        }
        answer(c, call, c->now, WG_OUTCOME_DONE, WG_OK);
    }
    remove_call(c->management, call);
}

/* NULL: nothing to call for that. */
struct paths {
    const char *method, *gateway, *broker;
};
static const struct paths paths[SIM_STEP_ACTION_COUNT] = {
    [WG_ADMIN_PAUSE_EXPORTING] = {"POST", "/exporting/pause", "/partitions/pauseExporting"},
    [WG_ADMIN_SOFT_PAUSE_EXPORTING] = {"POST", "/exporting/pause?soft=true",
                                       "/partitions/softPauseExporting"},
    [WG_ADMIN_RESUME_EXPORTING] = {"POST", "/exporting/resume", "/partitions/resumeExporting"},
    [WG_ADMIN_PAUSE_PROCESSING] = {"POST", NULL, "/partitions/pauseProcessing"},
    [WG_ADMIN_RESUME_PROCESSING] = {"POST", NULL, "/partitions/resumeProcessing"},
    [WG_ADMIN_TAKE_SNAPSHOT] = {"POST", NULL, "/partitions/takeSnapshot"},
    [WG_ADMIN_REBALANCE] = {"POST", "/rebalance", NULL},
    [SIM_STEP_PREPARE_UPGRADE] = {"POST", NULL, "/partitions/prepareUpgrade"},
    [SIM_STEP_PARTITION_STATUS] = {"GET", NULL, "/partitions"},
    [SIM_STEP_EXPORTER_STATUS] = {"GET", "/exporters", NULL}};

void sim_management_step(struct sim_cluster *c, uint32_t step, wg_node_id only) {
    const struct paths *path = &paths[c->scenario->steps[step].action];
    if (only == WG_NODE_NONE && path->gateway != NULL) {
        carry_out(c, new_call(c, step, WG_NODE_NONE, path->method, path->gateway));
        return;
    }
    for (wg_node_id node = 0; path->broker != NULL && node < c->broker_count; node++) {
        if (only == WG_NODE_NONE || only == node) {
            carry_out(c, new_call(c, step, node, path->method, path->broker));
        }
    }
}

void sim_management_replied(struct sim_cluster *c, uint64_t request, uint32_t status) {
    struct sim_management *m = c->management;
    for (uint32_t i = 0; i < m->count; i++) {
        struct call *call = &m->calls[i];
        if (call->what.action != WG_MANAGEMENT_ADMIN || request - call->first >= call->sent) {
            continue;
        }
        bool late = c->now > call->asked + GATEWAY_WAITS && call->broker == WG_NODE_NONE;
        call->failed |= late || status != WG_OK;
        call->open--;
        if (call->open == 0) {
            answer(c, call, late ? call->asked + GATEWAY_WAITS : c->now,
                   call->failed ? WG_OUTCOME_FAILED : WG_OUTCOME_DONE, WG_OK);
            remove_call(m, call);
        }
        return;
    }
}

/* --- changes of exporters ----------------------------------------------------------------------- */

static struct call *change_of(struct sim_management *m, uint32_t step) {
    for (uint32_t i = 0; i < m->count; i++) {
        if (m->calls[i].step == step && m->calls[i].what.action == WG_MANAGEMENT_CHANGE) {
            return &m->calls[i];
        }
    }
    return NULL;
}

void sim_management_change(struct sim_cluster *c, uint32_t step) {
    const struct sim_step_options *options = &c->scenario->steps[step];
    const struct wg_node *node = c->brokers[0]->node;
    struct wg_exporter_setting setting = {.enabled = false};
    char path[PATH_MAX_BYTES - 8];
    struct call *call = change_of(c->management, step);
    if (call != NULL) { /* asked before, and the coordinator went down over it */
        answer(c, call, c->now, WG_OUTCOME_INCOMPLETE, WG_CLOSED);
        remove_call(c->management, call);
    }
    snprintf(path, sizeof path, "/exporters/%.200s/%s", c->exporters[options->exporter].id,
             options->action == WG_ADMIN_ENABLE_EXPORTER ? "enable" : "disable");
    call = new_call(c, step, WG_NODE_NONE, "POST", path);
    if (node != NULL && !c->brokers[0]->stopping) {
        (void)wg_node_exporter_setting(node, (uint32_t)options->exporter, &setting);
        call->was_enabled = setting.enabled;
        return;
    }
    answer(c, call, c->now, WG_OUTCOME_INCOMPLETE, WG_CLOSED);
    remove_call(c->management, call);
}

void sim_management_changed(struct sim_cluster *c, uint32_t step, uint32_t status) {
    struct call *call = change_of(c->management, step);
    if (call != NULL) {
        answer(c, call, c->now, WG_OUTCOME_DONE, (wg_status)status);
        remove_call(c->management, call);
    }
}

/* --- the end ------------------------------------------------------------------------------------ */

void sim_management_end(struct sim_cluster *c, struct wg_run_result *result) {
    struct sim_management *m = c->management;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct call *call = &m->calls[i];
        if (call->broker != WG_NODE_NONE) {
            answer_nothing(c, call);
        } else if (call->what.action == WG_MANAGEMENT_CHANGE) {
            answer(c, call, c->now, WG_OUTCOME_INCOMPLETE, WG_CLOSED);
        } else {
            wg_time until = call->asked + GATEWAY_WAITS;
            answer(c, call, until < c->now ? until : c->now, WG_OUTCOME_FAILED, WG_OK);
        }
    }
    m->count = 0;
    result->answers = m->answers;
    result->answer_count = m->answer_count;
    m->answers = NULL;
    m->answer_count = 0;
}

uint64_t sim_management_matches(const struct sim_cluster *c, uint32_t expectation) {
    return c->management->matches[expectation];
}
