/* `waggle init`: a scenario to begin with. */
#include "sim/cli/cli.h"

#include <errno.h>
#include <string.h>

static const char starter[] =
    "# yaml-language-server: $schema=./waggle-scenario.schema.json\n"
    "# (`waggle schema > waggle-scenario.schema.json` gives editors completion and checks.)\n"
    "#\n"
    "# Run it:       waggle run %s --seeds 20\n"
    "# Ask about it: waggle explain faults, waggle explain cluster.disk, waggle list --faults\n"
    "apiVersion: waggle/v1alpha1\n"
    "name: my-scenario\n"
    "question: Does everything reach the exporter when its leader dies in the middle of the work?\n"
    "\n"
    "cluster:\n"
    "  brokers: 3\n"
    "  partitions: 1\n"
    "  replicationFactor: 3\n"
    "\n"
    "# What clients ask for. Times count from when all partitions are led.\n"
    "workload:\n"
    "  - { process: one-task, rate: 20/s, until: 2m }\n"
    "\n"
    "# Who gets the records. `path: ./libmine.so` instead of `type:` names an exporter of your own.\n"
    "exporters:\n"
    "  - id: mine\n"
    "    type: recorder\n"
    "    args: { bulk: { size: 10, delay: 1s } }\n"
    "    sink: { latency: 5ms }\n"
    "\n"
    "# What goes wrong, at a time or at an event.\n"
    "faults:\n"
    "  - { at: 40s, fault: broker.kill, target: { leaderOf: 1 }, for: 20s }\n"
    "  - { after: { event: exporter.flush, exporter: mine, nth: 100 }, fault: network.partition,\n"
    "      target: { leaderOf: 1 }, for: 15s }\n"
    "\n"
    "# Faults at random as well, drawn from the seed:\n"
    "# nemesis: { from: 10s, until: 2m, every: { mean: 20s }, weights: { broker.kill: 2, sink.down: 1 } "
    "}\n"
    "\n"
    "# All invariants are always on; this comes on top.\n"
    "expect:\n"
    "  - { that: duplicates.ratio, exporter: mine, max: 50%% }\n"
    "  - { that: logBytes, at: end, max: 8MiB }\n"
    "\n"
    "seeds: { demo: 3, ci: 50, nightly: 5000 }\n";

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    const char **path = ctx;
    (void)option;
    if (*path != NULL) {
        cli_usage_error("init writes one file");
        return false;
    }
    *path = value;
    return true;
}

static int write_file(const char *path) {
    FILE *out = fopen(path, "wx"); /* x: what is there stays as it is */
    if (out == NULL) {
        return cli_usage_error(errno == EEXIST ? "%s is there already; nothing was written%s"
                                               : "%s: %s",
                               path, errno == EEXIST ? "" : strerror(errno));
    }
    fprintf(out, starter, path);
    bool good = !ferror(out);
    if (fclose(out) != 0 || !good) {
        fprintf(stderr, "waggle: cannot write %s\n", path);
        return CLI_INTERNAL;
    }
    printf("%s is written; next: waggle run %s\n", path, path);
    return CLI_OK;
}

static int run(const struct cli *cli, int argc, char **argv) {
    const char *path = NULL;
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_init, argc, argv, take, &path, &status)) {
        return status;
    }
    path = path == NULL ? "scenario.yaml" : path;
    if (strpbrk(path, "\n\r") != NULL) {
        return cli_usage_error("a path with a line break");
    }
    return write_file(path);
}

const struct cli_command cli_command_init = {
    "init", "[FILE]", "writes a scenario to begin with (scenario.yaml)", NULL, 0, run};
