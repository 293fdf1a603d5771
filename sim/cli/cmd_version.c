/* `waggle version` */
#include "sim/cli/cli.h"
#include "sim/cli/version.h"
#include "waggle/exporter.h"

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    (void)ctx;
    (void)option;
    cli_usage_error("version takes no argument: %s", value);
    return false;
}

static int run(const struct cli *cli, int argc, char **argv) {
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_version, argc, argv, take, NULL, &status)) {
        return status;
    }
    printf("waggle %s\nexporter ABI %u.%u\n", CLI_VERSION, WG_EXPORTER_ABI_MAJOR,
           WG_EXPORTER_ABI_MINOR);
    return CLI_OK;
}

const struct cli_command cli_command_version = {
    "version", "", "prints the version and the plugin ABI it speaks", NULL, 0, run};
