/* PROCESS_INSTANCE_CREATION CREATE (step 6): { E VARIABLE CREATED per variable ;
 * C ACTIVATE_ELEMENT(process) ; E CREATED }. The ACTIVATE command precedes CREATED because it is
 * appended before the command is accepted. */
#include "processing/step.h"

/* The process that is asked for by key, else by id and version (-1 = latest). */
static bool find_process(const struct wg_state *state,
                         const struct wg_value_process_instance_creation *value,
                         struct wg_process_row *ret_row) {
    struct wg_bytes row;
    if (value->process_definition_key < 0) {
        int64_t version = value->version < 0 ? 0 : value->version;
        return (version > 0 || value->version < 0) &&
               wg_process_get(state, value->bpmn_process_id, version, ret_row);
    }
    if (!wg_row_get(state, WG_CF_PROCESS, value->process_definition_key, &row) ||
        row.len != sizeof *ret_row) {
        return false;
    }
    memcpy(ret_row, row.ptr, sizeof *ret_row);
    return true;
}

static wg_status activate(struct wg_step *step, wg_key key, const struct wg_model *model,
                          const struct wg_process_row *process) {
    struct wg_value_process_instance value;
    struct wg_element_row row = {
        .process_instance_key = key,
        .flow_scope_key = WG_KEY_NONE,
        .process_key = process->key,
        .version = process->version,
    };
    wg_element_value(model, 0, &row, &value);
    return wg_step_command(step, key, WG_VT_PROCESS_INSTANCE, WG_PI_ACTIVATE_ELEMENT, &value);
}

wg_status wg_handle_creation_create(struct wg_step *step) {
    struct wg_value_process_instance_creation value;
    struct wg_process_row process;
    struct wg_model model;
    wg_status status =
        wg_value_decode(WG_VT_PROCESS_INSTANCE_CREATION, step->command->value, &value);
    if (status != WG_OK) {
        return status;
    }
    if (value.bpmn_process_id.len == 0 && value.process_definition_key < 0) {
        return wg_step_refuse(step, WG_REJECT_INVALID_ARGUMENT,
                              "Expected at least a bpmnProcessId or a key greater than -1, but "
                              "none given",
                              "");
    }
    if (!find_process(step->state, &value, &process)) {
        return wg_step_refuse(step, WG_REJECT_NOT_FOUND,
                              "Expected to find process definition, but none found", "");
    }
    bool modelled = !wg_is_one_task(value.bpmn_process_id) &&
                    wg_model_is_stored(step->state, process.key);
    status = wg_model_load(step->results, step->state, process.key, modelled, &model);
    if (status != WG_OK) {
        return status;
    }
    wg_key key = wg_step_next_key(step);
    struct wg_scope scope = {key, key, process.key, wg_model_id(&model, 0)};
    status = wg_variables_set_local(step, &scope, value.variables);
    if (status == WG_OK) {
        status = activate(step, key, &model, &process);
    }
    if (status != WG_OK) {
        return status;
    }
    value.bpmn_process_id = wg_model_id(&model, 0);
    value.process_definition_key = process.key;
    value.version = process.version;
    value.process_instance_key = key;
    return wg_step_answer(step, wg_step_next_key(step), WG_VT_PROCESS_INSTANCE_CREATION,
                          WG_PIC_CREATED, &value);
}
