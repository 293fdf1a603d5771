/* YAML text to a tree of nodes with their places. Strict on purpose: what two YAML readers could
 * read differently (tags, merge keys, duplicate keys) is refused here; what only matters for
 * plain scalars is refused by sim_yaml_ambiguous, which readers of values call. */
#ifndef SIM_SCENARIO_YAML_TREE_H
#define SIM_SCENARIO_YAML_TREE_H

#include "sim/scenario/diagnostics.h"

#include <stdbool.h>

#define SIM_YAML_MAX_BYTES (1u << 20)
#define SIM_YAML_MAX_DEPTH 32
#define SIM_YAML_MAX_NODES 20000 /* aliases count as what they stand for */
#define SIM_YAML_MAX_ALIASES 100

enum sim_yaml_kind { SIM_YAML_SCALAR, SIM_YAML_SEQUENCE, SIM_YAML_MAPPING };

struct sim_yaml_node {
    uint32_t kind; /* enum sim_yaml_kind */
    uint32_t line, column;
    bool plain;       /* scalar without quotes */
    char *text;       /* scalar; NUL-terminated */
    size_t len;
    struct sim_yaml_node **items; /* sequence; mapping: key, value, key, value ... */
    uint32_t item_count;
    uint32_t size;                /* nodes in this subtree, aliases expanded */
    char *anchor;
    bool finished;
    struct sim_yaml_node *next;   /* all nodes of the tree, for freeing */
};

struct sim_yaml_tree {
    struct sim_yaml_node *root; /* NULL when there were errors */
    struct sim_yaml_node *all;
};

/* Reads diagnostics->source. false and diagnostics on error; free the tree in both cases. */
bool sim_yaml_parse(struct sim_diagnostics *diagnostics, struct sim_yaml_tree *ret_tree);
void sim_yaml_free(struct sim_yaml_tree *tree);

/* Why a plain scalar is read differently by YAML 1.1 and 1.2 ("a boolean in YAML 1.1"), or NULL. */
const char *sim_yaml_ambiguous(const struct sim_yaml_node *node);

#endif
