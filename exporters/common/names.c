/* Exporters know the host by exporter.h alone, so the names stand here once more. */
#include "exporters/common/names.h"

#include <stddef.h>
#include <string.h>

struct name {
    const char *text;
    int number;
};

static int find(const struct name *names, size_t count, const char *text) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i].text, text) == 0) {
            return names[i].number;
        }
    }
    return -1;
}

int exporter_record_type(const char *name) {
    static const struct name names[] = {{"EVENT", 0}, {"COMMAND", 1}, {"COMMAND_REJECTION", 2}};
    return find(names, sizeof names / sizeof names[0], name);
}

int exporter_value_type(const char *name) {
    static const struct name names[] = {
        {"JOB", 0},
        {"DEPLOYMENT", 4},
        {"PROCESS_INSTANCE", 5},
        {"INCIDENT", 6},
        {"MESSAGE", 10},
        {"MESSAGE_SUBSCRIPTION", 11},
        {"PROCESS_MESSAGE_SUBSCRIPTION", 12},
        {"JOB_BATCH", 14},
        {"TIMER", 15},
        {"MESSAGE_START_EVENT_SUBSCRIPTION", 16},
        {"VARIABLE", 17},
        {"VARIABLE_DOCUMENT", 18},
        {"PROCESS_INSTANCE_CREATION", 19},
        {"ERROR", 20},
        {"PROCESS_INSTANCE_RESULT", 21},
        {"PROCESS", 22},
        {"DEPLOYMENT_DISTRIBUTION", 23},
        {"PROCESS_EVENT", 24},
        {"DECISION", 25},
        {"DECISION_REQUIREMENTS", 26},
        {"DECISION_EVALUATION", 27},
        {"PROCESS_INSTANCE_MODIFICATION", 28},
        {"ESCALATION", 29},
        {"SIGNAL_SUBSCRIPTION", 30},
        {"SIGNAL", 31},
        {"RESOURCE_DELETION", 32},
        {"COMMAND_DISTRIBUTION", 33},
        {"PROCESS_INSTANCE_BATCH", 34},
        {"MESSAGE_BATCH", 35},
        {"FORM", 36},
        {"USER_TASK", 37},
        {"PROCESS_INSTANCE_MIGRATION", 38},
        {"COMPENSATION_SUBSCRIPTION", 39},
        {"CHECKPOINT", 254},
    };
    return find(names, sizeof names / sizeof names[0], name);
}
