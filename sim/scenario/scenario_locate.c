/* Finds a place in a scenario by its path. */
#include "sim/scenario/scenario_locate.h"

#include "sim/scenario/loader.h"

#include <stdlib.h>
#include <string.h>

struct place {
    const struct sim_yaml_node *value, *key; /* key: NULL for entries of lists */
};

static bool enter_list(struct place *place, const char **at) {
    char *end;
    unsigned long index = strtoul(*at + 1, &end, 10);
    if (place->value->kind != SIM_YAML_SEQUENCE || index >= place->value->item_count ||
        *end != ']') {
        return false;
    }
    *place = (struct place){place->value->items[index], NULL};
    *at = end + 1;
    return true;
}

static bool enter_key(struct place *place, const char **at) {
    size_t len = strcspn(*at, ".[");
    const struct sim_yaml_node *mapping = place->value;
    for (uint32_t i = 0; mapping->kind == SIM_YAML_MAPPING && i + 1 < mapping->item_count; i += 2) {
        const char *key = mapping->items[i]->text;
        if (strlen(key) == len && memcmp(key, *at, len) == 0) {
            *place = (struct place){mapping->items[i + 1], mapping->items[i]};
            *at += len;
            return true;
        }
    }
    return false;
}

/* Follows the path as far as it goes. */
static struct place find(const struct sim_yaml_node *root, const char *at) {
    struct place place = {root, NULL};
    bool more = true;
    while (more && *at != '\0') {
        at += *at == '.' ? 1 : 0;
        more = *at == '[' ? enter_list(&place, &at) : enter_key(&place, &at);
    }
    return place;
}

void sim_scenario_complain(const char *path, const struct sim_complaint *complaint, FILE *out) {
    struct sim_diagnostics diagnostics = {0};
    struct sim_yaml_tree tree = {0};
    uint32_t line = 1;
    uint32_t column = 1;
    if (sim_scenario_read(path, &diagnostics) == 0 && sim_yaml_parse(&diagnostics, &tree)) {
        struct place place = find(tree.root, complaint->where);
        const struct sim_yaml_node *node =
            complaint->at_key && place.key != NULL ? place.key : place.value;
        line = node->line;
        column = node->column;
    }
    diagnostics.count = 0; /* should the file have changed, that is not what this is about */
    struct sim_diagnostic *entry =
        sim_diagnostics_add(&diagnostics, complaint->code, line, column, complaint->where, "%s",
                            complaint->message);
    if (complaint->help != NULL) {
        sim_diagnostic_help(entry, "%s", complaint->help);
    }
    sim_diagnostics_print(&diagnostics, out);
    sim_yaml_free(&tree);
    sim_diagnostics_done(&diagnostics);
}
