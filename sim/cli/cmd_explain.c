/* `waggle explain`: one word of waggle's vocabulary, whatever kind it is of. */
#include "sim/cli/cli.h"
#include "sim/cli/explain_errors.h"
#include "sim/cli/schema.h"
#include "sim/scenario/exporter_table.h"
#include "sim/scenario/invariant_table.h"
#include "sim/scenario/trigger_table.h"
#include "waggle/quirks.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 1024

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    const char **word = ctx;
    (void)option;
    if (*word != NULL) {
        cli_usage_error("explain takes one word at a time");
        return false;
    }
    *word = value;
    return true;
}

static void print_indented(const char *text) {
    for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n' ? 1 : 0) {
        printf("    %.*s\n", (int)strcspn(text, "\n"), text);
    }
}

/* WG0107, wg107 */
static bool explain_error(const char *word) {
    uint64_t code = 0;
    if ((word[0] != 'W' && word[0] != 'w') || (word[1] != 'G' && word[1] != 'g') ||
        !cli_parse_u64(word + 2, 9999, &code)) {
        return false;
    }
    const struct cli_error_example *example = cli_error_example((uint32_t)code);
    if (example == NULL) {
        return false;
    }
    printf("WG%04u: %s\n\nWrong:\n\n", example->code, cli_error_meaning(example->code));
    print_indented(example->wrong);
    fputs("\nRight:\n\n", stdout);
    print_indented(example->right);
    return true;
}

static bool explain_invariant(const char *word) {
    int number = sim_invariant_find(word);
    if (number < 0) {
        return false;
    }
    printf("%s (invariant)\n\n", word);
    sim_invariant_print((uint32_t)number, stdout);
    return true;
}

static bool explain_quirk(const char *word) {
    int quirk = wg_quirk_find(word);
    if (quirk < 0) {
        return false;
    }
    printf("%s (quirk of Zeebe 8.6)\n\nWhat 8.6 does: %s.\n\nOn with `behaviour: zeebe-8.6`, or alone:\n\n"
           "    cluster:\n      quirks: [%s]\n\ndocs/FIDELITY.md tells what is documented, and what it costs.\n",
           word, wg_quirk_effect((enum wg_quirk)quirk), word);
    return true;
}

static bool explain_fault(const char *word) {
    int kind = sim_fault_find(word);
    if (kind < 0) {
        return false;
    }
    const struct sim_fault_row *row = sim_fault_row((uint32_t)kind);
    printf("%s (fault)\n\n%s\nHealing: %s\n", row->name, row->effect, row->healing);
    for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
        char value[CLI_VALUE_TEXT];
        if (row->params[i].name != NULL) {
            cli_param_value(&row->params[i], value, sizeof value);
            printf("%s  %s: %s\n", i == 0 ? "\n" : "", row->params[i].name, value);
        }
    }
    printf("\n    faults:\n      - { at: 30s, fault: %s%s%s }\n", row->name,
           row->targets == SIM_TARGETS_BROKER || row->targets == SIM_TARGETS_LINKS
               ? ", target: { leaderOf: 1 }"
               : "",
           row->lasts ? ", for: 10s" : "");
    return true;
}

static bool explain_event(const char *word) {
    int event = sim_trigger_find(word);
    if (event < 0) {
        return false;
    }
    const struct sim_trigger_row *row = sim_trigger_row((uint32_t)event);
    printf("%s (event)\n\nIt happens when %s.\n\n    faults:\n      - { after: { event: %s, nth: 3 "
           "}, fault: broker.kill, for: 10s }\n",
           word, row->what, row->name);
    return true;
}

static void print_keys(const struct sim_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct sim_field *field = &table->fields[i];
        char value[CLI_VALUE_TEXT];
        cli_field_value(field, value, sizeof value);
        printf("  %-16s %s (%s%s%s)\n", field->key, field->about, value,
               field->standard == NULL ? "" : "; default ",
               field->standard == NULL ? "" : field->standard);
    }
}

static bool explain_exporter(const char *word) {
    const struct sim_exporter_type *type = sim_exporter_type(word);
    if (type == NULL) {
        return false;
    }
    printf("%s (built-in exporter)\n\n%s\n", word, type->about);
    if (type->args != NULL) {
        puts("\nargs:");
        print_keys(type->args);
    }
    return true;
}

static bool explain_key(const char *word) {
    const struct sim_field *field = cli_field_find(word);
    if (field == NULL) {
        return false;
    }
    char value[CLI_VALUE_TEXT];
    cli_field_value(field, value, sizeof value);
    printf("%s (key)\n\n%s\n\nvalue: %s\n", word, field->about, value);
    if (field->standard != NULL) {
        printf("default: %s\n", field->standard);
    }
    if (field->required) {
        puts("required");
    }
    if (field->table != NULL) {
        puts("\nkeys:");
        print_keys(field->table);
    }
    for (uint32_t i = 0; field->shape == SIM_SHAPE_EXPECTS && i < sim_expect_kinds.count; i++) {
        printf("\nkeys with that: %s\n", sim_expect_kinds.names[i]);
        print_keys(sim_expect_keys(i));
    }
    return true;
}

/* --- words that are near ---------------------------------------------------------------------- */

struct vocabulary {
    char *words[WORDS_MAX];
    size_t count;
};

static void add_word(struct vocabulary *vocabulary, const char *word) {
    if (vocabulary->count < WORDS_MAX) {
        vocabulary->words[vocabulary->count++] = sim_copy_text(word);
    }
}

static void add_key(void *ctx, const char *path, const struct sim_field *field) {
    (void)field;
    add_word(ctx, path);
}

static int refuse(const char *word) {
    struct vocabulary vocabulary = {.count = 0};
    for (uint32_t i = 0; i < sim_invariant_count(); i++) {
        add_word(&vocabulary, sim_invariant_id(i));
    }
    for (uint32_t i = 0; i < SIM_FAULT_KIND_COUNT; i++) {
        add_word(&vocabulary, sim_fault_row(i)->name);
    }
    for (int i = 0; i < WG_QUIRK_COUNT; i++) {
        add_word(&vocabulary, wg_quirk_name((enum wg_quirk)i));
    }
    for (uint32_t i = 0; i < SIM_TRIGGER_COUNT; i++) {
        add_word(&vocabulary, sim_trigger_row(i)->name);
    }
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        add_word(&vocabulary, sim_exporter_types[i].name);
    }
    cli_fields_walk(add_key, &vocabulary);
    const char *nearest =
        sim_nearest(word, (const char *const *)vocabulary.words, vocabulary.count);
    int status = nearest == NULL
                     ? cli_usage_error("%s is no error code, invariant, fault, event, exporter type, "
                                       "quirk or key of a scenario; see `waggle list`",
                                       word)
                     : cli_usage_error("nothing is called %s; did you mean %s?", word, nearest);
    for (size_t i = 0; i < vocabulary.count; i++) {
        free(vocabulary.words[i]);
    }
    return status;
}

static int run(const struct cli *cli, int argc, char **argv) {
    const char *word = NULL;
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_explain, argc, argv, take, &word, &status)) {
        return status;
    }
    if (word == NULL) {
        return cli_usage_error("explain needs a word, such as WG0107, disk.full, export-order or "
                               "cluster.disk");
    }
    /* Some words mean more than one thing (`duplicates`, `snapshot`); keys come last. */
    static bool (*const kinds[])(const char *word) = {explain_error, explain_invariant,
                                                      explain_fault, explain_event,
                                                      explain_exporter, explain_quirk,
                                                      explain_key};
    bool found = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !found; i++) {
        found = kinds[i](word);
    }
    return found ? CLI_OK : refuse(word);
}

const struct cli_command cli_command_explain = {
    "explain",
    "WORD",
    "tells about an error code, an invariant, a fault, an event, an exporter type, a quirk or a key",
    NULL,
    0,
    run};
