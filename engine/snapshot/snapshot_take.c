/* Writing a snapshot and making it the latest.
 *
 * zeebe.metadata is one JSON object: version (1), processedPosition, exportedPosition,
 * lastFollowupEventPosition (the last record written when the checkpoint was taken, -1 = unknown).
 *
 * Order, each step durable before the next: files; their directory; the checksum file under a
 * temporary name; its rename. Only then is the snapshot told to anyone, and only then do older
 * ones go, checksum files first: a directory that is half removed must not count. */
#include "snapshot/snapshot_internal.h"

#define METADATA_VERSION 1u

/* --- files ------------------------------------------------------------------------------------ */

/* A new file with these bytes, synced. Drops the reference on `buf`. */
static wg_status write_file(struct wg_env *env, const char *path, struct wg_buf *buf) {
    const struct wg_disk_ops *ops = env->disk_ops;
    wg_file file;
    wg_status status = ops->open(env->disk, path, true, &file);
    if (status == WG_OK) {
        status = ops->resize(env->disk, file, 0);
        if (status == WG_OK) {
            status = ops->write(env->disk, file, 0, buf, 0, buf->len);
        }
        if (status == WG_OK) {
            status = ops->sync(env->disk, file);
        }
        ops->close(env->disk, file);
    }
    wg_buf_unref(buf);
    return status;
}

static void add_position(struct wg_env *env, struct wg_path *text, const char *key,
                         wg_position position) {
    wg_path_add(env, text, key);
    if (position < 0) {
        wg_path_add(env, text, "-");
    }
    wg_path_add_number(env, text, position < 0 ? 0 - (uint64_t)position : (uint64_t)position);
}

static struct wg_buf *metadata(struct wg_env *env, const struct wg_snapshot_id *id,
                               wg_position last_followup) {
    struct wg_path text = wg_path_join(env, "{\"version\":", "");
    wg_path_add_number(env, &text, METADATA_VERSION);
    add_position(env, &text, ",\"processedPosition\":", id->processed);
    add_position(env, &text, ",\"exportedPosition\":", id->exported);
    add_position(env, &text, ",\"lastFollowupEventPosition\":", last_followup);
    wg_path_add(env, &text, "}");
    return wg_buf_copy(env, text.text, text.len);
}

/* --- the latest ------------------------------------------------------------------------------- */

/* Whether `path` is a file, or the checksum file, of the latest snapshot or of a reserved one. */
static bool is_kept(const struct wg_snapshots *store, const struct wg_path *prefix,
                    const struct wg_path *path) {
    const char *at = path->text + prefix->len;
    struct wg_snapshot_id id;
    if (!snapshot_read_id(&at, &id) || (*at != '/' && strcmp(at, ".checksum") != 0)) {
        return false;
    }
    return (store->has_latest && wg_snapshot_id_equal(&id, &store->latest)) || snapshot_is_reserved(store, &id);
}

static bool is_inside(const struct wg_path *prefix, const struct wg_path *path) {
    return strchr(path->text + prefix->len, '/') != NULL;
}

void snapshot_remove_others(struct wg_snapshots *store) {
    struct wg_env *env = store->env;
    struct wg_path dir = wg_path_join(env, store->dir, "/snapshots");
    struct wg_path prefix = wg_path_join(env, dir.text, "/");
    struct wg_path path = wg_path_join(env, "", "");
    bool any = false;
    while (wg_path_next(env, prefix.text, &path)) {
        if (!is_kept(store, &prefix, &path) && !is_inside(&prefix, &path)) {
            (void)env->disk_ops->remove(env->disk, path.text);
            any = true;
        }
    }
    if (any && env->disk_ops->sync_dir(env->disk, dir.text) != WG_OK) {
        return; /* tried again with the next snapshot, or at the next open */
    }
    path = wg_path_join(env, "", "");
    while (wg_path_next(env, prefix.text, &path)) {
        if (!is_kept(store, &prefix, &path)) {
            (void)env->disk_ops->remove(env->disk, path.text);
        }
    }
}

static wg_status write_marker(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                              const struct snapshot_manifest *manifest) {
    struct wg_env *env = store->env;
    struct wg_path marker = snapshot_path(store, "/snapshots/", id, ".checksum");
    struct wg_path temporary = wg_path_join(env, marker.text, ".tmp");
    struct wg_path files = snapshot_path(store, "/snapshots/", id, "");
    struct wg_path all = wg_path_join(env, store->dir, "/snapshots");
    wg_status status = env->disk_ops->sync_dir(env->disk, files.text);
    if (status == WG_OK) {
        status = write_file(env, temporary.text, snapshot_manifest_encode(env, manifest));
    }
    if (status == WG_OK) {
        status = env->disk_ops->rename(env->disk, temporary.text, marker.text);
    }
    return status == WG_OK ? env->disk_ops->sync_dir(env->disk, all.text) : status;
}

wg_status snapshot_publish(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                           const struct snapshot_manifest *manifest) {
    wg_status status = write_marker(store, id, manifest);
    if (status == WG_OK) {
        store->has_latest = true;
        store->latest = *id;
        store->manifest = *manifest;
        snapshot_drop_released(store);
    }
    /* Older ones after a success; what there is of the new one after a failure. */
    snapshot_remove_others(store);
    return status;
}

wg_status wg_snapshots_persist(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                               const struct wg_state_checkpoint *checkpoint,
                               wg_position last_followup) {
    struct wg_env *env = store->env;
    int order = store->has_latest ? wg_snapshot_id_compare(id, &store->latest) : 1;
    if (order <= 0) {
        return order == 0 ? WG_EXISTS : WG_STALE;
    }
    struct wg_path dir = snapshot_path(store, "/snapshots/", id, "/");
    snapshot_remove_all(env, dir.text);
    struct wg_path path = wg_path_join(env, dir.text, SNAPSHOT_STATE_FILE);
    wg_status status = write_file(env, path.text, wg_state_checkpoint_encode(checkpoint));
    if (status == WG_OK) {
        path = wg_path_join(env, dir.text, SNAPSHOT_METADATA_FILE);
        status = write_file(env, path.text, metadata(env, id, last_followup));
    }
    struct snapshot_manifest manifest;
    if (status == WG_OK) {
        status = snapshot_manifest_read(env, dir.text, &manifest);
    }
    if (status != WG_OK) {
        snapshot_remove_all(env, dir.text);
        return status;
    }
    status = snapshot_publish(store, id, &manifest);
    if (status == WG_OK) {
        wg_claim(env, WG_CLAIM_SNAPSHOT, store->partition, id->index, id->term,
                 (uint64_t)id->processed, (uint64_t)id->exported);
    }
    return status;
}
