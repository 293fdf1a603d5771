/* `ancestorScopeKeys` of an exported PROCESS_INSTANCE_MODIFICATION: the union of the arrays of that
 * name in its activate instructions, which the wire does not have at the top. Zeebe prints a hash
 * set; here the keys ascend. */
#include "codec/json.h"

#include "codec/msgpack.h"

static const char name[] = "ancestorScopeKeys";

/* Takes the integers of one array to `keys`; with NULL it only counts. */
static bool take_keys(struct wg_reader *r, int64_t *keys, uint32_t *count) {
    struct wg_mp_token token;
    if (!wg_mp_read(r, &token) || token.kind != WG_MP_ARRAY) {
        return false;
    }
    for (int64_t i = token.number; i > 0; i--) {
        if (!wg_mp_read(r, &token) || token.kind != WG_MP_INT) {
            return false;
        }
        if (keys != NULL) {
            keys[*count] = token.number;
        }
        (*count)++;
    }
    return true;
}

static bool take_instruction(struct wg_reader *r, int64_t *keys, uint32_t *count) {
    struct wg_mp_token token;
    struct wg_bytes raw;
    if (!wg_mp_read(r, &token) || token.kind != WG_MP_MAP) {
        return false;
    }
    for (int64_t i = token.number; i > 0; i--) {
        if (!wg_mp_read(r, &token)) {
            return false;
        }
        bool wanted = token.kind == WG_MP_STR && wg_bytes_equal(token.bytes, wg_bytes_str(name));
        if (wanted ? !take_keys(r, keys, count) : !wg_mp_skip(r, &raw)) {
            return false;
        }
    }
    return true;
}

static bool take_all(struct wg_bytes instructions, int64_t *keys, uint32_t *count) {
    struct wg_reader r = wg_reader_on(instructions);
    struct wg_mp_token token;
    *count = 0;
    if (instructions.len == 0) {
        return true;
    }
    if (!wg_mp_read(&r, &token) || token.kind != WG_MP_ARRAY) {
        return false;
    }
    bool good = true;
    for (int64_t i = token.number; good && i > 0; i--) {
        good = take_instruction(&r, keys, count);
    }
    return good;
}

static void sift_down(int64_t *keys, uint32_t root, uint32_t count) {
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= count) {
            return;
        }
        child += child + 1 < count && keys[child] < keys[child + 1];
        if (keys[root] >= keys[child]) {
            return;
        }
        int64_t key = keys[root];
        keys[root] = keys[child];
        keys[child] = key;
        root = child;
    }
}

/* In place and without recursion: there may be a million of them. */
static void heap_sort(int64_t *keys, uint32_t count) {
    for (uint32_t root = count / 2; root > 0; root--) {
        sift_down(keys, root - 1, count);
    }
    for (uint32_t end = count; end > 1; end--) {
        int64_t key = keys[0];
        keys[0] = keys[end - 1];
        keys[end - 1] = key;
        sift_down(keys, 0, end - 1);
    }
}

void wg_json_scope_keys(struct wg_text *text, struct wg_bytes instructions) {
    uint32_t count;
    if (!take_all(instructions, NULL, &count)) {
        count = 0;
    }
    size_t size = count * sizeof(int64_t);
    int64_t *keys = count == 0 ? NULL : wg_alloc(text->env, size);
    if (count > 0) {
        (void)take_all(instructions, keys, &count);
    }
    heap_sort(keys, count);
    wg_text_literal(text, "\"ancestorScopeKeys\":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && keys[i] == keys[i - 1]) {
            continue;
        }
        if (i > 0) {
            wg_text_literal(text, ",");
        }
        wg_text_int(text, keys[i]);
    }
    wg_text_literal(text, "]");
    wg_free(text->env, keys, size);
}
