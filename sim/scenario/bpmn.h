/* BPMN 2.0 files become the engine's compact form (docs/PROCESSES.md has what they may hold). */
#ifndef SIM_SCENARIO_BPMN_H
#define SIM_SCENARIO_BPMN_H

#include "codec/process_model.h"

#include <stdbool.h>
#include <stddef.h>

#define SIM_BPMN_SIZE_MAX (512u << 10) /* bytes of a file */

enum sim_bpmn_fault { SIM_BPMN_FINE, SIM_BPMN_NO_XML, SIM_BPMN_NOT_SUPPORTED };

struct sim_bpmn {
    struct wg_model_builder model;
    uint32_t lines[WG_MODEL_ELEMENTS_MAX]; /* of the elements */
    enum sim_bpmn_fault fault;
    uint32_t line;      /* of the fault, 0 = none */
    char message[300];
};

/* Fills *ret_bpmn; false: `fault`, `line` and `message` say why. No network, no entities, no files
 * but these bytes. */
bool sim_bpmn_compile(const char *bytes, size_t len, struct sim_bpmn *ret_bpmn);

/* bpmn_paths.c: whether every path leads to an end and every gateway gets what it waits for: splits
 * and joins have to be nested. Says what is wrong as above. */
bool sim_bpmn_check_paths(struct sim_bpmn *bpmn);
/* Notes the first fault. Always false. */
bool sim_bpmn_fail(struct sim_bpmn *bpmn, enum sim_bpmn_fault fault, uint32_t line,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
