/* The rows of exporter_table.h. Nothing here is read by a loader: offsets and readers are unused. */
#include "sim/scenario/exporter_table.h"

#include <string.h>

#define ARG(key, shape, least, words, about, standard, table)                                      \
    {key, NULL, 0, least, INT64_MAX, false, words, about, standard, table, shape}

static const char *const record_type_names[] = {"EVENT", "COMMAND", "COMMAND_REJECTION"};
static const struct sim_words record_types = {record_type_names, SIM_COUNT_OF(record_type_names)};

static const struct sim_field bulk_rows[] = {
    ARG("size", SIM_SHAPE_ARG_COUNT, 1, NULL, "Records that are flushed together.", "1", NULL),
    ARG("delay", SIM_SHAPE_ARG_DURATION, 0, NULL,
        "A bulk that does not fill up is flushed after this time.", "1s", NULL),
    ARG("memoryLimit", SIM_SHAPE_ARG_SIZE, 1, NULL, "A bulk of this many bytes is full.", "10MiB",
        NULL),
};
static SIM_TABLE(bulk_keys, bulk_rows);

static const struct sim_field filter_rows[] = {
    ARG("recordTypes", SIM_SHAPE_NAMES, 0, &record_types, "Only these record types are exported.",
        NULL, NULL),
    ARG("valueTypes", SIM_SHAPE_NAMES, 0, NULL,
        "Only these value types are exported, as in [JOB, INCIDENT].", NULL, NULL),
};
static SIM_TABLE(filter_keys, filter_rows);

#define BULK_AND_FILTER                                                                            \
    ARG("bulk", SIM_SHAPE_BY_READER, 0, NULL, "When records are flushed.", NULL, &bulk_keys),      \
        ARG("filter", SIM_SHAPE_BY_READER, 0, NULL, "Which records it takes; all unless given.",   \
            NULL, &filter_keys)

static const struct sim_field recorder_rows[] = {BULK_AND_FILTER};
static SIM_TABLE(recorder_args, recorder_rows);

static const char *const mode_names[] = {
    "none", "open-fails", "export-fails", "fails", "fatal", "garbage", "crashes", "hangs", "blocks",
    "slow", "slows-down", "leaks", "forks", "refilters", "nondeterministic", "pending",
    "acks-early", "acks-late", "never-acks", "acks-in-close", "acks-twice", "acks-backwards",
    "acks-ahead", "acks-value", "metadata", "loses", "doubles", "reorders", "changes-content",
    "drops-at-close", "timer-zero", "timer-negative", "timer-huge"};
static const struct sim_words modes = {mode_names, SIM_COUNT_OF(mode_names)};
static const char *const place_names[] = {"configure", "open", "export", "timer", "close"};
static const struct sim_words places = {place_names, SIM_COUNT_OF(place_names)};
static const struct sim_field faulty_rows[] = {
    ARG("mode", SIM_SHAPE_BY_READER, 0, &modes, "Its bad habit (docs/EXPORTERS.md).", "none", NULL),
    ARG("in", SIM_SHAPE_BY_READER, 0, &places, "The call in which it strikes, for modes that can move.",
        "export", NULL),
    ARG("nth", SIM_SHAPE_ARG_COUNT, 1, NULL, "It strikes from this call of an instance on.", "1",
        NULL),
    ARG("times", SIM_SHAPE_ARG_COUNT, 0, NULL,
        "How many calls it strikes; 0 = all. The default depends on the mode.", NULL, NULL),
    {"chance", NULL, 0, 1, 100, false, NULL, "With how many percent it then strikes.", "100", NULL,
     SIM_SHAPE_ARG_COUNT},
    ARG("position", SIM_SHAPE_ARG_COUNT, 1, NULL,
        "Instead of `nth` and `times`: it strikes for this record only.", NULL, NULL),
    ARG("partitions", SIM_SHAPE_NUMBERS, 1, NULL, "It strikes in these partitions only.", NULL, NULL),
    ARG("from", SIM_SHAPE_ARG_DURATION, 0, NULL, "Before this virtual time it behaves.", "0s", NULL),
    ARG("mendAfter", SIM_SHAPE_ARG_DURATION, 0, NULL,
        "From this virtual time on it behaves (open-fails: 30s; else never).", NULL, NULL),
    ARG("delay", SIM_SHAPE_ARG_DURATION, 0, NULL, "A time that the habit needs.", "50ms", NULL),
    ARG("bytes", SIM_SHAPE_ARG_SIZE, 1, NULL, "A size that the habit needs.", "1MiB", NULL),
    ARG("value", SIM_SHAPE_ARG_NUMBER, 0, NULL, "A number that the habit needs.", "42", NULL),
    BULK_AND_FILTER,
};
static SIM_TABLE(faulty_args, faulty_rows);

const struct sim_exporter_type sim_exporter_types[] = {
    {"recorder", "Puts every record into the simulated document sink.", &recorder_args},
    {"ndjson", "Writes every record as a line of JSON to a file per partition in the run directory.",
     &recorder_args},
    {"faulty", "A recorder with one bad habit, to be caught by judges.", &faulty_args},
};
const uint32_t sim_exporter_type_count = SIM_COUNT_OF(sim_exporter_types);

const struct sim_exporter_type *sim_exporter_type(const char *name) {
    for (uint32_t i = 0; i < sim_exporter_type_count; i++) {
        if (strcmp(sim_exporter_types[i].name, name) == 0) {
            return &sim_exporter_types[i];
        }
    }
    return NULL;
}
