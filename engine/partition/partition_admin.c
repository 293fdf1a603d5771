/* What an operator asks of one replica (reference: exporters 3.5, engine 7, 8).
 *
 *   pause, soft pause, resume exporting     stored, then told to the director
 *   pause, resume processing                stored, then told to the stream processor
 *   take snapshot                           one run of the snapshot director, now
 *   rebalance                               raft steps down if another member is the primary
 *
 * Invariants: a request is answered once, and not before the service it is for has acted on it or
 * is known to be absent; what was answered OK is on disk; a new role starts as the operator said. */
#include "partition/partition_internal.h"

#include "partition/pause_files.h"

void wg_partition_admin_reply(struct wg_partition *p, uint64_t request, wg_status status) {
    if (request == WG_NO_REQUEST) {
        return;
    }
    struct wg_effect effect = {.kind = WG_EFFECT_ADMIN_REPLY, .partition = p->options->id};
    effect.u.admin_reply.request_id = request;
    effect.u.admin_reply.status = (uint32_t)status;
    p->shared->env->ops->emit(p->shared->env, &effect);
}

void wg_partition_refuse_admin(struct wg_partition *p, const struct wg_admin_request *request) {
    wg_partition_admin_reply(p, request->request_id, WG_CLOSED);
}

wg_status wg_partition_load_pauses(struct wg_partition *p) {
    return wg_pause_files_load(p->shared->env, p->dir, &p->exporting, &p->processing_paused);
}

/* --- exporting -------------------------------------------------------------------------------- */

static void set_exporting(struct wg_partition *p, enum wg_exporting_phase phase,
                          uint64_t request) {
    const struct wg_node_options *options = &p->shared->options;
    wg_status status =
        wg_pause_files_store_exporting(p->shared->env, p->dir, phase,
                                       !wg_has_quirk(options, WG_QUIRK_PAUSE_FILE_NOT_CUT));
    bool unsaved_is_ok = wg_has_quirk(options, WG_QUIRK_PAUSE_UNSAVED_IS_OK);
    if (status == WG_OK || unsaved_is_ok) {
        p->exporting = phase;
    }
    if (status != WG_OK) {
        wg_partition_admin_reply(p, request, unsaved_is_ok ? WG_OK : status);
        return;
    }
    wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_EXPORTER, WG_POST_EXPORTING, false,
                 (uint64_t)phase, request, NULL);
}

/* --- processing ------------------------------------------------------------------------------- */

static uint32_t pause_reasons(const struct wg_partition *p) {
    return (p->shared->disk_low ? (uint32_t)WG_PAUSED_BY_DISK : 0) |
           (p->processing_paused ? (uint32_t)WG_PAUSED_BY_ADMIN : 0);
}

void wg_partition_apply_pause(struct wg_partition *p) {
    uint32_t reasons = pause_reasons(p);
    if (p->processor == NULL) {
        return; /* the next one starts with what holds then */
    }
    wg_processor_set_paused(p->processor, reasons);
    if (reasons != p->claimed_pause) {
        p->claimed_pause = reasons;
        wg_claim(p->shared->env, WG_CLAIM_PROCESSING, p->options->id, reasons, p->target_term, 0,
                 0);
    }
}

static void set_processing(struct wg_partition *p, bool paused, uint64_t request) {
    wg_status status = wg_pause_files_store_processing(p->shared->env, p->dir, paused);
    if (status != WG_OK) {
        wg_partition_admin_reply(p, request, status);
        return;
    }
    p->processing_paused = paused;
    wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_PROCESSOR, WG_POST_PAUSE, false,
                 request, 0, NULL);
}

/* --- leadership ------------------------------------------------------------------------------- */

static bool is_primary(const struct wg_partition *p) {
    for (uint32_t i = 0; i < p->options->member_count; i++) {
        if (p->options->members[i] == p->shared->env->node) {
            return p->options->priorities[i] >= p->options->target_priority;
        }
    }
    return false;
}

static void rebalance(struct wg_partition *p, uint64_t request) {
    if (wg_raft_role(p->raft) == WG_ROLE_LEADER && !is_primary(p)) {
        wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_RAFT, WG_POST_STEP_DOWN, false, 0, 0,
                     NULL);
    }
    wg_partition_admin_reply(p, request, WG_OK);
}

void wg_partition_on_admin(struct wg_partition *p, const struct wg_admin_request *request) {
    if (p->raft == NULL || p->transition == WG_STOPPED) {
        wg_partition_refuse_admin(p, request);
        return;
    }
    switch ((enum wg_admin_kind)request->kind) {
    case WG_ADMIN_PAUSE_EXPORTING:
        set_exporting(p, WG_EXPORTING_PAUSED, request->request_id);
        break;
    case WG_ADMIN_SOFT_PAUSE_EXPORTING:
        set_exporting(p, WG_EXPORTING_SOFT_PAUSED, request->request_id);
        break;
    case WG_ADMIN_RESUME_EXPORTING:
        set_exporting(p, WG_EXPORTING, request->request_id);
        break;
    case WG_ADMIN_PAUSE_PROCESSING:
    case WG_ADMIN_RESUME_PROCESSING:
        set_processing(p, request->kind == WG_ADMIN_PAUSE_PROCESSING, request->request_id);
        break;
    case WG_ADMIN_TAKE_SNAPSHOT:
        wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_SNAPSHOT, WG_POST_TAKE_SNAPSHOT,
                     false, request->request_id, 0, NULL);
        break;
    case WG_ADMIN_REBALANCE:
        rebalance(p, request->request_id);
        break;
    case WG_ADMIN_ENABLE_EXPORTER: /* of the broker, not of a replica: exporter_settings.c */
    case WG_ADMIN_DISABLE_EXPORTER:
    case WG_ADMIN_KIND_COUNT:
        wg_partition_refuse_admin(p, request);
        break;
    }
}
