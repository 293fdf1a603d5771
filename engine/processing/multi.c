/* Multi-instance (step 6): a body around an activity that is run once for each item of a collection.
 * { E ELEMENT_ACTIVATED(body) ; C PROCESS_INSTANCE_BATCH ACTIVATE ; C ACTIVATE_ELEMENT per item } in
 * parallel, or one C ACTIVATE_ELEMENT after the other; the body completes with its last instance. The
 * batch command is cut where its log batch is full and goes on with a further one. The body's row
 * counts in `job_key` how many instances were activated.
 *
 * Results (reference: zeebe MultiInstanceBodyProcessor): E VARIABLE CREATED of the output collection, all
 * nil, behind ELEMENT_ACTIVATED(body); the result's variable is nil in each instance at first, and what
 * it is between ELEMENT_COMPLETING and ELEMENT_COMPLETED replaces the instance's item in the collection;
 * that goes to the scope around the body in between the same events of the body. */
#include "codec/msgpack.h"
#include "processing/element.h"

#define LOOP_COUNTER "loopCounter"
/* Room that is left for the batch's next command and what else its end needs. */
#define RESERVED_BYTES 8192u

/* Number of items, -1 = no collection; the reader stands at the first one. */
static int64_t read_collection(const struct wg_step *step, const struct wg_model *model,
                               uint32_t body, wg_key key,
                               const struct wg_value_process_instance *value,
                               struct wg_reader *ret_items) {
    struct wg_bytes bytes;
    struct wg_mp_token token;
    struct wg_scope scope = wg_element_scope(key, value);
    if (!wg_variable_find(step->state, &scope, wg_model_text(model, body), &bytes)) {
        return -1;
    }
    *ret_items = wg_reader_on(bytes);
    return wg_mp_read(ret_items, &token) && token.kind == WG_MP_ARRAY ? token.number : -1;
}

wg_status wg_multi_check(struct wg_step *step, const struct wg_model *model, uint32_t element,
                         wg_key key, const struct wg_value_process_instance *value,
                         bool *ret_good) {
    struct wg_reader items;
    *ret_good = read_collection(step, model, element, key, value, &items) >= 0;
    return *ret_good ? WG_OK
                     : wg_incident_raise(step, "EXTRACT_VALUE_ERROR",
                                         wg_bytes_str("Expected result of the input collection to "
                                                      "be 'ARRAY', but it is none"),
                                         WG_KEY_NONE, key, value);
}

/* A one-entry document in the results' memory. */
static struct wg_bytes document(struct wg_step *step, struct wg_bytes name, struct wg_bytes value) {
    uint32_t room = 10 + name.len + value.len;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, room), room);
    wg_mp_write_map(&out, 1);
    wg_mp_write_str(&out, name);
    wg_write_bytes(&out, value.ptr, value.len);
    return wg_writer_bytes(&out);
}

static struct wg_bytes number(struct wg_step *step, int64_t value) {
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, 9), 9);
    wg_mp_write_int(&out, value);
    return wg_writer_bytes(&out);
}

/* E VARIABLE for one variable of the scope itself; nothing if it has that value. */
static wg_status set_local(struct wg_step *step, wg_key key,
                           const struct wg_value_process_instance *value, struct wg_bytes name,
                           struct wg_bytes bytes) {
    struct wg_scope scope = wg_element_scope(key, value);
    return wg_variables_set_local(step, &scope, document(step, name, bytes));
}

/* The output collection, with nothing in it yet. */
static wg_status begin_output(struct wg_step *step, const struct wg_model *model, uint32_t body,
                              wg_key key, const struct wg_value_process_instance *value,
                              int64_t count) {
    struct wg_bytes name = wg_model_output(model, body);
    if (name.len == 0 || count < 0) {
        return WG_OK;
    }
    uint32_t room = 5 + (uint32_t)count;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, room), room);
    wg_mp_write_array(&out, (uint32_t)count);
    for (int64_t i = 0; i < count; i++) {
        wg_mp_write_nil(&out);
    }
    return set_local(step, key, value, name, wg_writer_bytes(&out));
}

static wg_status activate_next(struct wg_step *step, const struct wg_model *model, uint32_t body,
                               wg_key key, const struct wg_value_process_instance *value) {
    struct wg_element_row row = wg_element_row_of(value);
    struct wg_value_process_instance next;
    row.flow_scope_key = key;
    wg_element_value(model, wg_model_at(model, body).target, &row, &next);
    return wg_element_command(step, wg_step_next_key(step), WG_PI_ACTIVATE_ELEMENT, &next);
}

static wg_status batch_command(struct wg_step *step, wg_key key, wg_key instance, int64_t count) {
    struct wg_value_process_instance_batch batch;
    wg_status status = wg_value_init(WG_VT_PROCESS_INSTANCE_BATCH, &batch);
    if (status != WG_OK) {
        return status;
    }
    batch.process_instance_key = instance;
    batch.batch_element_instance_key = key;
    batch.index = count;
    return wg_step_command(step, wg_step_next_key(step), WG_VT_PROCESS_INSTANCE_BATCH,
                           WG_PI_BATCH_ACTIVATE, &batch);
}

wg_status wg_multi_start(struct wg_step *step, const struct wg_model *model, uint32_t element,
                         wg_key key, const struct wg_value_process_instance *value) {
    struct wg_reader items;
    int64_t count = read_collection(step, model, element, key, value, &items);
    wg_status status = begin_output(step, model, element, key, value, count);
    if (status != WG_OK) {
        return status;
    }
    if (count <= 0) {
        return wg_element_command(step, key, WG_PI_COMPLETE_ELEMENT, value);
    }
    return (wg_model_at(model, element).flags & WG_MODEL_SEQUENTIAL) != 0
               ? activate_next(step, model, element, key, value)
               : batch_command(step, key, value->process_instance_key, count);
}

wg_status wg_handle_batch_activate(struct wg_step *step) {
    struct wg_value_process_instance_batch batch;
    struct wg_element body;
    wg_status status =
        wg_value_decode(WG_VT_PROCESS_INSTANCE_BATCH, step->command->value, &batch);
    if (status != WG_OK) {
        return status;
    }
    status = wg_element_load(step, batch.batch_element_instance_key, &body);
    if (status == WG_NOT_FOUND || (status == WG_OK && wg_element_of(&body).kind != WG_MODEL_MULTI)) {
        return wg_step_refuse(step, WG_REJECT_INVALID_STATE,
                              "Expected to activate the instances of batch '",
                              "', but their multi-instance body was not found");
    }
    while (status == WG_OK && batch.index > 0) {
        if (step->results->bytes + RESERVED_BYTES > step->results->limit) {
            return batch_command(step, body.key, batch.process_instance_key, batch.index);
        }
        status = activate_next(step, &body.model, body.row.element, body.key, &body.value);
        batch.index--;
    }
    return status;
}

wg_status wg_multi_enter(struct wg_step *step, const struct wg_model *model, wg_key key,
                         const struct wg_value_process_instance *value) {
    struct wg_element_row body;
    struct wg_reader items;
    struct wg_bytes item = wg_bytes_of("\xc0", 1); /* nil, should the collection have shrunk */
    if (!wg_element_get(step->state, value->flow_scope_key, &body)) {
        return WG_CORRUPT;
    }
    int64_t counter = body.job_key; /* of this instance, beginning with 1 */
    int64_t count = read_collection(step, model, body.element, key, value, &items);
    for (int64_t i = 0; i < counter && counter <= count; i++) {
        if (!wg_mp_skip(&items, &item)) {
            return WG_CORRUPT;
        }
    }
    item = wg_step_keep(step, item);
    const struct wg_bytes counter_name = wg_bytes_str(LOOP_COUNTER);
    struct wg_bytes name = wg_model_second(model, body.element);
    struct wg_bytes result = wg_model_result(model, body.element);
    wg_status status = WG_OK;
    if (name.len > 0) {
        status = set_local(step, key, value, name, item);
    }
    if (status == WG_OK && result.len > 0 && !wg_bytes_equal(result, name) &&
        !wg_bytes_equal(result, counter_name)) {
        status = set_local(step, key, value, result, wg_bytes_of("\xc0", 1));
    }
    return status == WG_OK
               ? set_local(step, key, value, counter_name, number(step, counter))
               : status;
}

/* `array` with `item` in place of its entry of that number, from 1; empty if it has none. */
static struct wg_bytes replaced(struct wg_step *step, struct wg_bytes array, int64_t place,
                                struct wg_bytes item) {
    struct wg_reader in = wg_reader_on(array);
    struct wg_mp_token token;
    struct wg_bytes old = {NULL, 0};
    bool fits = wg_mp_read(&in, &token) && token.kind == WG_MP_ARRAY && place >= 1 &&
                place <= token.number;
    for (int64_t i = 0; i < place && fits; i++) {
        fits = wg_mp_skip(&in, &old);
    }
    if (!fits) {
        return wg_bytes_of(NULL, 0);
    }
    uint32_t before = (uint32_t)(old.ptr - array.ptr);
    uint32_t behind = before + old.len;
    uint32_t room = array.len - old.len + item.len;
    struct wg_writer out = wg_writer_on(wg_results_room(step->results, room), room);
    wg_write_bytes(&out, array.ptr, before);
    wg_write_bytes(&out, item.ptr, item.len);
    wg_write_bytes(&out, array.ptr + behind, array.len - behind);
    return wg_writer_bytes(&out);
}

wg_status wg_multi_collect(struct wg_step *step, const struct wg_element *instance) {
    const struct wg_model *model = &instance->model;
    uint32_t body = wg_element_of(instance).scope;
    struct wg_bytes name = wg_model_output(model, body);
    struct wg_bytes result = wg_bytes_of("\xc0", 1);
    struct wg_bytes counter;
    struct wg_bytes array;
    struct wg_mp_token place;
    if (name.len == 0) {
        return WG_OK;
    }
    struct wg_scope scope = wg_element_scope(instance->key, &instance->value);
    (void)wg_variable_find(step->state, &scope, wg_model_result(model, body), &result);
    if (!wg_variable_find(step->state, &scope, wg_bytes_str(LOOP_COUNTER), &counter)) {
        return WG_CORRUPT;
    }
    struct wg_reader in = wg_reader_on(counter);
    bool counts = wg_mp_read(&in, &place) && place.kind == WG_MP_INT;
    scope.scope = instance->row.flow_scope_key;
    if (!counts || !wg_variable_find(step->state, &scope, name, &array)) {
        return WG_OK; /* somebody has written over them */
    }
    array = replaced(step, array, place.number, result);
    return array.len == 0 ? WG_OK
                          : set_local(step, scope.scope, &instance->value, name, array);
}

wg_status wg_multi_hand_over(struct wg_step *step, const struct wg_element *body) {
    struct wg_bytes name = wg_model_output(&body->model, body->row.element);
    struct wg_scope scope = wg_element_scope(body->key, &body->value);
    struct wg_bytes array;
    if (name.len == 0 || !wg_variable_find(step->state, &scope, name, &array)) {
        return WG_OK;
    }
    array = document(step, name, array);
    scope.scope = body->row.flow_scope_key;
    return wg_variables_propagate(step, &scope, array);
}

wg_status wg_multi_left(struct wg_step *step, struct wg_element *body) {
    struct wg_reader items;
    int64_t count = read_collection(step, &body->model, body->row.element, body->key, &body->value,
                                    &items);
    bool sequential = (wg_element_of(body).flags & WG_MODEL_SEQUENTIAL) != 0;
    if (sequential && body->row.job_key < count) {
        return activate_next(step, &body->model, body->row.element, body->key, &body->value);
    }
    return body->row.children == 0 && body->row.job_key >= count
               ? wg_element_command(step, body->key, WG_PI_COMPLETE_ELEMENT, &body->value)
               : WG_OK;
}
