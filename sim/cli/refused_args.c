/* Takes the loader's sentence apart:
 *   exporter "mine": configure of faulty failed: mode: unknown value "sometimes"
 *   exporter "mine": configure of recorder failed: unknown argument "bulk.siz"
 * The exporter itself decides what is right; here is only found where it stands. */
#include "sim/cli/refused_args.h"

#include "sim/cli/schema.h"
#include "sim/scenario/exporter_table.h"
#include "sim/scenario/scenario_errors.h"
#include "sim/scenario/scenario_locate.h"

#include <string.h>

#define KEYS_MAX 64
#define KEY_MAX 64

/* Index of the exporter with the id at `id`, which ends at a quote; -1 = none. */
static int find_exporter(const struct sim_scenario *scenario, const char *id, size_t len) {
    for (uint32_t i = 0; i < scenario->exporter_count; i++) {
        const char *candidate = scenario->exporters[i].id;
        if (strlen(candidate) == len && memcmp(candidate, id, len) == 0) {
            return (int)i;
        }
    }
    return -1;
}

struct names {
    char text[KEYS_MAX][KEY_MAX];
    const char *list[KEYS_MAX];
    size_t count;
};

static void collect(const struct sim_table *table, const char *prefix, struct names *names) {
    for (size_t i = 0; i < table->count && names->count < KEYS_MAX; i++) {
        char *name = names->text[names->count];
        int n = snprintf(name, KEY_MAX, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".",
                         table->fields[i].key);
        if (n < 0 || n >= KEY_MAX) {
            continue;
        }
        names->list[names->count++] = name;
        if (table->fields[i].table != NULL) {
            collect(table->fields[i].table, name, names);
        }
    }
}

static const char *nearest_argument(const char *type_name, const char *word, struct names *names) {
    const struct sim_exporter_type *type = sim_exporter_type(type_name);
    if (type == NULL || type->args == NULL) {
        return NULL;
    }
    collect(type->args, "", names);
    return sim_nearest(word, names->list, names->count);
}

/* The key that `reason` is about: in quotes behind "unknown argument", else up to the colon. */
static bool key_of(const char *reason, bool unknown, char *out, size_t size) {
    static const char unknown_text[] = "unknown argument \"";
    const char *at = unknown ? reason + sizeof unknown_text - 1 : reason;
    size_t len = strcspn(at, unknown ? "\"" : ":");
    if (len >= size || at[len] == '\0' || memchr(at, ' ', len) != NULL) {
        return false;
    }
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

static void complain(const struct sim_scenario *scenario, uint32_t exporter, const char *reason,
                     FILE *out) {
    const char *type = scenario->exporters[exporter].type;
    char where[200], message[300], help[120];
    char key[100] = "";
    struct names names = {.count = 0};
    bool unknown = strncmp(reason, "unknown argument \"", 18) == 0;
    bool named = key_of(reason, unknown, key, sizeof key) && strcmp(key, "args") != 0;
    snprintf(where, sizeof where, "exporters[%u].args%s%s", exporter, named ? "." : "",
             named ? key : "");
    const char *rest = named && !unknown ? reason + strlen(key) + 2 : reason;
    snprintf(message, sizeof message, "%s refuses it: %s", type, rest);
    const char *nearest = unknown && named ? nearest_argument(type, key, &names) : NULL;
    if (nearest != NULL) {
        snprintf(help, sizeof help, "did you mean `%s`?", nearest);
    } else {
        snprintf(help, sizeof help, "`waggle explain %s` shows its args", type);
    }
    struct sim_complaint complaint = {SIM_WG_ARGS, where, unknown, message, help};
    sim_scenario_complain(scenario->path, &complaint, out);
}

bool cli_explain_refusal(const struct sim_scenario *scenario, const char *message, FILE *out) {
    static const char head[] = "exporter \"";
    if (message == NULL || strncmp(message, head, sizeof head - 1) != 0) {
        return false;
    }
    const char *id = message + sizeof head - 1;
    int exporter = find_exporter(scenario, id, strcspn(id, "\""));
    const char *failed = strstr(message, " failed: ");
    if (exporter < 0 || failed == NULL || scenario->exporters[exporter].type == NULL ||
        strstr(message, "\": configure of ") == NULL) {
        return false;
    }
    complain(scenario, (uint32_t)exporter, failed + strlen(" failed: "), out);
    return true;
}
