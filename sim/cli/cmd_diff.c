/* `waggle diff`: what changed between two calls of `waggle run`. */
#include "reports/result_diff.h"
#include "sim/cli/cli.h"

#include <string.h>

struct arguments {
    const char *paths[2];
    uint32_t count;
};

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct arguments *arguments = ctx;
    (void)option;
    if (arguments->count == 2) {
        cli_usage_error("diff compares two run directories or result files, not more");
        return false;
    }
    arguments->paths[arguments->count++] = value;
    return true;
}

static int compare(const struct wg_result_file *files) {
    if (strcmp(files[0].version, files[1].version) != 0) {
        printf("version: %s -> %s\n", files[0].version, files[1].version);
    }
    struct wg_result_diff diff = wg_result_diff(&files[0], &files[1], stdout);
    printf("%u same, %u changed (%u with another verdict), %u gone, %u new\n", diff.same,
           diff.changed, diff.verdicts, diff.gone, diff.added);
    return diff.verdicts > 0 || diff.gone > 0 ? CLI_FAILED : CLI_OK;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct arguments arguments = {.count = 0};
    struct wg_result_file files[2] = {{0}};
    char message[4400];
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_diff, argc, argv, take, &arguments, &status)) {
        return status;
    }
    if (arguments.count != 2) {
        return cli_usage_error("diff needs two run directories or result files");
    }
    status = CLI_OK;
    for (uint32_t i = 0; i < 2; i++) {
        if (!wg_result_file_read(arguments.paths[i], &files[i], message, sizeof message)) {
            status = cli_usage_error("%s", message);
        }
    }
    if (status == CLI_OK) {
        status = compare(files);
    }
    wg_result_file_done(&files[0]);
    wg_result_file_done(&files[1]);
    return status;
}

const struct cli_command cli_command_diff = {
    "diff",
    "RUN RUN",
    "what changed between two run directories or result files (1: a verdict changed or a run is "
    "gone)",
    NULL,
    0,
    run};
