/* `waggle schema`: the scenario format, written from the tables that the reader uses. */
#include "sim/cli/cli.h"
#include "sim/cli/schema.h"

#include <string.h>

static const struct cli_option options[] = {
    {"format", 0, "json|md", "JSON Schema for editors (default), or the reference page"},
};

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    bool *page = ctx;
    if (option == NULL) {
        cli_usage_error("schema takes no arguments, not %s", value);
        return false;
    }
    *page = strcmp(value, "md") == 0;
    if (!*page && strcmp(value, "json") != 0) {
        cli_usage_error("--format takes %s, not %s", option->argument, value);
        return false;
    }
    return true;
}

static int run(const struct cli *cli, int argc, char **argv) {
    bool page = false;
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_schema, argc, argv, take, &page, &status)) {
        return status;
    }
    if (page) {
        cli_schema_page(stdout);
    } else {
        cli_schema_json(stdout);
    }
    return CLI_OK;
}

const struct cli_command cli_command_schema = {
    "schema",
    "[--format json|md]",
    "writes the scenario format as JSON Schema or as a reference page",
    options,
    sizeof options / sizeof options[0],
    run};
