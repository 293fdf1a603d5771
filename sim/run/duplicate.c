/* Two processes of one broker on one data directory (fault broker.duplicate): somebody starts the broker
 * anew because its old process hangs or is out of reach, and that one still runs.
 *
 * As documented the new process finds the directory locked and does not start; it is started again every
 * few seconds, until the old one has ended. With the quirk lock-accepts-same-node both run. Then the new
 * one is the node: messages, requests and operators reach it. The old one goes on with what it had and
 * sends over connections of its own; whether the answers come back to it is the fault's parameter. */
#include "sim/run/cluster_internal.h"

#define TRY_EVERY (5 * WG_SECOND)

/* --- what judges hear ---------------------------------------------------------------------------- */

static bool is_old(const struct sim_broker *broker) {
    return broker->cluster->brokers[broker->id] != broker;
}

bool sim_duplicate_hides_fact(const struct sim_cluster *c, const struct sim_fact *fact) {
    switch (fact->kind) {
    case SIM_FACT_PLUGIN_CALL:
    case SIM_FACT_PLUGIN_RETURN:
    case SIM_FACT_PLUGIN_ACK:
    case SIM_FACT_PLUGIN_FILTER:
    case SIM_FACT_PLUGIN_BREACH: {
        const struct sim_broker *newest = c->brokers[fact->node];
        return newest->twin != NULL &&
               sim_plugin_port_is_beside(fact->a) != (newest->process != newest->id);
    }
    default:
        return false;
    }
}

void sim_duplicate_takes_over(struct sim_cluster *c, struct sim_broker *fresh) {
    struct sim_fact end = {.kind = SIM_FACT_BROKER_END,
                           .node = fresh->id,
                           .at = c->now,
                           .a = fresh->twin->incarnation,
                           .b = SIM_END_KILL};
    sim_judges_fact(c->judges, &end);
    c->brokers[fresh->id] = fresh;
}

/* --- starting and ending --------------------------------------------------------------------------- */

static void start_beside(struct sim_cluster *c, struct sim_broker *old, bool hears_answers) {
    struct sim_broker *fresh =
        old->twin != NULL ? old->twin : sim_must_alloc(sizeof *fresh);
    sim_broker_init_twin(fresh, old);
    if (sim_broker_start(fresh)) {
        old->hears_answers = hears_answers;
    } else {
        c->fault_effects[SIM_FAULT_BROKER_DUPLICATE]++;
    }
}

void sim_duplicate_try(struct sim_cluster *c, uint32_t number) {
    const struct sim_active_fault *fault = sim_active_find(c, number);
    if (fault == NULL) {
        return;
    }
    struct sim_broker *broker = c->brokers[fault->action.node];
    if (broker->node == NULL || broker->incarnation != fault->incarnation) {
        return; /* the old process has ended, or a new one runs already */
    }
    sim_cluster_push(c, c->now + TRY_EVERY, SIM_ITEM_DUPLICATE, number, 0, NULL);
    if (sim_broker_older(broker) == NULL) {
        start_beside(c, broker, fault->action.params[0] == SIM_OLD_HEARS_ANSWERS);
    }
}

void sim_duplicate_begins(struct sim_cluster *c, const struct sim_fault_action *action) {
    sim_duplicate_try(c, action->number);
}

void sim_duplicate_ends(struct sim_cluster *c, const struct sim_active_fault *fault) {
    struct sim_broker *broker = c->brokers[fault->action.node];
    struct sim_broker *old = sim_duplicate_find(broker, fault->incarnation);
    if (old == NULL) {
        return;
    }
    if (old != broker) {
        sim_broker_kill_older(broker, SIM_END_KILL);
        return;
    }
    bool goes_anyway = broker->stopping; /* and whoever stops it starts it */
    sim_broker_kill(broker, SIM_END_KILL);
    if (!goes_anyway) {
        sim_cluster_push(c, c->now, SIM_ITEM_BROKER_START, broker->id, 0, NULL);
    }
}

void sim_duplicate_note_job(struct sim_broker *broker) {
    struct sim_cluster *c = broker->cluster;
    sim_disk_use(broker->disk, &broker->env);
    c->fault_effects[SIM_FAULT_BROKER_DUPLICATE] += is_old(broker);
}

/* --- messages -------------------------------------------------------------------------------------- */

static bool is_answer(const struct wg_message *message) {
    return message->kind == WG_MSG_POLL_RESPONSE || message->kind == WG_MSG_VOTE_RESPONSE ||
           message->kind == WG_MSG_APPEND_RESPONSE || message->kind == WG_MSG_INSTALL_RESPONSE;
}

uint64_t sim_duplicate_receiver(const struct sim_broker *to, const struct sim_actor *from,
                                const struct wg_message *message) {
    const struct sim_broker *older = sim_broker_older(to);
    if (older == NULL || from->asker != older || !is_answer(message)) {
        return to->incarnation;
    }
    return older->hears_answers ? older->incarnation : 0; /* processes count from 1 */
}

struct sim_broker *sim_duplicate_find(struct sim_broker *newest, uint64_t incarnation) {
    if (newest->node != NULL && newest->incarnation == incarnation) {
        return newest;
    }
    struct sim_broker *older = sim_broker_older(newest);
    return older != NULL && older->incarnation == incarnation ? older : NULL;
}
