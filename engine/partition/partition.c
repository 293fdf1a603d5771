/* One partition replica: opens its data, routes events to the stage they are for, and keeps the
 * commit index that readers may see.
 *
 * Invariants: `visible_commit` is a commit index of a raft job that has ended, so everything up to
 * it is flushed by the leader before any reader sees it. An event for a service that is not there
 * is dropped, a request is answered with an error. */
#include "partition/partition_internal.h"

#include "base/bytes.h"

static void make_dir(char *out, wg_partition_id id) {
    char digits[12];
    int n = 0;
    do {
        digits[n++] = (char)('0' + id % 10);
        id /= 10;
    } while (id > 0);
    memcpy(out, "partitions/", 11);
    out += 11;
    while (n > 0) {
        *out++ = digits[--n];
    }
    *out = '\0';
}

static size_t gauge_bytes(const struct wg_partition *p) {
    uint32_t count = p->shared->options.exporter_count;
    return (count > 0 ? count : 1) * sizeof(wg_position);
}

static void init_metrics(struct wg_partition *p) {
    p->metrics.last_exported = wg_alloc(p->shared->env, gauge_bytes(p));
    p->metrics.last_updated = wg_alloc(p->shared->env, gauge_bytes(p));
    for (uint32_t e = 0; e < p->shared->options.exporter_count; e++) {
        p->metrics.last_exported[e] = p->metrics.last_updated[e] = WG_POSITION_NONE;
    }
}

const struct wg_exporter_metrics *wg_partition_exporter_metrics(const struct wg_partition *p) {
    return &p->metrics;
}

struct wg_partition *wg_partition_new(struct wg_partition_shared *shared,
                                      const struct wg_partition_options *options) {
    struct wg_partition *p = wg_alloc(shared->env, sizeof *p);
    memset(p, 0, sizeof *p);
    p->shared = shared;
    p->options = options;
    p->installed = WG_ROLE_INACTIVE;
    p->wanted = WG_ROLE_INACTIVE;
    make_dir(p->dir, options->id);
    init_metrics(p);
    return p;
}

void wg_partition_free(struct wg_partition *p) {
    if (p == NULL) {
        return;
    }
    struct wg_env *env = p->shared->env;
    wg_director_free(p->director);
    wg_free(env, p->metrics.last_exported, gauge_bytes(p));
    wg_free(env, p->metrics.last_updated, gauge_bytes(p));
    wg_snapshot_director_free(p->snapshot_director);
    wg_processor_free(p->processor);
    wg_state_free(p->state);
    wg_raft_close(p->raft);
    wg_snapshots_close(p->snapshots);
    wg_free(env, p, sizeof *p);
}

static void start(struct wg_partition *p) {
    struct wg_partition_shared *s = p->shared;
    WG_ASSERT(s->env, p->raft == NULL);
    struct wg_snapshot_options snapshot_options = {p->dir, p->options->id};
    wg_charge(s->env, s->options.costs.transition_step);
    wg_status status = s->settings_status;
    if (status == WG_OK) {
        status = wg_partition_load_pauses(p);
    }
    if (status == WG_OK) {
        status = wg_snapshots_open(s->env, &snapshot_options, &p->snapshots);
    }
    if (status == WG_OK) {
        status = wg_raft_open(s->env, &s->options, p->options, p->dir, p->snapshots, &p->raft);
    }
    if (status != WG_OK) {
        wg_claim(s->env, WG_CLAIM_PARTITION_FAILED, p->options->id, (uint64_t)status,
                 WG_ACTOR_RAFT, 0, 0);
        p->transition = WG_DEAD;
        return;
    }
    /* On the raft actor, where everything of raft runs. */
    wg_emit_post(s->env, p->options->id, WG_ACTOR_RAFT, WG_POST_START, false, 0, 0, NULL);
}

static void see_commit(struct wg_partition *p, uint64_t commit) {
    if (commit > p->visible_commit) {
        p->visible_commit = commit;
    }
}

static void on_partition_post(struct wg_partition *p, const struct wg_event *event) {
    switch (event->u.post.what) {
    case WG_POST_START:
        start(p);
        break;
    case WG_POST_STOP:
        wg_partition_stop(p);
        break;
    case WG_POST_COMMIT:
        see_commit(p, event->u.post.value);
        break;
    case WG_POST_ROLE:
        wg_partition_on_role(p, (enum wg_role)event->u.post.value, event->u.post.value2);
        break;
    case WG_POST_INSTALL_STARTED:
        p->receiving = true;
        p->reload = true;
        wg_partition_advance(p);
        break;
    case WG_POST_INSTALL_DONE:
        p->receiving = false;
        wg_partition_advance(p);
        break;
    case WG_POST_CLOSED:
        wg_partition_on_closed(p, (enum wg_actor)event->u.post.value,
                               (wg_status)event->u.post.value2);
        break;
    case WG_POST_DISK:
        wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_PROCESSOR, WG_POST_PAUSE, false,
                     WG_NO_REQUEST, 0, NULL);
        break;
    case WG_POST_WAKE:
        wg_partition_advance(p);
        break;
    case WG_POST_FAILED:
        if (event->u.post.value != WG_ACTOR_RAFT) {
            wg_partition_on_suspect(p, event->u.post.value, (wg_status)event->u.post.value2);
        } else if (p->transition != WG_DEAD) { /* raft's storage does not work any more */
            wg_partition_fail(p, (wg_status)event->u.post.value2, WG_ACTOR_RAFT);
        }
        break;
    default:
        break;
    }
}

static void step_partition(struct wg_partition *p, const struct wg_event *event) {
    if (event->kind == WG_EVENT_POST) {
        on_partition_post(p, event);
    } else if (event->kind == WG_EVENT_ADMIN) {
        wg_partition_on_admin(p, &event->u.admin);
    }
}

static bool is_post(const struct wg_event *event, enum wg_post what) {
    return event->kind == WG_EVENT_POST && event->u.post.what == (uint32_t)what;
}

static void step_raft(struct wg_partition *p, const struct wg_event *event) {
    struct wg_env *env = p->shared->env;
    if (p->raft == NULL) {
        if (event->kind == WG_EVENT_POST && event->u.post.what == WG_POST_APPEND) {
            wg_append_task_free(env, event->u.post.ptr);
        }
        return;
    }
    if (is_post(event, WG_POST_START)) {
        wg_raft_start(p->raft);
    } else if (is_post(event, WG_POST_FAILED)) { /* on its way round, see wg_partition_suspect */
        wg_emit_post(env, p->options->id, WG_ACTOR_PARTITION, WG_POST_FAILED, false,
                     event->u.post.value, event->u.post.value2, NULL);
    } else {
        wg_raft_step(p->raft, event);
    }
    /* A role change is under way: its installation must see what is committed by now. */
    if (p->installed != wg_raft_role(p->raft) || p->transition == WG_CLOSING ||
        p->transition == WG_INSTALLING || p->installed_term != wg_raft_term(p->raft)) {
        wg_emit_post(env, p->options->id, WG_ACTOR_PARTITION, WG_POST_COMMIT, true,
                     wg_raft_commit_index(p->raft), 0, NULL);
    }
}

static void refuse_request(struct wg_partition *p, const struct wg_request *request) {
    struct wg_effect effect = {.kind = WG_EFFECT_REPLY, .partition = p->options->id};
    effect.u.reply = (struct wg_reply){.request_id = request->request_id,
                                       .stream_id = request->stream_id,
                                       .error = WG_ERR_PARTITION_LEADER_MISMATCH,
                                       .partition = p->options->id,
                                       .key = WG_KEY_NONE};
    p->shared->env->ops->emit(p->shared->env, &effect);
}

static void post_closed(struct wg_partition *p, enum wg_actor actor) {
    wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_PARTITION, WG_POST_CLOSED, false,
                 (uint64_t)actor, 0, NULL);
}

static void check_service(struct wg_partition *p, wg_status status, enum wg_actor actor) {
    if (status != WG_OK) {
        wg_partition_suspect(p, status, actor);
    }
}

static void step_processor(struct wg_partition *p, const struct wg_event *event) {
    if (is_post(event, WG_POST_COMMIT)) {
        see_commit(p, event->u.post.value);
        /* The director is told every commit, but woken only when it waits for one. */
        if (p->snapshot_director != NULL &&
            wg_snapshot_director_committed(p->snapshot_director, event->u.post.value)) {
            wg_emit_post(p->shared->env, p->options->id, WG_ACTOR_SNAPSHOT, WG_POST_COMMIT, true,
                         event->u.post.value, 0, NULL);
        }
    }
    if (is_post(event, WG_POST_CLOSE)) {
        wg_processor_free(p->processor);
        p->processor = NULL;
        post_closed(p, WG_ACTOR_PROCESSOR);
    } else if (is_post(event, WG_POST_PAUSE)) {
        wg_partition_apply_pause(p);
        wg_partition_admin_reply(p, event->u.post.value, WG_OK);
    } else if (p->processor != NULL) {
        check_service(p, wg_processor_step(p->processor, event), WG_ACTOR_PROCESSOR);
    } else if (event->kind == WG_EVENT_REQUEST) {
        refuse_request(p, event->u.request);
    }
}

/* Tells the director, if there is one (else there is nothing to stop), what holds now: a note that
 * waited behind a role change may be out of date. */
static void apply_exporting(struct wg_partition *p, const struct wg_event *event) {
    struct wg_event current = *event;
    if (!wg_has_quirk(&p->shared->options, WG_QUIRK_PAUSE_UNSAVED_IS_OK)) {
        current.u.post.value = (uint64_t)p->exporting;
    }
    if (p->director != NULL) {
        check_service(p, wg_director_step(p->director, &current), WG_ACTOR_EXPORTER);
    }
    wg_partition_admin_reply(p, event->u.post.value2, WG_OK);
}

static void step_exporter(struct wg_partition *p, const struct wg_event *event) {
    if (is_post(event, WG_POST_COMMIT)) {
        see_commit(p, event->u.post.value);
    }
    if (is_post(event, WG_POST_EXPORTING)) {
        apply_exporting(p, event);
    } else if (p->director != NULL) {
        check_service(p, wg_director_step(p->director, event), WG_ACTOR_EXPORTER);
    }
}

static void step_snapshot(struct wg_partition *p, const struct wg_event *event) {
    if (is_post(event, WG_POST_CLOSE)) {
        wg_snapshot_director_free(p->snapshot_director);
        p->snapshot_director = NULL;
        post_closed(p, WG_ACTOR_SNAPSHOT);
    } else if (p->snapshot_director != NULL) {
        wg_snapshot_director_step(p->snapshot_director, event);
    }
    if (is_post(event, WG_POST_TAKE_SNAPSHOT)) {
        wg_partition_admin_reply(p, event->u.post.value, WG_OK);
    }
}

void wg_partition_step(struct wg_partition *p, const struct wg_event *event) {
    if (p->transition == WG_DEAD && event->actor != WG_ACTOR_RAFT &&
        !is_post(event, WG_POST_STOP)) {
        if (event->kind == WG_EVENT_REQUEST) {
            refuse_request(p, event->u.request);
        } else if (event->kind == WG_EVENT_ADMIN) {
            wg_partition_refuse_admin(p, &event->u.admin);
        }
        return;
    }
    switch (event->actor) {
    case WG_ACTOR_RAFT:
        step_raft(p, event);
        break;
    case WG_ACTOR_PROCESSOR:
        step_processor(p, event);
        break;
    case WG_ACTOR_EXPORTER:
        step_exporter(p, event);
        break;
    case WG_ACTOR_SNAPSHOT:
        step_snapshot(p, event);
        break;
    default:
        step_partition(p, event);
        break;
    }
}

void wg_partition_inspect(const struct wg_partition *p, struct wg_partition_view *ret_view) {
    *ret_view = (struct wg_partition_view){.role = WG_ROLE_INACTIVE,
                                           .failed = p->transition == WG_DEAD,
                                           .leader = WG_NODE_NONE,
                                           .last_processed = WG_POSITION_NONE,
                                           .lowest_exported = WG_POSITION_MAX};
    if (p->raft == NULL) {
        return;
    }
    struct wg_log *log = wg_raft_log(p->raft);
    ret_view->role = wg_raft_role(p->raft);
    ret_view->term = wg_raft_term(p->raft);
    ret_view->leader = wg_raft_leader(p->raft);
    ret_view->services_installed = wg_partition_serves(p, ret_view->role, ret_view->term);
    ret_view->first_index = wg_log_first_index(log);
    ret_view->last_index = wg_log_last_index(log);
    ret_view->commit_index = wg_raft_commit_index(p->raft);
    ret_view->log_bytes = wg_log_bytes(log);
    const struct wg_snapshot_id *latest = wg_snapshots_latest(p->snapshots);
    ret_view->snapshot_index = latest == NULL ? 0 : latest->index;
    if (p->state != NULL) {
        ret_view->last_processed = wg_state_last_processed(p->state);
        ret_view->lowest_exported = wg_exporter_rows_lowest(p->state);
    }
    for (wg_index i = ret_view->last_index; i >= ret_view->first_index && i > 0; i--) {
        const struct wg_log_entry *entry = wg_log_entry(log, i);
        if (entry != NULL && entry->kind == WG_ENTRY_APPLICATION) {
            ret_view->last_position = entry->highest;
            break;
        }
    }
}

wg_status wg_partition_exporter_position(const struct wg_partition *p, uint32_t exporter,
                                         wg_position *ret_position) {
    struct wg_exporter_row row;
    if (p->state == NULL || exporter >= p->shared->options.exporter_count ||
        !wg_exporter_row_get(p->state, p->shared->options.exporters[exporter].id, &row)) {
        return WG_NOT_FOUND;
    }
    *ret_position = row.position;
    return WG_OK;
}
