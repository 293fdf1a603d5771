/* `waggle list`: what there is to choose from. */
#include "reports/text.h"
#include "sim/cli/cli.h"
#include "sim/cli/schema.h"
#include "sim/cli/selection.h"
#include "sim/faults/fault_table.h"
#include "sim/scenario/exporter_table.h"
#include "sim/scenario/invariant_table.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/trigger_table.h"
#include "waggle/quirks.h"

#include <string.h>

#define PATHS_MAX 4096

struct arguments {
    const char *paths[PATHS_MAX];
    uint32_t path_count;
    bool faults, events, exporters, invariants, quirks, errors;
};

static const struct cli_option options[] = {
    {"faults", 0, NULL, "faults, their parameters, effect and healing"},
    {"events", 0, NULL, "events for `after:` and `reached`"},
    {"exporters", 0, NULL, "built-in exporter types and their arguments"},
    {"invariants", 0, NULL, "what must always hold"},
    {"quirks", 0, NULL, "what `behaviour: zeebe-8.6` does differently, for `quirks:`"},
    {"errors", 0, NULL, "codes of scenario errors"},
};

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct arguments *arguments = ctx;
    if (option == NULL) {
        if (arguments->path_count < PATHS_MAX) {
            arguments->paths[arguments->path_count++] = value;
        }
        return true;
    }
    arguments->faults = arguments->faults || strcmp(option->name, "faults") == 0;
    arguments->events = arguments->events || strcmp(option->name, "events") == 0;
    arguments->exporters = arguments->exporters || strcmp(option->name, "exporters") == 0;
    arguments->invariants = arguments->invariants || strcmp(option->name, "invariants") == 0;
    arguments->quirks = arguments->quirks || strcmp(option->name, "quirks") == 0;
    arguments->errors = arguments->errors || strcmp(option->name, "errors") == 0;
    return true;
}

static void list_param(const struct sim_fault_param *param) {
    char value[CLI_VALUE_TEXT];
    cli_param_value(param, value, sizeof value);
    printf("  %s: %s\n", param->name, value);
}

static void list_faults(void) {
    static const char *const targets[] = {"no target", "target: a broker",
                                          "target: a broker, or between: two groups",
                                          "exporter: an id, or all"};
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        const struct sim_fault_row *row = sim_fault_row(kind);
        printf("%s (%s%s)\n  %s\n  healing: %s\n", row->name, targets[row->targets],
               row->lasts ? ", for: a duration" : "", row->effect, row->healing);
        if (row->by_name) {
            puts("  weights: by name only, `all` leaves it out");
        }
        for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
            if (row->params[i].name != NULL) {
                list_param(&row->params[i]);
            }
        }
    }
}

static void list_events(void) {
    for (uint32_t event = 0; event < SIM_TRIGGER_COUNT; event++) {
        const struct sim_trigger_row *row = sim_trigger_row(event);
        printf("%-20s %s\n", row->name, row->what);
    }
}

/* Keys of a mapping inside of `args` are named with a dot. */
static void list_args(const struct sim_table *table, const char *prefix) {
    for (size_t i = 0; i < table->count; i++) {
        const struct sim_field *field = &table->fields[i];
        char value[CLI_VALUE_TEXT];
        if (field->table != NULL) {
            list_args(field->table, field->key);
            continue;
        }
        cli_field_value(field, value, sizeof value);
        printf("  %s%s%s: %s (%s", prefix, prefix[0] == '\0' ? "" : ".", field->key, field->about,
               value);
        printf("%s%s)\n", field->standard == NULL ? "" : "; default ",
               field->standard == NULL ? "" : field->standard);
    }
}

static void list_exporters(void) {
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        const struct sim_exporter_type *type = &sim_exporter_types[i];
        printf("%s\n  %s\n", type->name, type->about);
        if (type->args != NULL) {
            list_args(type->args, "");
        }
    }
}

static void list_invariants(void) {
    for (uint32_t i = 0; i < sim_invariant_count(); i++) {
        int len;
        const char *text = sim_invariant_statement(i, &len);
        printf("%s\n  %.*s\n", sim_invariant_id(i), len, text);
    }
}

static void list_quirks(void) {
    for (uint32_t i = 0; i < WG_QUIRK_COUNT; i++) {
        printf("%s\n  %s\n", wg_quirk_name((enum wg_quirk)i), wg_quirk_effect((enum wg_quirk)i));
    }
}

static void list_errors(void) {
#define LIST_ERROR(name, number, text) printf("WG%04d %s\n", number, text);
    SIM_SCENARIO_ERROR_MAP(LIST_ERROR)
#undef LIST_ERROR
}

static int list_scenarios(const struct arguments *arguments) {
    struct cli_selection selection;
    int status = cli_select(arguments->paths, arguments->path_count, &selection);
    for (uint32_t i = 0; status == CLI_OK && i < selection.count; i++) {
        const struct sim_scenario *scenario = selection.scenarios[i];
        printf("%s (%s)\n", scenario->name, scenario->path);
        if (scenario->description != NULL) {
            fputs("  ", stdout);
            wg_print_safe(scenario->description, stdout);
            fputc('\n', stdout);
        }
        printf("  %u brokers, %u partitions, replicationFactor %u; seeds: demo %u, ci %u, "
               "nightly %u\n",
               scenario->cluster.brokers, scenario->cluster.partitions,
               scenario->cluster.replication_factor, scenario->seeds_demo, scenario->seeds_ci,
               scenario->seeds_nightly);
        for (uint32_t j = 0; j < scenario->exporter_count; j++) {
            const struct sim_exporter_options *exporter = &scenario->exporters[j];
            printf("  exporter %s: %s\n", exporter->id,
                   exporter->path != NULL ? exporter->path : exporter->type);
        }
    }
    cli_selection_done(&selection);
    return status;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct arguments arguments = {.path_count = 0};
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_list, argc, argv, take, &arguments, &status)) {
        return status;
    }
    if (arguments.faults) {
        list_faults();
    }
    if (arguments.events) {
        list_events();
    }
    if (arguments.exporters) {
        list_exporters();
    }
    if (arguments.invariants) {
        list_invariants();
    }
    if (arguments.quirks) {
        list_quirks();
    }
    if (arguments.errors) {
        list_errors();
    }
    if (arguments.path_count > 0) {
        return list_scenarios(&arguments);
    }
    bool listed = arguments.faults || arguments.events || arguments.exporters ||
                  arguments.invariants || arguments.quirks || arguments.errors;
    return listed ? CLI_OK
                  : cli_usage_error("list needs scenario files or folders, --faults, --events, "
                                    "--exporters, --invariants, --quirks or --errors");
}

const struct cli_command cli_command_list = {
    "list",
    "FILES-OR-FOLDERS... | --faults | --events | --exporters | --invariants | --quirks | --errors",
    "shows scenarios, or what they can use",
    options,
    sizeof options / sizeof options[0],
    run};
