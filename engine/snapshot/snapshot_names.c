/* Names of snapshots: "<index>-<term>-<processed>-<exported>", and their order. */
#include "snapshot/snapshot_internal.h"

static int compare_numbers(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }

/* The term stays out: after a restore terms start low again while the log goes on (S22). */
int wg_snapshot_id_compare(const struct wg_snapshot_id *a, const struct wg_snapshot_id *b) {
    int order = compare_numbers(a->index, b->index);
    if (order == 0) {
        order = compare_numbers((uint64_t)a->processed, (uint64_t)b->processed);
    }
    if (order == 0) {
        order = compare_numbers((uint64_t)a->exported, (uint64_t)b->exported);
    }
    return order;
}

struct wg_path snapshot_path(const struct wg_snapshots *store, const char *area,
                             const struct wg_snapshot_id *id, const char *rest) {
    struct wg_env *env = store->env;
    WG_ASSERT(env, id->processed >= 0 && id->exported >= 0);
    struct wg_path path = wg_path_join(env, store->dir, area);
    wg_path_add_number(env, &path, id->index);
    wg_path_add(env, &path, "-");
    wg_path_add_number(env, &path, id->term);
    wg_path_add(env, &path, "-");
    wg_path_add_number(env, &path, (uint64_t)id->processed);
    wg_path_add(env, &path, "-");
    wg_path_add_number(env, &path, (uint64_t)id->exported);
    wg_path_add(env, &path, rest);
    return path;
}

bool snapshot_read_id(const char **at, struct wg_snapshot_id *ret_id) {
    uint64_t number[4];
    const char *p = *at;
    for (unsigned i = 0; i < 4; i++) {
        if ((i > 0 && !wg_path_read_word(&p, "-")) || !wg_path_read_number(&p, &number[i])) {
            return false;
        }
    }
    if (number[2] > INT64_MAX || number[3] > INT64_MAX) {
        return false;
    }
    *ret_id = (struct wg_snapshot_id){number[0], number[1], (wg_position)number[2],
                                      (wg_position)number[3]};
    *at = p;
    return true;
}
