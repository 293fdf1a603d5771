/* Looking into the nodes of a BPMN document: elements by name, attributes, and the few forms of
 * expressions that are understood. */
#ifndef SIM_SCENARIO_BPMN_VALUES_H
#define SIM_SCENARIO_BPMN_VALUES_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#define SIM_BPMN_TIMER_MAX_MS 30000

uint32_t sim_bpmn_line(const xmlNode *node);
/* Whether it is the BPMN element of that name. */
bool sim_bpmn_is(const xmlNode *node, const char *name);
/* The first child of that name, NULL = none; also of no node. */
const xmlNode *sim_bpmn_child(const xmlNode *node, const char *name);
/* The same among what Zeebe added below extensionElements. */
const xmlNode *sim_bpmn_extension(const xmlNode *node, const char *name);
/* The element of the file that an attribute names by its id. */
const xmlNode *sim_bpmn_reference(const xmlNode *node, const char *attribute, const char *name);
/* Copies an attribute of up to WG_MODEL_NAME_MAX bytes (7 for the words true and false); false:
 * there is none, it is empty or longer. `out` NULL: only asks whether it is there. */
bool sim_bpmn_attribute(const xmlNode *node, const char *name, char *out);
bool sim_bpmn_number(const xmlNode *node, const char *name, int64_t min, int64_t max,
                     int64_t *ret_number);
/* "= name" */
bool sim_bpmn_variable(const xmlNode *node, const char *attribute, char *out);
/* "= name = 3", the node's text. */
bool sim_bpmn_condition(const xmlNode *node, char *variable, int64_t *ret_constant);
/* "PT1M2.5S", the node's text; from 1 ms. */
bool sim_bpmn_duration(const xmlNode *node, int64_t max_ms, int64_t *ret_ms);

#endif
