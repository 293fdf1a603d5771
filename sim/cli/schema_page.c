/* The format as a page for people: docs/SCENARIOS.md. */
#include "sim/cli/schema.h"
#include "sim/scenario/exporter_table.h"
#include "sim/scenario/invariant_table.h"
#include "sim/scenario/trigger_table.h"

#include <string.h>

static const char opening[] =
    "# The scenario format\n"
    "\n"
    "Made by `waggle schema --format md` from the tables that the reader itself uses; a test keeps\n"
    "this page up to date. `waggle schema` writes the same as JSON Schema for editors,\n"
    "`waggle explain cluster.disk` tells about one key, and `waggle init` writes a file to begin "
    "with.\n"
    "\n"
    "- The file is YAML. Unknown keys are errors. Duplicate keys, tags and merge keys are refused.\n"
    "- Durations (`ns us ms s m h d`), sizes (`B KiB MiB GiB`), rates (`/h /m /s`) and percentages\n"
    "  (`%`) need their units; `1.5s` is fine when it comes out whole.\n"
    "- Plain words that YAML 1.1 and 1.2 read differently (`no`, `010`, `1e3`, `12:30`) need "
    "quotes.\n"
    "- Times count from the end of warm-up, when all partitions are led.\n"
    "- Relative paths are relative to the file.\n"
    "- All invariants (`INVARIANTS.md`) are always on.\n"
    "\n"
    "The smallest scenario:\n"
    "\n"
    "```yaml\n"
    "apiVersion: waggle/v1alpha1\n"
    "name: smallest\n"
    "workload: [{ process: one-task, rate: 20/s, until: 1m }]\n"
    "exporters: [{ id: recorder, type: recorder }]\n"
    "```\n";

/* A bar would end the cell. */
static void put_cell(const char *text, FILE *out) {
    for (; *text != '\0'; text++) {
        fputs(*text == '|' ? "\\|" : "", out);
        if (*text != '|') {
            fputc(*text, out);
        }
    }
}

static void put_table(const struct sim_table *table, FILE *out) {
    fputs("\n| key | value | default | meaning |\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < table->count; i++) {
        const struct sim_field *field = &table->fields[i];
        char value[CLI_VALUE_TEXT];
        if (field->read == sim_read_later) {
            continue;
        }
        cli_field_value(field, value, sizeof value);
        fprintf(out, "| `%s` | ", field->key);
        put_cell(value, out);
        fprintf(out, " | %s%s%s | ", field->standard == NULL ? "" : "`",
                field->required           ? "required"
                : field->standard == NULL ? ""
                                          : field->standard,
                field->standard == NULL ? "" : "`");
        put_cell(field->about == NULL ? "" : field->about, out);
        fputs(" |\n", out);
    }
}

static void put_nested(const struct sim_table *table, const char *path, FILE *out);

static void put_mapping(const struct sim_field *field, const char *path, FILE *out) {
    fprintf(out, "\n### `%s`\n\n%s\n", path, field->about);
    put_table(field->table, out);
    put_nested(field->table, path, out);
}

static void put_nested(const struct sim_table *table, const char *path, FILE *out) {
    for (size_t i = 0; i < table->count; i++) {
        const struct sim_field *field = &table->fields[i];
        if (field->table != NULL) {
            char below[SIM_PATH_MAX];
            int n = snprintf(below, sizeof below, "%s.%s", path, field->key);
            if (n > 0 && (size_t)n < sizeof below) {
                put_mapping(field, below, out);
            }
        }
    }
}

static void put_faults(FILE *out) {
    fputs("\n## Faults\n\nWhat `fault:` and `weights:` can name, with the keys that each has of its "
          "own.\n",
          out);
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        const struct sim_fault_row *row = sim_fault_row(kind);
        fprintf(out, "\n### %s\n\n%s %s%s%s\n", row->name, row->effect, row->healing,
                row->lasts ? "" : " It is over at once: no `for`.",
                row->by_name ? " In `weights` it must be named, `all` leaves it out." : "");
        for (uint32_t i = 0; i < SIM_FAULT_PARAMS; i++) {
            char value[CLI_VALUE_TEXT];
            if (row->params[i].name != NULL) {
                cli_param_value(&row->params[i], value, sizeof value);
                fprintf(out, "%s- `%s`: %s\n", i == 0 ? "\n" : "", row->params[i].name, value);
            }
        }
    }
}

static void put_events(FILE *out) {
    fputs("\n## Events\n\nWhat `after:` and `reached` can name.\n\n| event | when |\n|---|---|\n", out);
    for (uint32_t event = 0; event < SIM_TRIGGER_COUNT; event++) {
        fprintf(out, "| `%s` | %s |\n", sim_trigger_row(event)->name, sim_trigger_row(event)->what);
    }
}

static void put_expects(FILE *out) {
    for (uint32_t kind = 0; kind < sim_expect_kinds.count; kind++) {
        fprintf(out, "\n### `expect` with `that: %s`\n", sim_expect_kinds.names[kind]);
        put_table(sim_expect_keys(kind), out);
    }
}

static void put_exporters(FILE *out) {
    fputs("\n## Built-in exporters\n\nWhat `type:` can name, and what `args` may hold.\n", out);
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        const struct sim_exporter_type *type = &sim_exporter_types[i];
        fprintf(out, "\n### %s\n\n%s\n", type->name, type->about);
        if (type->args != NULL) {
            put_table(type->args, out);
            put_nested(type->args, type->name, out);
        }
    }
}

static void put_errors(FILE *out) {
    fputs("\n## Errors\n\n`waggle explain WG0107` shows an example of each.\n\n| code | meaning |\n"
          "|---|---|\n",
          out);
#define PUT_ERROR(name, number, text) fprintf(out, "| WG%04d | %s |\n", number, text);
    SIM_SCENARIO_ERROR_MAP(PUT_ERROR)
#undef PUT_ERROR
}

void cli_schema_page(FILE *out) {
    fputs(opening, out);
    fputs("\n## Keys\n", out);
    put_table(&sim_top_keys, out);
    for (size_t i = 0; i < sim_top_keys.count; i++) {
        const struct sim_field *field = &sim_top_keys.fields[i];
        if (field->table != NULL && field->read != sim_read_later) {
            put_mapping(field, field->key, out);
        }
        if (field->shape == SIM_SHAPE_EXPECTS) {
            put_expects(out);
        }
    }
    put_faults(out);
    put_events(out);
    put_exporters(out);
    put_errors(out);
}
