/* B+tree with copy on write. Invariants: every page but an emptied root has at least one slot;
 * prefix[i] of an inner page equals prefix[0] of its child i; all leaves are at level 0; a page is
 * written only while its reference count is 1. Comparing the eight prefix bytes decides nearly
 * always, because most keys are one or two 8-byte numbers; ties look at the row itself. */
#include "state/tree.h"

#include "base/assert.h"

#include <string.h>

#define MERGE_BELOW (WG_TREE_FANOUT / 4)

static uint64_t prefix_of(struct wg_bytes key) {
    uint64_t prefix = 0;
    for (uint32_t i = 0; i < 8; i++) {
        prefix = prefix << 8 | (i < key.len ? key.ptr[i] : 0u);
    }
    return prefix;
}

static int compare_keys(struct wg_bytes a, struct wg_bytes b) {
    uint32_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static const struct wg_row *first_row(const struct wg_node_page *page) {
    while (page->level > 0) {
        page = page->u.child[0];
    }
    return page->u.row[0];
}

static int compare_slot(const struct wg_node_page *page, uint32_t i, uint64_t prefix,
                        struct wg_bytes key) {
    if (page->prefix[i] != prefix) {
        return page->prefix[i] < prefix ? -1 : 1;
    }
    const struct wg_row *row = page->level == 0 ? page->u.row[i] : first_row(page->u.child[i]);
    return compare_keys(wg_row_key(row), key);
}

/* Number of slots whose prefix is < `prefix`; no branch depends on the data. */
static uint32_t prefixes_before(const struct wg_node_page *page, uint64_t prefix) {
    const uint64_t *base = page->prefix;
    uint32_t left = page->count;
    for (uint32_t i = 8; i < left; i += 8) { /* all cache lines at once, not one after the other */
        __builtin_prefetch(base + i);
    }
    while (left > 1) {
        uint32_t half = left / 2;
        base += base[half - 1] < prefix ? half : 0;
        left -= half;
    }
    return (uint32_t)(base - page->prefix) + (left == 1 && *base < prefix);
}

/* Number of slots whose first key is < `key`, or <= when `upper`. */
static uint32_t slots_before(const struct wg_node_page *page, uint64_t prefix, struct wg_bytes key,
                             bool upper) {
    uint32_t i = prefixes_before(page, prefix);
    while (i < page->count && page->prefix[i] == prefix) {
        int order = compare_slot(page, i, prefix, key);
        if (order > 0 || (order == 0 && !upper)) {
            break;
        }
        i++;
    }
    return i;
}

/* The child that holds `key` if any does. */
static uint32_t child_slot(const struct wg_node_page *page, uint64_t prefix, struct wg_bytes key) {
    uint32_t after = slots_before(page, prefix, key, true);
    return after > 0 ? after - 1 : 0;
}

static struct wg_row *find(const struct wg_node_page *root, struct wg_bytes key,
                           uint32_t max_refs) {
    if (root == NULL || root->refs > max_refs) {
        return NULL;
    }
    uint64_t prefix = prefix_of(key);
    while (root->level > 0) {
        root = root->u.child[child_slot(root, prefix, key)];
        if (root->refs > max_refs) {
            return NULL;
        }
    }
    uint32_t i = slots_before(root, prefix, key, false);
    if (i == root->count || compare_slot(root, i, prefix, key) != 0) {
        return NULL;
    }
    return root->u.row[i];
}

struct wg_row *wg_tree_find(const struct wg_node_page *root, struct wg_bytes key) {
    return find(root, key, UINT32_MAX);
}

struct wg_row *wg_tree_find_unshared(const struct wg_node_page *root, struct wg_bytes key) {
    return find(root, key, 1);
}

const struct wg_row *wg_tree_seek(const struct wg_node_page *root, struct wg_bytes key,
                                  bool inclusive) {
    if (root == NULL) {
        return NULL;
    }
    uint64_t prefix = prefix_of(key);
    const struct wg_node_page *right = NULL; /* nearest subtree right of the way down */
    while (root->level > 0) {
        uint32_t i = child_slot(root, prefix, key);
        if (i + 1u < root->count) {
            right = root->u.child[i + 1];
        }
        root = root->u.child[i];
    }
    uint32_t i = slots_before(root, prefix, key, !inclusive);
    if (i < root->count) {
        return root->u.row[i];
    }
    return right == NULL ? NULL : first_row(right);
}

static struct wg_node_page *page_new(struct wg_env *env, uint16_t level) {
    struct wg_node_page *page = wg_alloc(env, sizeof *page);
    page->refs = 1;
    page->count = 0;
    page->level = level;
    return page;
}

static void page_release(struct wg_env *env, struct wg_node_page *page) {
    wg_free(env, page, sizeof *page);
}

void wg_tree_unref(struct wg_env *env, struct wg_node_page *root) {
    if (root == NULL || --root->refs > 0) {
        return;
    }
    for (uint32_t i = 0; i < root->count; i++) {
        if (root->level == 0) {
            wg_row_unref(env, root->u.row[i]);
        } else {
            wg_tree_unref(env, root->u.child[i]);
        }
    }
    page_release(env, root);
}

/* Makes *page safe to write. */
static struct wg_node_page *own(struct wg_env *env, struct wg_node_page **page) {
    struct wg_node_page *old = *page;
    if (old->refs == 1) {
        return old;
    }
    struct wg_node_page *copy = page_new(env, old->level);
    copy->count = old->count;
    memcpy(copy->prefix, old->prefix, old->count * sizeof old->prefix[0]);
    memcpy(&copy->u, &old->u, old->count * sizeof old->u.row[0]);
    for (uint32_t i = 0; i < copy->count; i++) {
        if (copy->level == 0) {
            copy->u.row[i]->refs++;
        } else {
            copy->u.child[i]->refs++;
        }
    }
    old->refs--;
    *page = copy;
    return copy;
}

static void slot_open(struct wg_node_page *page, uint32_t at) {
    uint32_t moved = page->count - at;
    memmove(&page->prefix[at + 1], &page->prefix[at], moved * sizeof page->prefix[0]);
    memmove(&page->u.row[at + 1], &page->u.row[at], moved * sizeof page->u.row[0]);
    page->count++;
}

static void slot_close(struct wg_node_page *page, uint32_t at) {
    page->count--;
    uint32_t moved = page->count - at;
    memmove(&page->prefix[at], &page->prefix[at + 1], moved * sizeof page->prefix[0]);
    memmove(&page->u.row[at], &page->u.row[at + 1], moved * sizeof page->u.row[0]);
}

/* Moves the slots from `at` on to the end of `to`. */
static void slots_move(struct wg_node_page *from, uint32_t at, struct wg_node_page *to) {
    uint32_t moved = from->count - at;
    memcpy(&to->prefix[to->count], &from->prefix[at], moved * sizeof from->prefix[0]);
    memcpy(&to->u.row[to->count], &from->u.row[at], moved * sizeof from->u.row[0]);
    to->count = (uint16_t)(to->count + moved);
    from->count = (uint16_t)at;
}

/* Opens slot `at` of a page that may be full; the new right sibling, or NULL. *ret_page and *at
 * say where the slot is. Keys mostly grow, so a full page stays full when the slot is its last. */
static struct wg_node_page *open_or_split(struct wg_env *env, struct wg_node_page *page,
                                          uint32_t *at, struct wg_node_page **ret_page) {
    struct wg_node_page *right = NULL;
    if (page->count == WG_TREE_FANOUT) {
        right = page_new(env, page->level);
        slots_move(page, *at == page->count ? page->count : WG_TREE_FANOUT / 2, right);
        if (*at >= page->count && (*at > page->count || right->count == 0)) {
            *at -= page->count;
            page = right;
        }
    }
    slot_open(page, *at);
    *ret_page = page;
    return right;
}

struct put_call {
    struct wg_env *env;
    struct wg_row *row;
    struct wg_row *replaced;
    uint64_t prefix;
};

static struct wg_node_page *put_leaf(struct put_call *call, struct wg_node_page *page) {
    struct wg_bytes key = wg_row_key(call->row);
    uint32_t at = slots_before(page, call->prefix, key, false);
    if (at < page->count && compare_slot(page, at, call->prefix, key) == 0) {
        call->replaced = page->u.row[at];
        page->u.row[at] = call->row;
        return NULL;
    }
    struct wg_node_page *target;
    struct wg_node_page *right = open_or_split(call->env, page, &at, &target);
    target->prefix[at] = call->prefix;
    target->u.row[at] = call->row;
    return right;
}

/* Puts into the subtree; the right sibling that a split made, or NULL. */
static struct wg_node_page *put_page(struct put_call *call, struct wg_node_page **slot) {
    struct wg_node_page *page = own(call->env, slot);
    if (page->level == 0) {
        return put_leaf(call, page);
    }
    uint32_t i = child_slot(page, call->prefix, wg_row_key(call->row));
    struct wg_node_page *split = put_page(call, &page->u.child[i]);
    page->prefix[i] = page->u.child[i]->prefix[0];
    if (split == NULL) {
        return NULL;
    }
    uint32_t at = i + 1;
    struct wg_node_page *target;
    struct wg_node_page *right = open_or_split(call->env, page, &at, &target);
    target->prefix[at] = split->prefix[0];
    target->u.child[at] = split;
    return right;
}

struct wg_row *wg_tree_put(struct wg_env *env, struct wg_node_page **root,
                           struct wg_row *row) {
    if (*root == NULL) {
        *root = page_new(env, 0);
    }
    struct put_call call = {env, row, NULL, prefix_of(wg_row_key(row))};
    struct wg_node_page *right = put_page(&call, root);
    if (right != NULL) {
        struct wg_node_page *top = page_new(env, (uint16_t)(right->level + 1));
        WG_ASSERT(env, top->level < WG_TREE_MAX_LEVEL);
        top->count = 2;
        top->prefix[0] = (*root)->prefix[0];
        top->prefix[1] = right->prefix[0];
        top->u.child[0] = *root;
        top->u.child[1] = right;
        *root = top;
    }
    return call.replaced;
}

/* Child i of `page` has become small: drop it when empty, else join it to a neighbour with room. */
static void shrink_child(struct wg_env *env, struct wg_node_page *page, uint32_t i) {
    struct wg_node_page *child = page->u.child[i];
    if (child->count == 0) {
        page_release(env, child);
        slot_close(page, i);
        return;
    }
    page->prefix[i] = child->prefix[0];
    if (child->count >= MERGE_BELOW || page->count < 2) {
        return;
    }
    uint32_t left = i > 0 ? i - 1 : 0;
    uint32_t sum = (uint32_t)page->u.child[left]->count + page->u.child[left + 1]->count;
    if (sum > WG_TREE_FANOUT - MERGE_BELOW) {
        return; /* leave room, or the next put would split it again */
    }
    struct wg_node_page *into = own(env, &page->u.child[left]);
    struct wg_node_page *from = own(env, &page->u.child[left + 1]);
    slots_move(from, 0, into);
    page_release(env, from);
    slot_close(page, left + 1);
}

/* The key is known to be in the subtree. */
static struct wg_row *remove_in(struct wg_env *env, struct wg_node_page **slot,
                                uint64_t prefix, struct wg_bytes key) {
    struct wg_node_page *page = own(env, slot);
    if (page->level > 0) {
        uint32_t i = child_slot(page, prefix, key);
        struct wg_row *row = remove_in(env, &page->u.child[i], prefix, key);
        shrink_child(env, page, i);
        return row;
    }
    uint32_t at = slots_before(page, prefix, key, false);
    struct wg_row *row = page->u.row[at];
    slot_close(page, at);
    return row;
}

struct wg_row *wg_tree_remove(struct wg_env *env, struct wg_node_page **root,
                              struct wg_bytes key) {
    if (wg_tree_find(*root, key) == NULL) {
        return NULL; /* nothing is copied for a miss */
    }
    struct wg_row *row = remove_in(env, root, prefix_of(key), key);
    while (*root != NULL && (*root)->count <= 1) {
        struct wg_node_page *top = *root;
        if (top->count == 1 && top->level == 0) {
            break;
        }
        *root = top->count == 0 ? NULL : top->u.child[0];
        page_release(env, top);
    }
    return row;
}

void wg_tree_each(const struct wg_node_page *root,
                  void (*each)(void *ctx, const struct wg_row *row), void *ctx) {
    for (uint32_t i = 0; root != NULL && i < root->count; i++) {
        if (root->level == 0) {
            each(ctx, root->u.row[i]);
        } else {
            wg_tree_each(root->u.child[i], each, ctx);
        }
    }
}
