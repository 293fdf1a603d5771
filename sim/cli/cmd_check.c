/* `waggle check`: reads scenarios and says what is wrong with them. Built-in exporters are asked
 * about their args; no foreign code is loaded. */
#include "sim/cli/cli.h"
#include "sim/cli/outcome.h"
#include "sim/cli/selection.h"

#include <string.h>

#define PATHS_MAX 4096
#define EXPORTER_TIMEOUT_NS INT64_C(30000000000)

struct arguments {
    const char *paths[PATHS_MAX];
    uint32_t path_count;
    bool quiet;
};

static const struct cli_option options[] = {
    {"quiet", 0, NULL, "say nothing when all is well"},
};

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct arguments *arguments = ctx;
    if (option != NULL) {
        arguments->quiet = true;
    } else if (arguments->path_count < PATHS_MAX) {
        arguments->paths[arguments->path_count++] = value;
    }
    return true;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct arguments arguments = {.path_count = 0};
    struct cli_selection selection;
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_check, argc, argv, take, &arguments, &status)) {
        return status;
    }
    if (arguments.path_count == 0) {
        return cli_usage_error("check needs scenario files or folders");
    }
    status = cli_select(arguments.paths, arguments.path_count, &selection);
    if (status == CLI_OK) {
        status = cli_validate_exporters(&selection, 1, EXPORTER_TIMEOUT_NS, true);
    }
    if (status == CLI_OK && !arguments.quiet) {
        printf("%u %s valid\n", selection.count,
               selection.count == 1 ? "scenario is" : "scenarios are");
    }
    cli_selection_done(&selection);
    return status;
}

const struct cli_command cli_command_check = {
    "check",
    "FILES-OR-FOLDERS...",
    "reads scenarios and reports every mistake with its place",
    options,
    sizeof options / sizeof options[0],
    run};
