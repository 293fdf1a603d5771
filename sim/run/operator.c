/* The operator's changes of the exporters that run: enable, disable, and what stands in the brokers'
 * configuration files (reference: exporters 3.6).
 *
 * Changes are asked of broker 0 in the order in which they were wanted, one at a time, as Zeebe's
 * management API does; an operator who is refused because the broker is down, busy or has an I/O error
 * asks again every second, and goes on to the next change when every broker has carried out this one.
 *
 * Invariant: at most one change is under way; its number is in the request id that broker 0 answered. */
#include "sim/run/cluster_internal.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY WG_SECOND

struct change {
    uint32_t kind; /* WG_ADMIN_ENABLE_EXPORTER or DISABLE_ */
    int32_t exporter, source;
    uint32_t step; /* that asked for it, SIM_NO_STEP = a fault did */
};

struct sim_operator {
    struct change *changes; /* waiting ones, the first is under way */
    uint32_t count, capacity;
    uint64_t last_request, request; /* sent and not answered, 0 = none */
    uint64_t incarnation;           /* of broker 0 then */
    bool accepted, looking;
    int *disabled, *unconfigured;   /* faults that hold, by exporter */
};

struct sim_operator *sim_operator_new(struct sim_cluster *c) {
    struct sim_operator *o = sim_must_alloc(sizeof *o);
    memset(o, 0, sizeof *o);
    size_t bytes = (c->scenario->exporter_count + 1) * sizeof(int);
    o->disabled = sim_must_alloc(bytes);
    o->unconfigured = sim_must_alloc(bytes);
    memset(o->disabled, 0, bytes);
    memset(o->unconfigured, 0, bytes);
    return o;
}

void sim_operator_free(struct sim_operator *o) {
    if (o != NULL) {
        free(o->changes);
        free(o->disabled);
        free(o->unconfigured);
        free(o);
    }
}

/* --- the change under way ---------------------------------------------------------------------- */

static void tell(struct sim_cluster *c, enum sim_fact_kind what, uint64_t request,
                 const struct change *change, uint64_t status) {
    struct sim_fact fact = {.kind = (uint32_t)what,
                            .node = 0,
                            .partition = c->brokers[0]->partitions[0].id,
                            .a = request,
                            .b = change->kind,
                            .c = status,
                            .d = (uint64_t)change->exporter << 32 | (uint32_t)(change->source + 1)};
    sim_cluster_fact(c, &fact);
}

static void look_later(struct sim_cluster *c) {
    if (!c->operator->looking) {
        c->operator->looking = true;
        sim_cluster_push(c, c->now + LOOK_EVERY, SIM_ITEM_OPERATOR, 0, 0, NULL);
    }
}

static const char *id_of(const struct sim_cluster *c, int32_t exporter) {
    return exporter < 0 ? NULL : c->exporters[exporter].id;
}

static void send(struct sim_cluster *c) {
    struct sim_operator *o = c->operator;
    struct sim_broker *broker = c->brokers[0];
    const struct change *change = &o->changes[0];
    look_later(c);
    if (change->step != SIM_NO_STEP) {
        sim_management_change(c, change->step);
    }
    if (broker->node == NULL || broker->stopping) {
        return;
    }
    o->request = ++o->last_request << 8 | change->kind;
    o->incarnation = broker->incarnation;
    tell(c, SIM_FACT_ADMIN, o->request, change, 0);
    struct wg_event event = {.kind = WG_EVENT_ADMIN,
                             .u.admin = {.request_id = o->request,
                                         .kind = (uint8_t)change->kind,
                                         .exporter = id_of(c, change->exporter),
                                         .initialize_from = id_of(c, change->source)}};
    sim_actor_deliver(sim_broker_actor(broker, broker->partitions[0].id, WG_ACTOR_PARTITION),
                      &event, false);
}

static void next(struct sim_cluster *c) {
    struct sim_operator *o = c->operator;
    o->count--;
    memmove(o->changes, o->changes + 1, o->count * sizeof *o->changes);
    o->accepted = false;
    o->request = 0;
    if (o->count > 0) {
        send(c);
    }
}

void sim_operator_ask(struct sim_cluster *c, uint32_t kind, int32_t exporter, int32_t source,
                      uint32_t step) {
    struct sim_operator *o = c->operator;
    if (o->count == o->capacity) {
        o->capacity = o->capacity == 0 ? 8 : o->capacity * 2;
        o->changes = sim_must_realloc(o->changes, o->capacity * sizeof *o->changes);
    }
    o->changes[o->count++] = (struct change){kind, exporter, source, step};
    if (o->count == 1) {
        send(c);
    }
}

void sim_operator_replied(struct sim_cluster *c, uint64_t request, uint32_t status) {
    struct sim_operator *o = c->operator;
    if (o->count == 0 || request != o->request) {
        return;
    }
    const struct change *change = &o->changes[0];
    o->request = 0;
    tell(c, SIM_FACT_ADMIN_DONE, request, change, status);
    if (change->step != SIM_NO_STEP) {
        sim_management_changed(c, change->step, status);
    }
    if (status == WG_OK) {
        o->accepted = true;
        c->fault_effects[SIM_FAULT_EXPORTER_DISABLE] += change->kind == WG_ADMIN_DISABLE_EXPORTER;
    } else if (status == WG_INVALID || status == WG_NOT_FOUND || status == WG_EXISTS) {
        next(c); /* nobody can do that: asking again would not help */
    }
}

/* Whether every broker that shares the settings has them; none that is down has. */
static bool is_carried_out(const struct sim_cluster *c, const struct change *change) {
    for (wg_node_id id = 0; id < c->brokers[0]->options.settings_brokers; id++) {
        const struct sim_broker *broker = c->brokers[id];
        struct wg_exporter_setting setting;
        if (broker->node == NULL ||
            wg_node_exporter_setting(broker->node, (uint32_t)change->exporter, &setting)) {
            return false; /* or some change is still on its way there */
        }
        bool has = (broker->unconfigured >> change->exporter & 1) == 0;
        if (has && setting.enabled != (change->kind == WG_ADMIN_ENABLE_EXPORTER)) {
            return false;
        }
    }
    return true;
}

/* A broker that has lost its disk, and with it the change it had accepted, is asked again. */
static bool has_been_lost(const struct sim_cluster *c, const struct change *change) {
    struct wg_exporter_setting setting;
    return c->brokers[0]->node != NULL &&
           !wg_node_exporter_setting(c->brokers[0]->node, (uint32_t)change->exporter, &setting) &&
           (c->brokers[0]->unconfigured >> change->exporter & 1) == 0 &&
           setting.enabled != (change->kind == WG_ADMIN_ENABLE_EXPORTER);
}

void sim_operator_look(struct sim_cluster *c) {
    struct sim_operator *o = c->operator;
    o->looking = false;
    if (o->count == 0) {
        return;
    }
    bool waits = o->request != 0 && c->brokers[0]->node != NULL &&
                 c->brokers[0]->incarnation == o->incarnation;
    if (o->accepted && is_carried_out(c, &o->changes[0])) {
        next(c);
    } else if (!waits && (!o->accepted || has_been_lost(c, &o->changes[0]))) {
        o->accepted = false;
        send(c);
    } else {
        look_later(c);
    }
}

bool sim_operator_waits(const struct sim_cluster *c, char *text, size_t size) {
    const struct sim_operator *o = c->operator;
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        if (sim_operator_is_outdated(c, c->brokers[id])) {
            snprintf(text, size, "broker %u still runs with an old configuration", id);
            return true;
        }
    }
    if (o->count > 0) {
        snprintf(text, size, "exporter \"%s\" is not %s on every broker yet",
                 id_of(c, o->changes[0].exporter),
                 o->changes[0].kind == WG_ADMIN_ENABLE_EXPORTER ? "enabled" : "disabled");
    }
    return o->count > 0;
}

/* --- faults ------------------------------------------------------------------------------------ */

static void disable(struct sim_cluster *c, uint32_t exporter, bool begins) {
    int *holds = &c->operator->disabled[exporter];
    *holds += begins ? 1 : -1;
    if (begins && *holds == 1) {
        sim_operator_ask(c, WG_ADMIN_DISABLE_EXPORTER, (int32_t)exporter, -1, SIM_NO_STEP);
    } else if (!begins && *holds == 0) {
        sim_operator_ask(c, WG_ADMIN_ENABLE_EXPORTER, (int32_t)exporter, -1, SIM_NO_STEP);
    }
}

void sim_operator_fault(struct sim_cluster *c, const struct sim_fault_action *action, bool begins) {
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        if (action->exporter >= 0 && (uint32_t)action->exporter != e) {
            continue;
        }
        if (action->kind == SIM_FAULT_EXPORTER_DISABLE) {
            disable(c, e, begins);
        } else {
            c->operator->unconfigured[e] += begins ? 1 : -1;
        }
    }
}

bool sim_operator_has_exporter(const struct sim_cluster *c, uint32_t exporter) {
    return c->operator == NULL || c->operator->unconfigured[exporter] == 0;
}

bool sim_operator_is_outdated(const struct sim_cluster *c, const struct sim_broker *broker) {
    for (uint32_t e = 0; e < c->scenario->exporter_count; e++) {
        bool has = (broker->unconfigured >> e & 1) == 0;
        if (broker->node != NULL && has != sim_operator_has_exporter(c, e)) {
            return true;
        }
    }
    return false;
}
