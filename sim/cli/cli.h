/* The command line: commands, their options, exit codes (DESIGN section 4). */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Stable. Where several apply the first of 3, 130/143, 1, 5, 2, 4, 0 counts. */
enum cli_exit {
    CLI_OK = 0,        /* all held; an empty shard too */
    CLI_FAILED = 1,    /* an invariant or expectation failed */
    CLI_USAGE = 2,     /* usage or invalid input; nothing ran */
    CLI_INTERNAL = 3,  /* internal error or non-determinism */
    CLI_NOTHING = 4,   /* nothing selected */
    CLI_FOREIGN = 5,   /* foreign code could not be loaded */
    CLI_INTERRUPTED = 130,
    CLI_TERMINATED = 143
};

/* The one of the two that counts. */
int cli_worse(int a, int b);

struct cli {
    const char *program; /* argv[0]: how lines to paste must begin */
};

struct cli_option {
    const char *name;     /* without the dashes */
    char letter;          /* short form or 0 */
    const char *argument; /* name of its argument, NULL = flag */
    const char *help;     /* NULL = for tests of waggle itself, not shown */
};

struct cli_command {
    const char *name;
    const char *arguments; /* for the usage line */
    const char *summary;
    const struct cli_option *options;
    size_t option_count;
    int (*run)(const struct cli *cli, int argc, char **argv); /* argv[0] = its name */
};

extern const struct cli_command cli_command_run, cli_command_replay, cli_command_check,
    cli_command_list, cli_command_explain, cli_command_schema, cli_command_init, cli_command_diff,
    cli_command_doctor, cli_command_record, cli_command_journal, cli_command_version,
    cli_command_worker;

/* Runs what the arguments say; the process's exit code. */
int cli_main(int argc, char **argv);

/* `waggle: ` and a message on stderr, and CLI_USAGE. */
int cli_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_print_help(const struct cli_command *command, FILE *out);

/* Reads argv by the table. `take` gets each option with its value (NULL for a flag) and each other
 * argument with option NULL; it returns false after it has complained. `--help` prints the
 * command's help. *ret_exit is set when this returns false. */
typedef bool (*cli_take)(void *ctx, const struct cli_option *option, const char *value);
bool cli_parse(const struct cli_command *command, int argc, char **argv, cli_take take, void *ctx,
               int *ret_exit);

/* Whole numbers and durations ("90s") as option values; false when they are not. */
bool cli_parse_u64(const char *text, uint64_t max, uint64_t *ret_value);
bool cli_parse_duration(const char *text, int64_t *ret_ns);

#endif
