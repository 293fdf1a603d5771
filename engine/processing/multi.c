/* Multi-instance (step 6): a body around an activity that is run once for each item of a collection.
 * { E ELEMENT_ACTIVATED(body) ; C PROCESS_INSTANCE_BATCH ACTIVATE ; C ACTIVATE_ELEMENT per item } in
 * parallel, or one C ACTIVATE_ELEMENT after the other; the body completes with its last instance. The
 * batch command is cut where its log batch is full and goes on with a further one. The body's row
 * counts in `job_key` how many instances were activated. */
#include "codec/msgpack.h"
#include "processing/element.h"

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
    item = wg_results_keep(step->results, item);
    struct wg_scope scope = wg_element_scope(key, value);
    struct wg_bytes name = wg_model_second(model, body.element);
    wg_status status = WG_OK;
    if (name.len > 0) {
        status = wg_variables_set_local(step, &scope, document(step, name, item));
    }
    return status == WG_OK
               ? wg_variables_set_local(
                     step, &scope,
                     document(step, wg_bytes_str("loopCounter"), number(step, counter)))
               : status;
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
