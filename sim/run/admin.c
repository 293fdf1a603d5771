/* The simulated operator: asks replicas for pauses, snapshots and rebalancing, as Zeebe's management
 * endpoints do (reference: exporters 3.5, engine 8), by faults, by `steps:`, and when healing.
 *
 * A request reaches a replica at once or, if its broker is down, not at all; nothing is rolled back
 * then, so that replicas may differ, as upstream. What a replica was last asked for and has not
 * answered OK is asked again every second from the heal phase on; by then that is to resume.
 *
 * Invariants: a request id is used once and names its kind; at most one request per replica and topic
 * is repeated at a time. */
#include "sim/run/cluster_internal.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_EVERY WG_SECOND

enum topic { TOPIC_EXPORTING, TOPIC_PROCESSING, TOPIC_COUNT };

/* What one replica was last asked for. */
struct wish {
    bool asked;       /* ever */
    bool done;        /* answered OK */
    uint8_t kind;     /* enum wg_admin_kind */
    uint64_t request; /* the last one sent, 0 = none */
    uint64_t incarnation; /* of the broker it was sent to */
};

/* Pauses that hold on one broker. */
struct holds {
    int hard, soft, processing;
};

struct sim_admin {
    uint64_t last_request;
    bool healing;
    struct sim_stream targets; /* draws of steps with a random target */
    struct holds *holds;       /* by broker */
    struct wish *wishes;       /* [(broker * partitions + partition - 1) * TOPIC_COUNT + topic] */
};

struct sim_admin *sim_admin_new(struct sim_cluster *c) {
    struct sim_admin *admin = sim_must_alloc(sizeof *admin);
    size_t wishes = (size_t)c->broker_count * c->partition_count * TOPIC_COUNT;
    memset(admin, 0, sizeof *admin);
    admin->holds = sim_must_alloc(c->broker_count * sizeof *admin->holds);
    memset(admin->holds, 0, c->broker_count * sizeof *admin->holds);
    admin->wishes = sim_must_alloc(wishes * sizeof *admin->wishes);
    memset(admin->wishes, 0, wishes * sizeof *admin->wishes);
    sim_stream_init(&admin->targets, c->choices, SIM_CONCERN_FAULT, UINT32_MAX);
    return admin;
}

void sim_admin_free(struct sim_admin *admin) {
    if (admin != NULL) {
        free(admin->holds);
        free(admin->wishes);
        free(admin);
    }
}

/* --- one request ------------------------------------------------------------------------------- */

static bool is_pause(uint32_t kind) { return kind <= WG_ADMIN_RESUME_PROCESSING; }

/* NULL unless it is something that stays as it was asked for. */
static struct wish *wish_of(const struct sim_cluster *c, wg_node_id node, wg_partition_id partition,
                            uint32_t kind) {
    if (!is_pause(kind)) {
        return NULL;
    }
    uint32_t topic = kind <= WG_ADMIN_RESUME_EXPORTING ? TOPIC_EXPORTING : TOPIC_PROCESSING;
    size_t replica = (size_t)node * c->partition_count + partition - 1;
    return &c->admin->wishes[replica * TOPIC_COUNT + topic];
}

static void tell(struct sim_cluster *c, enum sim_fact_kind what, wg_node_id node,
                 wg_partition_id partition, uint64_t request, uint64_t status) {
    struct sim_fact fact = {.kind = (uint32_t)what,
                            .node = node,
                            .partition = partition,
                            .a = request,
                            .b = request & 0xff,
                            .c = status};
    sim_cluster_fact(c, &fact);
}

void sim_admin_ask(struct sim_cluster *c, wg_node_id node, wg_partition_id partition,
                   uint32_t kind) {
    struct sim_broker *broker = c->brokers[node];
    struct sim_actor *actor = sim_broker_actor(broker, partition, WG_ACTOR_PARTITION);
    struct wish *wish = wish_of(c, node, partition, kind);
    if (actor == NULL) {
        return; /* no replica here */
    }
    if (wish != NULL) {
        *wish = (struct wish){.asked = true, .kind = (uint8_t)kind};
    }
    if (broker->node == NULL || broker->stopping) {
        return;
    }
    uint64_t request = ++c->admin->last_request << 8 | kind;
    if (wish != NULL) {
        wish->request = request;
        wish->incarnation = broker->incarnation;
    }
    tell(c, SIM_FACT_ADMIN, node, partition, request, 0);
    struct wg_event event = {.kind = WG_EVENT_ADMIN, .u.admin = {.request_id = request, .kind = (uint8_t)kind}};
    sim_actor_deliver(actor, &event, false);
}

/* Counts what was asked for and done: replicas paused, leaders that are about to step down. */
static void note_effect(struct sim_cluster *c, const struct sim_broker *broker,
                        wg_partition_id partition, uint32_t kind, uint32_t status) {
    static const uint8_t faults[WG_ADMIN_KIND_COUNT] = {
        [WG_ADMIN_PAUSE_EXPORTING] = SIM_FAULT_EXPORTING_PAUSE,
        [WG_ADMIN_SOFT_PAUSE_EXPORTING] = SIM_FAULT_EXPORTING_SOFT_PAUSE,
        [WG_ADMIN_PAUSE_PROCESSING] = SIM_FAULT_PROCESSING_PAUSE,
        [WG_ADMIN_REBALANCE] = SIM_FAULT_CLUSTER_REBALANCE};
    bool counts = status == WG_OK && faults[kind] != 0;
    if (kind == WG_ADMIN_REBALANCE) {
        struct wg_partition_view view;
        counts = counts && c->partitions[partition - 1].members[0] != broker->id &&
                 wg_node_inspect(broker->node, partition, &view) == WG_OK &&
                 view.role == WG_ROLE_LEADER;
    }
    if (counts) {
        c->fault_effects[faults[kind]]++;
    }
}

uint64_t sim_admin_last_request(const struct sim_cluster *c) { return c->admin->last_request; }

void sim_admin_replied(struct sim_cluster *c, struct sim_broker *broker,
                       wg_partition_id partition, uint64_t request, uint32_t status) {
    tell(c, SIM_FACT_ADMIN_DONE, broker->id, partition, request, status);
    sim_management_replied(c, request >> 8, status);
    note_effect(c, broker, partition, (uint32_t)(request & 0xff), status);
    struct wish *wish = wish_of(c, broker->id, partition, (uint32_t)(request & 0xff));
    if (wish != NULL && wish->request == request) {
        wish->done = status == WG_OK;
        wish->request = 0;
    }
}

static void ask_broker(struct sim_cluster *c, wg_node_id node, uint32_t kind) {
    for (wg_partition_id p = 1; p <= c->partition_count; p++) {
        sim_admin_ask(c, node, p, kind);
    }
}

/* --- faults ------------------------------------------------------------------------------------ */

/* Pauses may overlap; when one ends, the one that is left is asked for again, or else to resume. */
static uint32_t exporting_now(const struct holds *holds) {
    if (holds->hard > 0) {
        return WG_ADMIN_PAUSE_EXPORTING;
    }
    return holds->soft > 0 ? WG_ADMIN_SOFT_PAUSE_EXPORTING : WG_ADMIN_RESUME_EXPORTING;
}

void sim_admin_fault(struct sim_cluster *c, const struct sim_fault_action *action, bool begins) {
    struct holds *holds = &c->admin->holds[action->node];
    int step = begins ? 1 : -1;
    switch (action->kind) {
    case SIM_FAULT_EXPORTING_PAUSE:
        holds->hard += step;
        ask_broker(c, action->node, begins ? WG_ADMIN_PAUSE_EXPORTING : exporting_now(holds));
        break;
    case SIM_FAULT_EXPORTING_SOFT_PAUSE:
        holds->soft += step;
        ask_broker(c, action->node, begins ? WG_ADMIN_SOFT_PAUSE_EXPORTING : exporting_now(holds));
        break;
    case SIM_FAULT_PROCESSING_PAUSE:
        holds->processing += step;
        ask_broker(c, action->node,
                   holds->processing > 0 ? WG_ADMIN_PAUSE_PROCESSING : WG_ADMIN_RESUME_PROCESSING);
        break;
    default: /* cluster.rebalance is over at once */
        if (begins) {
            ask_broker(c, action->node, WG_ADMIN_REBALANCE);
        }
        break;
    }
}

/* --- steps ------------------------------------------------------------------------------------- */

/* The broker that a step names, WG_NODE_NONE = all of them. false = nobody at present. */
static bool find_target(struct sim_cluster *c, const struct sim_step_options *step,
                        wg_node_id *ret_node) {
    const struct wg_partition_options *p;
    wg_node_id leader;
    *ret_node = WG_NODE_NONE;
    switch ((enum sim_target_kind)step->target_kind) {
    case SIM_TARGET_NODE:
        *ret_node = step->target;
        return true;
    case SIM_TARGET_LEADER_OF:
        *ret_node = sim_cluster_leader(c, step->target);
        return *ret_node != WG_NODE_NONE;
    case SIM_TARGET_FOLLOWER_OF:
        p = &c->partitions[step->target - 1];
        leader = sim_cluster_leader(c, step->target);
        for (uint32_t m = 0; m < p->member_count && *ret_node == WG_NODE_NONE; m++) {
            *ret_node = p->members[m] == leader ? WG_NODE_NONE : p->members[m];
        }
        return *ret_node != WG_NODE_NONE;
    case SIM_TARGET_RANDOM:
        *ret_node = sim_choose(&c->admin->targets, 0, c->broker_count);
        return true;
    case SIM_TARGET_NONE:
    case SIM_TARGET_ALL:
        return true;
    }
    return true;
}

void sim_admin_step(struct sim_cluster *c, uint32_t index) {
    const struct sim_step_options *step = &c->scenario->steps[index];
    wg_node_id only;
    if (!c->admin->healing && step->exporter >= 0) {
        sim_operator_ask(c, step->action, step->exporter, step->source, index);
        return;
    }
    if (c->admin->healing || !find_target(c, step, &only)) {
        return;
    }
    if (sim_step_has_answer(step)) {
        sim_management_step(c, index, only);
        return;
    }
    for (wg_node_id node = 0; node < c->broker_count; node++) {
        for (wg_partition_id p = 1; p <= c->partition_count; p++) {
            bool meant = (only == WG_NODE_NONE || only == node) &&
                         (step->partition == 0 || step->partition == p);
            if (meant) {
                sim_admin_ask(c, node, p, step->action);
            }
        }
    }
}

void sim_admin_start(struct sim_cluster *c) {
    for (uint32_t i = 0; i < c->scenario->step_count; i++) {
        sim_cluster_push(c, c->t0 + c->scenario->steps[i].at, SIM_ITEM_ADMIN_STEP, i, 0, NULL);
    }
}

/* --- healing ----------------------------------------------------------------------------------- */

/* Asks again where the last request was not answered OK, unless an answer is still to come. */
static bool repeat(struct sim_cluster *c, wg_node_id node, wg_partition_id partition,
                   const struct wish *wish) {
    const struct sim_broker *broker = c->brokers[node];
    if (!wish->asked || wish->done) {
        return false;
    }
    bool waits = wish->request != 0 && broker->node != NULL &&
                 broker->incarnation == wish->incarnation;
    if (!waits) {
        sim_admin_ask(c, node, partition, wish->kind);
    }
    return true;
}

void sim_admin_retry(struct sim_cluster *c) {
    bool any = false;
    for (wg_node_id node = 0; node < c->broker_count; node++) {
        for (wg_partition_id p = 1; p <= c->partition_count; p++) {
            for (uint32_t kind = WG_ADMIN_RESUME_EXPORTING; kind <= WG_ADMIN_RESUME_PROCESSING;
                 kind += WG_ADMIN_RESUME_PROCESSING - WG_ADMIN_RESUME_EXPORTING) {
                any |= repeat(c, node, p, wish_of(c, node, p, kind));
            }
        }
    }
    if (any) {
        sim_cluster_push(c, c->now + RETRY_EVERY, SIM_ITEM_ADMIN_RETRY, 0, 0, NULL);
    }
}

void sim_admin_heal(struct sim_cluster *c) {
    c->admin->healing = true;
    for (wg_node_id node = 0; node < c->broker_count; node++) {
        for (wg_partition_id p = 1; p <= c->partition_count; p++) {
            const struct wish *exporting = wish_of(c, node, p, WG_ADMIN_RESUME_EXPORTING);
            const struct wish *processing = wish_of(c, node, p, WG_ADMIN_RESUME_PROCESSING);
            if (exporting->asked && exporting->kind != WG_ADMIN_RESUME_EXPORTING) {
                sim_admin_ask(c, node, p, WG_ADMIN_RESUME_EXPORTING);
            }
            if (processing->asked && processing->kind != WG_ADMIN_RESUME_PROCESSING) {
                sim_admin_ask(c, node, p, WG_ADMIN_RESUME_PROCESSING);
            }
        }
    }
    sim_cluster_push(c, c->now + RETRY_EVERY, SIM_ITEM_ADMIN_RETRY, 0, 0, NULL);
}
