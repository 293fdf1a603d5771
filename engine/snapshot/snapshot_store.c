/* Snapshots of one replica's state on its disk: what lets a restart begin late in the log, and the
 * log be cut (reference: engine 5). This file opens the store and reads from it; snapshot_take.c
 * writes, snapshot_install.c sends and receives.
 *
 *   <dir>/snapshots/<id>/state.bin        all rows of the state (engine/state/state_file.c)
 *   <dir>/snapshots/<id>/zeebe.metadata   JSON, see snapshot_take.c
 *   <dir>/snapshots/<id>.checksum         see snapshot_manifest.c; that it exists and fits is what
 *                                         makes a snapshot of the directory
 *   <dir>/snapshots/<id>.checksum.tmp     about to become that
 *   <dir>/pending/<id>/...                being received
 *
 * Invariants
 * - At every moment, crash or not, the highest snapshot that was ever announced is on disk whole:
 *   files and directory are durable before the checksum file has its name, and that is durable
 *   before it is announced and before an older one loses its checksum file (S02, S23).
 * - What begins in pending/ or without a checksum file is worth nothing after a restart (S17). */
#include "snapshot/snapshot_internal.h"

wg_status snapshot_view_file(struct wg_env *env, const char *path, struct wg_disk_view *ret_view) {
    const struct wg_disk_ops *ops = env->disk_ops;
    wg_file file;
    uint64_t bytes = 0;
    wg_status status = ops->open(env->disk, path, false, &file);
    if (status != WG_OK) {
        return status;
    }
    status = ops->size(env->disk, file, &bytes);
    if (status == WG_OK && bytes > UINT32_MAX) {
        status = WG_CORRUPT;
    }
    if (status == WG_OK) {
        status = ops->view(env->disk, file, 0, (uint32_t)bytes, ret_view);
    }
    ops->close(env->disk, file);
    return status;
}

wg_status snapshot_sync_file(struct wg_env *env, const char *path) {
    wg_file file;
    wg_status status = env->disk_ops->open(env->disk, path, false, &file);
    if (status == WG_OK) {
        status = env->disk_ops->sync(env->disk, file);
        env->disk_ops->close(env->disk, file);
    }
    return status;
}

void snapshot_remove_all(struct wg_env *env, const char *prefix) {
    struct wg_path path = wg_path_join(env, "", "");
    while (wg_path_next(env, prefix, &path)) {
        (void)env->disk_ops->remove(env->disk, path.text);
    }
}

/* --- open ------------------------------------------------------------------------------------- */

/* OK and the files of `id`, if all of them fit the checksum file; CORRUPT if not. */
static wg_status verify(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                        struct snapshot_manifest *ret_manifest) {
    struct snapshot_manifest told, found;
    struct wg_path path = snapshot_path(store, "/snapshots/", id, ".checksum");
    struct wg_disk_view view;
    wg_status status = snapshot_view_file(store->env, path.text, &view);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_CORRUPT : status;
    }
    status = snapshot_manifest_decode(wg_bytes_of(view.ptr, view.len), &told);
    wg_buf_unref(view.buf);
    if (status != WG_OK) {
        return status;
    }
    path = snapshot_path(store, "/snapshots/", id, "/");
    status = snapshot_manifest_read(store->env, path.text, &found);
    if (status == WG_OK && !snapshot_manifest_equal(&told, &found)) {
        status = WG_CORRUPT;
    }
    if (status == WG_OK) {
        *ret_manifest = found;
    }
    return status;
}

/* Finds the highest valid snapshot. */
static wg_status find_latest(struct wg_snapshots *store) {
    struct wg_path prefix = wg_path_join(store->env, store->dir, "/snapshots/");
    struct wg_path path = wg_path_join(store->env, "", "");
    while (wg_path_next(store->env, prefix.text, &path)) {
        const char *at = path.text + prefix.len;
        struct wg_snapshot_id id;
        if (!snapshot_read_id(&at, &id) || strcmp(at, ".checksum") != 0 ||
            (store->has_latest && wg_snapshot_id_compare(&id, &store->latest) <= 0)) {
            continue;
        }
        wg_status status = verify(store, &id, &store->manifest);
        if (status == WG_OK) {
            store->has_latest = true;
            store->latest = id;
        } else if (status != WG_CORRUPT) {
            return status;
        } else if (id.index > store->damaged) {
            store->damaged = id.index;
        }
    }
    return WG_OK;
}

/* Removes what was never completed. Complete but damaged ones stay while there is nothing better:
 * somebody may want to look at them. */
static void remove_partial(struct wg_snapshots *store) {
    struct wg_env *env = store->env;
    struct wg_path prefix = wg_path_join(env, store->dir, "/snapshots/");
    struct wg_path path = wg_path_join(env, "", "");
    while (wg_path_next(env, prefix.text, &path)) {
        const char *at = path.text + prefix.len;
        struct wg_snapshot_id id;
        wg_file file;
        bool known = snapshot_read_id(&at, &id);
        if (known && (strcmp(at, ".checksum") == 0 || *at == '/')) {
            struct wg_path marker = snapshot_path(store, "/snapshots/", &id, ".checksum");
            if (env->disk_ops->open(env->disk, marker.text, false, &file) != WG_NOT_FOUND) {
                env->disk_ops->close(env->disk, file);
                continue;
            }
        }
        (void)env->disk_ops->remove(env->disk, path.text);
    }
}

/* A process that was killed may have left the latest in the page cache only. */
static wg_status make_durable(struct wg_snapshots *store) {
    struct wg_env *env = store->env;
    wg_status status = WG_OK;
    for (uint32_t i = 0; i < store->manifest.count && status == WG_OK; i++) {
        struct wg_path path = snapshot_path(store, "/snapshots/", &store->latest, "/");
        wg_path_add(env, &path, store->manifest.files[i].name);
        status = snapshot_sync_file(env, path.text);
    }
    struct wg_path path = snapshot_path(store, "/snapshots/", &store->latest, ".checksum");
    if (status == WG_OK) {
        status = snapshot_sync_file(env, path.text);
    }
    path = snapshot_path(store, "/snapshots/", &store->latest, "");
    if (status == WG_OK) {
        status = env->disk_ops->sync_dir(env->disk, path.text);
    }
    path = wg_path_join(env, store->dir, "/snapshots");
    return status == WG_OK ? env->disk_ops->sync_dir(env->disk, path.text) : status;
}

static wg_status recover(struct wg_snapshots *store) {
    struct wg_path pending = wg_path_join(store->env, store->dir, "/pending/");
    snapshot_remove_all(store->env, pending.text);
    wg_status status = find_latest(store);
    if (status != WG_OK) {
        return status;
    }
    if (!store->has_latest) {
        remove_partial(store);
        return WG_OK;
    }
    status = make_durable(store);
    if (status == WG_OK) {
        snapshot_remove_others(store);
    }
    return status;
}

wg_status wg_snapshots_open(struct wg_env *env, const struct wg_snapshot_options *options,
                            struct wg_snapshots **ret_store) {
    struct wg_snapshots *store = wg_alloc(env, sizeof *store);
    size_t dir_bytes = strlen(options->dir) + 1;
    *store = (struct wg_snapshots){
        .env = env, .dir = wg_alloc(env, dir_bytes), .partition = options->partition};
    memcpy(store->dir, options->dir, dir_bytes);
    wg_status status = recover(store);
    if (status != WG_OK) {
        wg_snapshots_close(store);
        return status;
    }
    *ret_store = store;
    return WG_OK;
}

void wg_snapshots_close(struct wg_snapshots *store) {
    if (store != NULL) {
        wg_free(store->env, store->dir, strlen(store->dir) + 1);
        wg_free(store->env, store, sizeof *store);
    }
}

/* --- look ------------------------------------------------------------------------------------- */

const struct wg_snapshot_id *wg_snapshots_latest(const struct wg_snapshots *store) {
    return store->has_latest ? &store->latest : NULL;
}

wg_index wg_snapshots_damaged_index(const struct wg_snapshots *store) { return store->damaged; }

wg_status wg_snapshots_load(struct wg_snapshots *store, struct wg_state **ret_state) {
    if (!store->has_latest) {
        return WG_NOT_FOUND;
    }
    struct snapshot_manifest manifest;
    wg_status status = verify(store, &store->latest, &manifest);
    if (status != WG_OK) {
        return status;
    }
    struct wg_path path =
        snapshot_path(store, "/snapshots/", &store->latest, "/" SNAPSHOT_STATE_FILE);
    struct wg_disk_view view;
    status = snapshot_view_file(store->env, path.text, &view);
    if (status != WG_OK) {
        return status == WG_NOT_FOUND ? WG_CORRUPT : status;
    }
    status = wg_state_decode(store->env, wg_bytes_of(view.ptr, view.len), ret_state);
    wg_buf_unref(view.buf);
    return status;
}
