/* A process that comes as a BPMN 2.0 file: read, compiled, and held to the same limits as one of
 * steps. Errors stand where the scenario names the file and say file and line within. */
#include "sim/scenario/bpmn.h"
#include "sim/scenario/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM_ROOM (2u * WG_MODEL_TEXTS_MAX)

static void *must_alloc(size_t size) {
    void *memory = calloc(1, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* Beside the scenario, unless the path is absolute. */
static char *path_of(const char *scenario, const char *file) {
    const char *slash = scenario == NULL ? NULL : strrchr(scenario, '/');
    size_t folder = slash == NULL || file[0] == '/' ? 0 : (size_t)(slash - scenario) + 1;
    char *path = must_alloc(folder + strlen(file) + 1);
    memcpy(path, scenario == NULL ? "" : scenario, folder);
    memcpy(path + folder, file, strlen(file) + 1);
    return path;
}

/* One byte more than is allowed tells that there is more. Nobody is waited for: a named pipe is empty, or an
 * error. NULL: errno says why. */
static char *read_file(const char *path, size_t *ret_len) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "rb");
    if (in == NULL) {
        return NULL;
    }
    char *bytes = must_alloc(SIM_BPMN_SIZE_MAX + 2);
    *ret_len = fread(bytes, 1, SIM_BPMN_SIZE_MAX + 1, in);
    bool failed = ferror(in) != 0; /* a folder, for one */
    fclose(in);
    if (failed) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* All timers together, those in sequential bodies as often as there are items. */
static wg_time wait_of(const struct wg_model_builder *model) {
    wg_time wait = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct wg_model_element *e = &model->elements[i];
        wg_time times = 1;
        if (e->kind != WG_MODEL_TIMER && e->kind != WG_MODEL_BOUNDARY_TIMER) {
            continue;
        }
        for (uint32_t scope = e->scope; scope != 0; scope = model->elements[scope].scope) {
            const struct wg_model_element *around = &model->elements[scope];
            bool sequential = around->kind == WG_MODEL_MULTI && around->flags != 0;
            times = sequential && times < 100000 ? times * SIM_PROCESS_ITEMS_MAX : times;
        }
        wait += e->number * WG_MS * times;
    }
    return wait;
}

static bool take_form(struct sim_process *process, const struct sim_bpmn *bpmn) {
    process->form = must_alloc(FORM_ROOM);
    struct wg_writer out = wg_writer_on(process->form, FORM_ROOM);
    if (wg_model_finish(&bpmn->model, &out) != WG_OK) {
        return false;
    }
    process->form_len = wg_writer_bytes(&out).len;
    const struct wg_model_element *self = &bpmn->model.elements[0];
    process->id = must_alloc(self->id_len + (size_t)1);
    memcpy(process->id, bpmn->model.texts + self->id_at, self->id_len);
    process->wait = wait_of(&bpmn->model);
    for (uint32_t i = 0; i < bpmn->model.count; i++) {
        uint8_t kind = bpmn->model.elements[i].kind;
        process->messages |= kind == WG_MODEL_MESSAGE || kind == WG_MODEL_BOUNDARY_MESSAGE;
    }
    return true;
}

static void check(struct sim_loader *loader, const struct sim_yaml_node *node,
                  struct sim_process *process, const struct sim_bpmn *bpmn) {
    if (bpmn->fault != SIM_BPMN_FINE) {
        uint32_t code = bpmn->fault == SIM_BPMN_NO_XML ? SIM_WG_XML : SIM_WG_BPMN;
        char line[16] = "";
        if (bpmn->line > 0) {
            snprintf(line, sizeof line, ":%" PRIu32, bpmn->line);
        }
        sim_load_error(loader, node, code, "%s%s: %s", process->file, line, bpmn->message);
    } else if (!take_form(process, bpmn)) {
        sim_load_error(loader, node, SIM_WG_BPMN, "%s: an id occurs twice, or a text is too long",
                       process->file);
    } else if (strlen(process->id) > SIM_PROCESS_NAME_MAX) {
        sim_load_error(loader, node, SIM_WG_BPMN,
                       "%s: the process's id is longer than %d characters", process->file,
                       SIM_PROCESS_NAME_MAX);
    } else if (strcmp(process->id, "one-task") == 0) {
        sim_load_error(loader, node, SIM_WG_DUPLICATE_ID, "%s: the process `one-task` is built in",
                       process->file);
    } else if (process->wait > SIM_PROCESS_WAIT_MAX) {
        sim_load_error(loader, node, SIM_WG_BPMN, "%s: all timers together wait longer than 60s",
                       process->file);
    }
}

void sim_load_bpmn(struct sim_loader *loader, const struct sim_yaml_node *node,
                   struct sim_process *process) {
    struct sim_bpmn *bpmn = must_alloc(sizeof *bpmn);
    size_t len = 0;
    char *path = path_of(loader->scenario->path, process->file);
    errno = 0;
    process->text = read_file(path, &len);
    if (process->text == NULL) {
        sim_load_error(loader, node, SIM_WG_XML, "%s: %s", process->file, strerror(errno));
    } else if (memchr(process->text, '\0', len) != NULL) {
        sim_load_error(loader, node, SIM_WG_XML, "%s: the file holds a zero byte", process->file);
    } else {
        sim_bpmn_compile(process->text, len, bpmn);
        check(loader, node, process, bpmn);
    }
    free(path);
    free(bpmn);
}
