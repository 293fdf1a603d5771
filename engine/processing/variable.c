/* Variables of a scope (step 6): documents become VARIABLE events, and variables become documents
 * for jobs. A variable whose value does not change makes no event. */
#include "codec/msgpack.h"
#include "processing/step.h"

/* Enters a document; its number of entries, or -1. */
static int64_t enter_map(struct wg_bytes document, struct wg_reader *ret_in) {
    struct wg_mp_token token;
    if (document.len == 0) {
        return 0;
    }
    *ret_in = wg_reader_on(document);
    return wg_mp_read(ret_in, &token) && token.kind == WG_MP_MAP ? token.number : -1;
}

static bool next_entry(struct wg_reader *in, struct wg_bytes *ret_name,
                       struct wg_bytes *ret_value) {
    struct wg_mp_token name;
    if (!wg_mp_read(in, &name) || name.kind != WG_MP_STR || !wg_mp_skip(in, ret_value)) {
        return false;
    }
    *ret_name = name.bytes;
    return true;
}

static bool find(const struct wg_state *state, wg_key scope, struct wg_bytes name, wg_key *ret_key,
                 struct wg_bytes *ret_value) {
    uint8_t key[WG_STATE_MAX_KEY];
    struct wg_bytes row;
    return wg_state_get(state, WG_CF_VARIABLE, wg_variable_key(key, scope, name), &row) &&
           wg_row_tagged(row, ret_key, ret_value);
}

/* The scope around that one, WG_KEY_NONE = none. The built-in process has tasks only, in its
 * instance. */
static wg_key outer(const struct wg_state *state, const struct wg_scope *whose, wg_key scope) {
    struct wg_element_row row;
    if (scope == whose->process_instance_key) {
        return WG_KEY_NONE;
    }
    if (wg_is_one_task(whose->process_id)) {
        return whose->process_instance_key;
    }
    return wg_element_get(state, scope, &row) ? row.flow_scope_key : WG_KEY_NONE;
}

bool wg_variable_find(const struct wg_state *state, const struct wg_scope *scope,
                      struct wg_bytes name, struct wg_bytes *ret_value) {
    wg_key key;
    wg_key at = scope->scope;
    while (at >= 0 && !find(state, at, name, &key, ret_value)) {
        at = outer(state, scope, at);
    }
    return at >= 0;
}

bool wg_variable_equals(const struct wg_state *state, const struct wg_scope *scope,
                        struct wg_bytes name, int64_t number) {
    struct wg_bytes value;
    struct wg_mp_token token;
    if (!wg_variable_find(state, scope, name, &value)) {
        return false;
    }
    struct wg_reader in = wg_reader_on(value);
    return wg_mp_read(&in, &token) && token.kind == WG_MP_INT && token.number == number;
}

static wg_status set_one(struct wg_step *step, const struct wg_scope *scope, wg_key target,
                         struct wg_bytes name, struct wg_bytes value) {
    struct wg_bytes known;
    wg_key key;
    if (name.len > WG_VARIABLE_NAME_MAX) {
        return WG_UNSUPPORTED;
    }
    bool exists = find(step->state, target, name, &key, &known);
    if (exists && wg_bytes_equal(known, value)) {
        return WG_OK;
    }
    struct wg_value_variable variable;
    wg_status status = wg_value_init(WG_VT_VARIABLE, &variable);
    if (status != WG_OK) {
        return status;
    }
    variable.name = name;
    variable.value = value;
    variable.scope_key = target;
    variable.process_instance_key = scope->process_instance_key;
    variable.process_definition_key = scope->process_key;
    variable.bpmn_process_id = scope->process_id;
    return exists ? wg_step_event(step, key, WG_VT_VARIABLE, WG_VARIABLE_UPDATED, &variable)
                  : wg_step_event(step, wg_step_next_key(step), WG_VT_VARIABLE,
                                  WG_VARIABLE_CREATED, &variable);
}

/* The nearest scope that knows the variable, else the process instance. */
static wg_key knowing_scope(const struct wg_state *state, const struct wg_scope *scope,
                            struct wg_bytes name) {
    struct wg_bytes known;
    wg_key key;
    wg_key at = scope->scope;
    while (at >= 0 && at != scope->process_instance_key && !find(state, at, name, &key, &known)) {
        at = outer(state, scope, at);
    }
    return at >= 0 ? at : scope->process_instance_key;
}

static wg_status set_all(struct wg_step *step, const struct wg_scope *scope,
                         struct wg_bytes document, bool propagate) {
    struct wg_reader in;
    int64_t count = enter_map(document, &in);
    if (count < 0) {
        return WG_CORRUPT;
    }
    for (int64_t i = 0; i < count; i++) {
        struct wg_bytes name;
        struct wg_bytes value;
        if (!next_entry(&in, &name, &value)) {
            return WG_CORRUPT;
        }
        wg_key target = propagate ? knowing_scope(step->state, scope, name) : scope->scope;
        wg_status status = set_one(step, scope, target, name, value);
        if (status != WG_OK) {
            return status;
        }
    }
    return WG_OK;
}

wg_status wg_variables_set_local(struct wg_step *step, const struct wg_scope *scope,
                                 struct wg_bytes document) {
    return set_all(step, scope, document, false);
}

wg_status wg_variables_propagate(struct wg_step *step, const struct wg_scope *scope,
                                 struct wg_bytes document) {
    return set_all(step, scope, document, true);
}

static bool is_named(struct wg_bytes names, struct wg_bytes name) {
    struct wg_mp_token token;
    if (names.len == 0) {
        return true;
    }
    struct wg_reader in = wg_reader_on(names);
    if (!wg_mp_read(&in, &token) || token.kind != WG_MP_ARRAY || token.number == 0) {
        return true;
    }
    int64_t count = token.number;
    for (int64_t i = 0; i < count && wg_mp_read(&in, &token); i++) {
        if (token.kind == WG_MP_STR && wg_bytes_equal(token.bytes, name)) {
            return true;
        }
    }
    return false;
}

struct collect {
    wg_key scopes[WG_MODEL_DEPTH_MAX + 2]; /* from the inside outwards */
    uint32_t scope_count;
    struct wg_bytes names;
    struct wg_writer *out; /* NULL: only counted */
    uint32_t count;
    uint64_t bytes;
};

static void collect_one(struct collect *collect, struct wg_bytes name, struct wg_bytes value) {
    collect->count++;
    collect->bytes += 5 + (uint64_t)name.len + value.len;
    if (collect->out != NULL) {
        wg_mp_write_str(collect->out, name);
        wg_write_bytes(collect->out, value.ptr, value.len);
    }
}

static bool is_hidden(const struct wg_state *state, const struct collect *collect, uint32_t at,
                      struct wg_bytes name) {
    struct wg_bytes hidden;
    wg_key ignored;
    for (uint32_t i = 0; i < at; i++) {
        if (find(state, collect->scopes[i], name, &ignored, &hidden)) {
            return true;
        }
    }
    return false;
}

/* One scope's variables; those that an inner scope hides are left out. */
static void collect_scope(const struct wg_state *state, struct collect *collect, uint32_t at) {
    uint8_t prefix[8];
    uint8_t key[WG_STATE_MAX_KEY];
    uint32_t key_len = 8;
    struct wg_bytes row;
    wg_state_key_u64(prefix, (uint64_t)collect->scopes[at]);
    memcpy(key, prefix, 8);
    while (wg_state_next(state, WG_CF_VARIABLE, wg_bytes_of(prefix, 8), wg_bytes_of(key, key_len),
                         false, key, &key_len, &row)) {
        struct wg_bytes name = wg_bytes_of(key + 8, key_len - 8);
        struct wg_bytes value;
        wg_key ignored;
        if (wg_row_tagged(row, &ignored, &value) && is_named(collect->names, name) &&
            !is_hidden(state, collect, at, name)) {
            collect_one(collect, name, value);
        }
    }
}

static void collect_all(const struct wg_state *state, struct collect *collect) {
    for (uint32_t i = 0; i < collect->scope_count; i++) {
        collect_scope(state, collect, i);
    }
}

static void list_scopes(const struct wg_state *state, const struct wg_scope *scope,
                        struct collect *collect) {
    wg_key at = scope->scope;
    while (at >= 0 && collect->scope_count < WG_MODEL_DEPTH_MAX + 2) {
        collect->scopes[collect->scope_count++] = at;
        at = outer(state, scope, at);
    }
}

static wg_status to_document(struct wg_step *step, struct collect *collect,
                             struct wg_bytes *ret_document) {
    collect_all(step->state, collect);
    if (collect->bytes > UINT32_MAX / 2) {
        return WG_FULL;
    }
    uint32_t capacity = (uint32_t)collect->bytes + 5;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, capacity), capacity);
    wg_mp_write_map(&out, collect->count);
    collect->out = &out;
    collect_all(step->state, collect);
    *ret_document = wg_writer_bytes(&out);
    return out.failed ? WG_FULL : WG_OK;
}

wg_status wg_variables_local(struct wg_step *step, const struct wg_scope *scope,
                             struct wg_bytes *ret_document) {
    struct collect collect = {.scopes = {scope->scope}, .scope_count = 1};
    return to_document(step, &collect, ret_document);
}

wg_status wg_variables_collect(struct wg_step *step, const struct wg_scope *scope,
                               struct wg_bytes names, struct wg_bytes *ret_document) {
    struct collect collect = {.names = names};
    list_scopes(step->state, scope, &collect);
    return to_document(step, &collect, ret_document);
}
