/* Whether a process can get stuck: judges rely on that it cannot. Followed from each start event:
 * the ways out of a split meet in one node that has no further way in, or end. Ways that all run
 * (parallel gateway) meet in a parallel gateway; ways of which one runs (exclusive gateway, an
 * activity and the events that interrupt it) meet in anything else. A way that is not certain to come
 * leads to no parallel gateway. Circles are never left this way, so they are refused too. */
#include "sim/scenario/bpmn.h"

#include <string.h>

#define NOWHERE 0u /* element 0 is the process */

struct paths {
    struct sim_bpmn *bpmn;
    struct wg_model_element *elements;
    bool seen[WG_MODEL_ELEMENTS_MAX];
};

/* Where ways meet, and how many flows have come there; NOWHERE = they end. */
struct meeting {
    uint32_t node, count;
    bool certain;
};

static bool fail(struct paths *p, uint32_t node, const char *what) {
    const struct wg_model_element *e = &p->elements[node];
    return sim_bpmn_fail(p->bpmn, SIM_BPMN_NOT_SUPPORTED, p->bpmn->lines[node], "`%.*s` %s",
                         (int)e->id_len, p->bpmn->model.texts + e->id_at, what);
}

static bool pass(struct paths *p, uint32_t node, struct meeting *ret_meeting);

/* A flow comes to that node. */
static bool arrive(struct paths *p, uint32_t node, struct meeting *ret_meeting) {
    if (p->elements[node].in_count > 1) {
        *ret_meeting = (struct meeting){node, 1, true};
        return true;
    }
    return pass(p, node, ret_meeting);
}

/* Goes on behind the node where all its flows have met. */
static bool go_on(struct paths *p, struct meeting *meeting) {
    while (meeting->node != NOWHERE &&
           meeting->count == p->elements[meeting->node].in_count) {
        bool certain = meeting->certain;
        if (!pass(p, meeting->node, meeting)) {
            return false;
        }
        meeting->certain = meeting->certain && certain;
    }
    return true;
}

static bool is_join(const struct paths *p, uint32_t node) {
    return p->elements[node].kind == WG_MODEL_PARALLEL;
}

/* `all`: the ways run side by side. */
static bool add_way(struct paths *p, const struct meeting *way, bool all,
                    struct meeting *meeting, uint32_t *came) {
    if (way->node == NOWHERE) {
        meeting->certain = meeting->certain && all;
        return true;
    }
    if (*came > 0 && way->node != meeting->node) {
        return fail(p, way->node, "does not have all ways that it needs: ways of one split meet in "
                                  "several nodes");
    }
    meeting->node = way->node;
    meeting->count += way->count;
    meeting->certain = meeting->certain && way->certain;
    *came += 1;
    if (*came > 1 && all != is_join(p, way->node)) {
        return fail(p, way->node,
                    all ? "gets flows that run side by side: they have to meet in a parallel gateway"
                        : "waits for flows of which only one comes");
    }
    return true;
}

static bool follow_ways(struct paths *p, const uint32_t *targets, uint32_t count, bool all,
                        struct meeting *ret_meeting) {
    struct meeting meeting = {NOWHERE, 0, true};
    uint32_t came = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct meeting way;
        if (!arrive(p, targets[i], &way) || !add_way(p, &way, all, &meeting, &came)) {
            return false;
        }
    }
    if (meeting.node != NOWHERE && is_join(p, meeting.node) && !meeting.certain) {
        return fail(p, meeting.node, "waits for a flow that may not come");
    }
    *ret_meeting = meeting;
    return go_on(p, ret_meeting);
}

/* An event that does not interrupt begins a way of its own. */
static bool ends_alone(struct paths *p, uint32_t event) {
    struct meeting meeting;
    uint32_t target = p->elements[p->elements[event].first_out].target;
    return follow_ways(p, &target, 1, true, &meeting) &&
           (meeting.node == NOWHERE ||
            fail(p, event, "does not interrupt, so what follows it needs an end of its own"));
}

static bool is_boundary(const struct wg_model_element *e) {
    return e->kind == WG_MODEL_BOUNDARY_TIMER || e->kind == WG_MODEL_BOUNDARY_ERROR ||
           e->kind == WG_MODEL_BOUNDARY_MESSAGE;
}

static bool pass(struct paths *p, uint32_t node, struct meeting *ret_meeting) {
    const struct wg_model_element *e = &p->elements[node];
    uint32_t targets[WG_MODEL_ELEMENTS_MAX];
    uint32_t count = 0;
    if (p->seen[node]) {
        return fail(p, node, "is come to twice, perhaps in a circle");
    }
    p->seen[node] = true;
    for (uint32_t i = 0; i < e->out_count; i++) {
        targets[count++] = p->elements[e->first_out + i].target;
    }
    for (uint32_t i = node + 1; i < p->bpmn->model.count && e->boundaries > 0; i++) {
        if (!is_boundary(&p->elements[i]) || p->elements[i].source != node) {
            continue;
        }
        p->seen[i] = true;
        if ((p->elements[i].flags & WG_MODEL_NON_INTERRUPTING) == 0) {
            targets[count++] = p->elements[p->elements[i].first_out].target;
        } else if (!ends_alone(p, i)) {
            return false;
        }
    }
    return follow_ways(p, targets, count, is_join(p, node), ret_meeting);
}

bool sim_bpmn_check_paths(struct sim_bpmn *bpmn) {
    static struct paths paths;
    memset(&paths, 0, sizeof paths);
    paths.bpmn = bpmn;
    paths.elements = bpmn->model.elements;
    for (uint32_t i = 0; i < bpmn->model.count; i++) {
        struct meeting meeting;
        if (paths.elements[i].kind != WG_MODEL_START) {
            continue;
        }
        if (!pass(&paths, i, &meeting)) {
            return false;
        }
        if (meeting.node != NOWHERE) {
            return fail(&paths, meeting.node, "does not get all its flows from one split, or is part "
                                              "of a circle");
        }
    }
    for (uint32_t i = 1; i < bpmn->model.count; i++) {
        const struct wg_model_element *e = &paths.elements[i];
        bool repeated = paths.elements[e->scope].kind == WG_MODEL_MULTI;
        if (e->kind != WG_MODEL_FLOW && !repeated && !paths.seen[i]) {
            return fail(&paths, i, "is never come to");
        }
    }
    return true;
}
