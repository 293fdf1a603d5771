/* Inside of the scenario reader: tables of fields and the readers of single values.
 *
 * A mapping is described by a table of fields; sim_load_fields reads the keys in the order of the
 * table (so that later fields can refer to earlier ones), refuses unknown keys and names missing
 * ones. Every reader gets the node, its field and the struct that the mapping fills. */
#ifndef SIM_SCENARIO_LOADER_H
#define SIM_SCENARIO_LOADER_H

#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml_tree.h"

#define SIM_PATH_MAX 120
#define SIM_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct sim_loader {
    struct sim_diagnostics *diagnostics;
    struct sim_scenario *scenario;
    char path[SIM_PATH_MAX]; /* where we are: "faults[0].for" */
};

struct sim_field;
typedef void (*sim_reader)(struct sim_loader *loader, const struct sim_yaml_node *node,
                           const struct sim_field *field, void *target);

/* Declares a function of that type. */
#define SIM_READER(name)                                                                           \
    void name(struct sim_loader *loader, const struct sim_yaml_node *node,                         \
              const struct sim_field *field, void *target)

struct sim_words {
    const char *const *names; /* names[i] stands for i */
    size_t count;
};

/* What a value looks like, where the reader alone does not tell; schema and reference are written
 * from this. */
enum sim_shape {
    SIM_SHAPE_BY_READER, /* the readers of single values below; a mapping if there is a table */
    SIM_SHAPE_LIST,      /* of mappings by the table */
    SIM_SHAPE_VERSION,   /* SIM_SCENARIO_API */
    SIM_SHAPE_TEXT,
    SIM_SHAPE_ARGS,      /* any mapping; of a built-in exporter by exporter_table.h */
    SIM_SHAPE_TARGET,    /* `all`, `random`, or a mapping with one key of the table */
    SIM_SHAPE_GROUPS,    /* two lists of brokers */
    SIM_SHAPE_WEIGHTS,   /* fault names to counts */
    SIM_SHAPE_FAULTS,    /* list; further keys by the fault table */
    SIM_SHAPE_EXPECTS,   /* list; keys by `that` */
    SIM_SHAPE_EXPORTERS, /* list; `args` by `type` */
    SIM_SHAPE_EXPORTER_ID,
    SIM_SHAPE_INVARIANT,
    SIM_SHAPE_NAMES,     /* list of words */
    SIM_SHAPE_ARG_DURATION, /* as built-in exporters take it: "1s", or whole seconds */
    SIM_SHAPE_ARG_SIZE,     /* "64KiB", or a number of bytes */
    SIM_SHAPE_ARG_COUNT,
    SIM_SHAPE_ARG_NUMBER,   /* whole, also negative */
    SIM_SHAPE_NUMBERS,      /* list of whole numbers */
    SIM_SHAPE_PROCESS,      /* the id of a process */
    SIM_SHAPE_RATE,         /* a rate, or a mapping by the table */
    SIM_SHAPE_NESTED        /* list that the reader checks: steps of processes hold steps */
};

struct sim_field;
struct sim_table {
    const struct sim_field *fields;
    size_t count;
};

struct sim_field {
    const char *key;
    sim_reader read;
    size_t offset;                 /* of the member in `target` */
    uint64_t min, max;             /* quantities */
    bool required;
    const struct sim_words *words; /* the words that are allowed */
    /* What schema, reference and `waggle explain` say. */
    const char *about;             /* one sentence; a test asks for it */
    const char *standard;          /* the default as it would be written; NULL = none */
    const struct sim_table *table; /* keys of the mapping, or of each entry of the list */
    enum sim_shape shape;
};

/* --- errors ----------------------------------------------------------------------------------- */

struct sim_diagnostic *sim_load_error(struct sim_loader *loader, const struct sim_yaml_node *node,
                                      uint32_t code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The length to go back to with sim_path_pop. */
size_t sim_path_push_key(struct sim_loader *loader, const char *key);
size_t sim_path_push_index(struct sim_loader *loader, uint32_t index);
void sim_path_pop(struct sim_loader *loader, size_t length);
void sim_help_nearest(struct sim_diagnostic *entry, const char *word,
                      const char *const *candidates, size_t count);

/* --- structure -------------------------------------------------------------------------------- */

bool sim_need_kind(struct sim_loader *loader, const struct sim_yaml_node *node,
                     enum sim_yaml_kind kind);
const struct sim_yaml_node *sim_find_key(const struct sim_yaml_node *mapping, const char *key);
/* As the comment on top says. false when the node is no mapping. */
bool sim_load_fields(struct sim_loader *loader, const struct sim_yaml_node *node,
                     const struct sim_field *fields, size_t count, void *target);
/* Allocates one zeroed element per item of the list and calls `read` for each. */
void *sim_load_list(struct sim_loader *loader, const struct sim_yaml_node *node,
                    size_t element_size, uint32_t max, sim_reader read, uint32_t *ret_count);
char *sim_copy_text(const char *text);

/* --- values (each is a sim_reader; the member's type is in the name or comment) --------------- */

/* The text of a scalar, or NULL after an error (wrong kind, empty, ambiguous). */
const char *sim_scalar_text(struct sim_loader *loader, const struct sim_yaml_node *node);
SIM_READER(sim_read_text); /* char * */
SIM_READER(sim_read_name); /* char * */
SIM_READER(sim_read_count); /* uint32_t */
SIM_READER(sim_read_count64); /* uint64_t */
SIM_READER(sim_read_duration); /* wg_time */
SIM_READER(sim_read_size); /* uint64_t */
SIM_READER(sim_read_size32); /* uint32_t */
SIM_READER(sim_read_rate); /* uint64_t, per hour */
SIM_READER(sim_read_percent); /* uint32_t, per million */
SIM_READER(sim_read_percent64); /* uint64_t */
SIM_READER(sim_read_word); /* uint32_t */
SIM_READER(sim_read_latency); /* struct sim_latency */
/* An exporter's id to its index (int32_t). */
SIM_READER(sim_read_exporter);
/* The name of an event to its number (uint32_t). */
SIM_READER(sim_read_event);
/* For keys that belong to later versions. */
SIM_READER(sim_read_later);
/* For keys that another reader looks up by itself. */
SIM_READER(sim_read_nothing);

/* --- parts of the scenario -------------------------------------------------------------------- */

/* A mapping to a JSON object without white space, keys in the order of the file (char *). */
SIM_READER(sim_read_args);
SIM_READER(sim_read_cluster);
SIM_READER(sim_read_processes);
/* load_bpmn.c: reads and compiles the file that `process` names. */
struct sim_process;
void sim_load_bpmn(struct sim_loader *loader, const struct sim_yaml_node *node,
                   struct sim_process *process);
SIM_READER(sim_read_workload);
SIM_READER(sim_read_exporters);
SIM_READER(sim_read_faults);
SIM_READER(sim_read_nemesis);
SIM_READER(sim_read_expects);
SIM_READER(sim_read_tolerates);
SIM_READER(sim_read_steps);
/* A mapping by field->table; offsets are those of `target` itself. */
SIM_READER(sim_read_mapping);
/* The id of an invariant, checked (char *). */
SIM_READER(sim_read_invariant);
/* A broker by its number or role (struct sim_fault_options). */
SIM_READER(sim_read_target);

/* What a field with a unit takes, as text. */
struct sim_quantity_text {
    const char *what, *example; /* "a duration", "30s" */
    char units[80];             /* "ns|us|ms" */
    char low[64], high[64];
};
/* false when the field is no quantity with a unit. */
bool sim_quantity_describe(const struct sim_field *field, struct sim_quantity_text *ret_text);

/* --- the tables, for schema and reference ----------------------------------------------------- */

#define SIM_TABLE(name, rows) const struct sim_table name = {rows, SIM_COUNT_OF(rows)}

extern const struct sim_table sim_top_keys, sim_cluster_keys, sim_workload_keys, sim_process_keys,
    sim_exporter_keys, sim_fault_keys, sim_nemesis_keys, sim_tolerate_keys, sim_step_keys, sim_target_keys;
/* Keys of an entry of `expect` by its kind, and the names of the kinds. */
const struct sim_table *sim_expect_keys(uint32_t kind);
extern const struct sim_words sim_expect_kinds;
/* In the order of enum sim_blame. */
extern const struct sim_words sim_blame_words;

/* Preset values; run before the keys of `cluster` are read. */
void sim_cluster_preset(struct sim_cluster_options *cluster, bool zeebe);
/* Rules that join several parts; nodes only serve to name places. */
void sim_check_scenario(struct sim_loader *loader, const struct sim_yaml_node *root);

#endif
