/* Reads options by a table, so that parsing and help cannot disagree. */
#include "sim/cli/cli.h"

#include <stdarg.h>
#include <string.h>

int cli_usage_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("waggle: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CLI_USAGE;
}

void cli_print_help(const struct cli_command *command, FILE *out) {
    fprintf(out, "waggle %s %s\n%s\n", command->name, command->arguments, command->summary);
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cli_option *option = &command->options[i];
        if (option->help == NULL) {
            continue;
        }
        char left[48];
        const char *argument = option->argument == NULL ? "" : option->argument;
        if (option->letter != 0 && strlen(option->name) == 1) {
            snprintf(left, sizeof left, "-%c %s", option->letter, argument);
        } else {
            snprintf(left, sizeof left, "--%s %s", option->name, argument);
        }
        fprintf(out, "%s  %-28s %s\n", i == 0 ? "\n" : "", left, option->help);
    }
}

static const struct cli_option *find_long(const struct cli_command *command, const char *name,
                                          size_t length) {
    for (size_t i = 0; i < command->option_count; i++) {
        const char *candidate = command->options[i].name;
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0) {
            return &command->options[i];
        }
    }
    return NULL;
}

static const struct cli_option *find_short(const struct cli_command *command, char letter) {
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].letter == letter) {
            return &command->options[i];
        }
    }
    return NULL;
}

/* The option that `text` names and, if it is joined to it, its value. */
static const struct cli_option *match(const struct cli_command *command, const char *text,
                                      const char **ret_value) {
    *ret_value = NULL;
    if (text[1] != '-') {
        *ret_value = text[2] == '\0' ? NULL : text + 2;
        return find_short(command, text[1]);
    }
    const char *equals = strchr(text, '=');
    size_t length = equals == NULL ? strlen(text + 2) : (size_t)(equals - text) - 2;
    *ret_value = equals == NULL ? NULL : equals + 1;
    return find_long(command, text + 2, length);
}

static bool parse_one(const struct cli_command *command, int argc, char **argv, int *i,
                      cli_take take, void *ctx) {
    const char *text = argv[*i];
    const char *value;
    const struct cli_option *option = match(command, text, &value);
    if (option == NULL) {
        cli_usage_error("%s has no option %s; see `waggle help %s`", command->name, text,
                        command->name);
        return false;
    }
    if (option->argument == NULL && value != NULL) {
        cli_usage_error("--%s takes no value", option->name);
        return false;
    }
    if (option->argument != NULL && value == NULL) {
        if (*i + 1 >= argc) {
            cli_usage_error("%s needs a value: %s", text, option->argument);
            return false;
        }
        value = argv[++*i];
    }
    return take(ctx, option, value);
}

bool cli_parse(const struct cli_command *command, int argc, char **argv, cli_take take, void *ctx,
               int *ret_exit) {
    bool only_arguments = false;
    *ret_exit = CLI_USAGE;
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (!only_arguments && strcmp(text, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0)) {
            cli_print_help(command, stdout);
            *ret_exit = CLI_OK;
            return false;
        } else if (!only_arguments && text[0] == '-' && text[1] != '\0') {
            if (!parse_one(command, argc, argv, &i, take, ctx)) {
                return false;
            }
        } else if (!take(ctx, NULL, text)) {
            return false;
        }
    }
    return true;
}

bool cli_parse_u64(const char *text, uint64_t max, uint64_t *ret_value) {
    uint64_t value = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

bool cli_parse_duration(const char *text, int64_t *ret_ns) {
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ms", 1000000},
                 {"s", 1000000000},
                 {"m", INT64_C(60000000000)},
                 {"h", INT64_C(3600000000000)}};
    char digits[12];
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length >= 7) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + length, units[i].name) == 0 &&
            cli_parse_u64(digits, INT64_MAX, &value) && value > 0) {
            *ret_ns = (int64_t)value * units[i].ns;
            return true;
        }
    }
    return false;
}
