/* What is held back: everything on a clogged link, and everything that would happen in or reach a
 * process that stands still. It waits in the order in which it would have happened, and happens in
 * that order at the moment when nothing holds it any more, before anything that comes later. */
#include "sim/run/cluster_internal.h"

#include <stdlib.h>

/* Of two processes of the node, the one that a message is meant for. */
static bool receiver_stands_still(const struct sim_cluster *c, const struct sim_item *item) {
    struct sim_broker *newest = c->brokers[item->target];
    const struct sim_broker *receiver =
        newest->twin == NULL ? newest : sim_duplicate_find(newest, item->a);
    return receiver != NULL && receiver->paused;
}

static bool process_stands_still(const struct sim_cluster *c, const struct sim_item *item) {
    switch ((enum sim_item_kind)item->kind) {
    case SIM_ITEM_JOB_END:
    case SIM_ITEM_PLUGIN_RETURN:
        return c->actors[item->target]->broker->paused;
    case SIM_ITEM_TIMER:
        return c->actors[item->target / WG_TIMER_SLOTS]->broker->paused;
    case SIM_ITEM_MESSAGE:
    case SIM_ITEM_BROKER_STOPPED:
        return receiver_stands_still(c, item);
    case SIM_ITEM_REQUEST:
        return c->brokers[item->target]->paused;
    default:
        return false;
    }
}

static bool link_is_clogged(const struct sim_cluster *c, const struct sim_item *item) {
    switch ((enum sim_item_kind)item->kind) {
    case SIM_ITEM_MESSAGE:
        return sim_net_clogged(c->net, ((const struct wg_message *)item->ptr)->from, item->target);
    case SIM_ITEM_REQUEST:
        return sim_net_clogged(c->net, c->broker_count, item->target);
    case SIM_ITEM_REPLY:
        return sim_net_clogged(c->net, item->target, c->broker_count);
    default:
        return false;
    }
}

static void keep(struct sim_cluster *c, const struct sim_item *item) {
    if (c->held_count == c->held_capacity) {
        c->held_capacity = c->held_capacity == 0 ? 64 : c->held_capacity * 2;
        c->held = sim_must_realloc(c->held, c->held_capacity * sizeof *c->held);
    }
    c->held[c->held_count++] = *item;
}

bool sim_hold_item(struct sim_cluster *c, const struct sim_item *item) {
    bool clogged = link_is_clogged(c, item);
    if (clogged) {
        sim_net_note_held(c->net);
    } else if (process_stands_still(c, item)) {
        c->fault_effects[SIM_FAULT_BROKER_PAUSE]++;
    } else {
        return false;
    }
    keep(c, item);
    return true;
}

static bool anybody_paused(const struct sim_cluster *c) {
    for (wg_node_id id = 0; id < c->broker_count; id++) {
        const struct sim_broker *broker = c->brokers[id];
        if (broker->paused || (broker->twin != NULL && broker->twin->paused)) {
            return true;
        }
    }
    return false;
}

/* A job goes on where it stood, and has as much left to do as it had then. */
static bool goes_on_later(struct sim_cluster *c, const struct sim_item *item) {
    if (item->kind != SIM_ITEM_JOB_END) {
        return false;
    }
    wg_time left = item->at - c->actors[item->target]->broker->paused_at;
    if (left > 0) {
        sim_cluster_push(c, c->now + left, SIM_ITEM_JOB_END, item->target, item->a, NULL);
    }
    return left > 0;
}

void sim_hold_release(struct sim_cluster *c) {
    c->may_hold = sim_net_any_clog(c->net) || anybody_paused(c);
    struct sim_item *items = c->held;
    uint32_t count = c->held_count;
    c->held = NULL;
    c->held_count = c->held_capacity = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (link_is_clogged(c, &items[i]) || process_stands_still(c, &items[i])) {
            keep(c, &items[i]);
        } else if (!goes_on_later(c, &items[i])) {
            sim_cluster_handle(c, &items[i]);
        }
    }
    free(items);
}
