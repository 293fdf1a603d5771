/* The table of commands. */
#include "sim/cli/cli.h"

#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_command_run,     &cli_command_replay, &cli_command_diff,   &cli_command_init,
    &cli_command_check,   &cli_command_list,   &cli_command_explain, &cli_command_schema,
    &cli_command_record,  &cli_command_journal, &cli_command_doctor, &cli_command_version,
    &cli_command_worker,
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

int cli_worse(int a, int b) {
    static const int order[] = {CLI_INTERNAL, CLI_INTERRUPTED, CLI_TERMINATED, CLI_FAILED,
                                CLI_FOREIGN,  CLI_USAGE,       CLI_NOTHING,    CLI_OK};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (a == order[i] || b == order[i]) {
            return order[i];
        }
    }
    return CLI_INTERNAL;
}

static const struct cli_command *find(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static void print_overview(FILE *out) {
    fputs("waggle simulates a Zeebe-like cluster, breaks it on purpose, and judges what its\n"
          "exporters received and what its log kept.\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i]->summary != NULL) {
            fprintf(out, "  waggle %-8s %s\n", commands[i]->name, commands[i]->summary);
        }
    }
    fputs("\n`waggle help COMMAND` shows a command's options.\n"
          "Exit codes: 0 all held, 1 an invariant or expectation failed, 2 usage or invalid\n"
          "input, 3 internal error or non-determinism, 4 nothing selected, 5 foreign code could\n"
          "not be loaded, 130 and 143 interrupted with a valid partial result.\n",
          out);
}

static int help(int argc, char **argv) {
    if (argc < 2) {
        print_overview(stdout);
        return CLI_OK;
    }
    const struct cli_command *command = find(argv[1]);
    if (command == NULL || command->summary == NULL) {
        return cli_usage_error("no command is called %s; see `waggle help`", argv[1]);
    }
    cli_print_help(command, stdout);
    return CLI_OK;
}

int cli_main(int argc, char **argv) {
    struct cli cli = {.program = argc > 0 ? argv[0] : "waggle"};
    if (argc < 2) {
        print_overview(stderr);
        return CLI_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return help(argc - 1, argv + 1);
    }
    if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const struct cli_command *command = find(name);
    if (command == NULL) {
        return cli_usage_error("no command is called %s; see `waggle help`", name);
    }
    int status = command->run(&cli, argc - 1, argv + 1);
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("waggle: the result could not be written to stdout\n", stderr);
        status = cli_worse(status, CLI_INTERNAL);
    }
    return status;
}
