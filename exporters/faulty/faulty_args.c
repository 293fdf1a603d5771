/* The modes of `faulty`, and when they strike. The table is the documentation: docs/EXPORTERS.md
 * lists it, scenarios/gallery has a scenario for each row. */
#include "exporters/faulty/faulty_internal.h"

#include "exporters/common/args.h"

#include <string.h>

#define ANYWHERE true /* `in` may move the deed to another call */
#define EVERY 0       /* strikes in every call from the nth on */

struct mode {
    const char *name;
    uint8_t deed, place;
    bool movable;
    int64_t times;
};

static const struct mode modes[] = {
    {"none", FAULTY_NOTHING, FAULTY_EXPORT, false, EVERY},
    {"open-fails", FAULTY_FAILS, FAULTY_OPEN, false, EVERY},
    {"export-fails", FAULTY_FAILS, FAULTY_EXPORT, false, 1},
    {"fails", FAULTY_FAILS, FAULTY_EXPORT, ANYWHERE, EVERY},
    {"fatal", FAULTY_FATAL, FAULTY_EXPORT, ANYWHERE, 1},
    {"garbage", FAULTY_GARBAGE, FAULTY_EXPORT, ANYWHERE, 1},
    {"crashes", FAULTY_CRASHES, FAULTY_EXPORT, ANYWHERE, 1},
    {"hangs", FAULTY_HANGS, FAULTY_EXPORT, ANYWHERE, 1},
    {"blocks", FAULTY_BLOCKS, FAULTY_EXPORT, ANYWHERE, 1},
    {"slow", FAULTY_SLOW, FAULTY_EXPORT, ANYWHERE, EVERY},
    {"slows-down", FAULTY_SLOWS_DOWN, FAULTY_EXPORT, ANYWHERE, EVERY},
    {"leaks", FAULTY_LEAKS, FAULTY_EXPORT, ANYWHERE, EVERY},
    {"forks", FAULTY_FORKS, FAULTY_EXPORT, ANYWHERE, 1},
    {"refilters", FAULTY_REFILTERS, FAULTY_EXPORT, ANYWHERE, 1},
    {"nondeterministic", FAULTY_REAL_TIME, FAULTY_EXPORT, ANYWHERE, EVERY},
    {"pending", FAULTY_PENDING, FAULTY_EXPORT, false, EVERY},
    {"acks-early", FAULTY_ACKS_EARLY, FAULTY_EXPORT, false, EVERY},
    {"acks-late", FAULTY_ACKS_LATE, FAULTY_EXPORT, false, EVERY},
    {"never-acks", FAULTY_ACKS_NEVER, FAULTY_EXPORT, false, EVERY},
    {"acks-in-close", FAULTY_ACKS_IN_CLOSE, FAULTY_EXPORT, false, EVERY},
    {"acks-twice", FAULTY_ACKS_TWICE, FAULTY_EXPORT, false, EVERY},
    {"acks-backwards", FAULTY_ACKS_BACKWARDS, FAULTY_EXPORT, false, EVERY},
    {"acks-ahead", FAULTY_ACKS_AHEAD, FAULTY_EXPORT, false, 1},
    {"acks-value", FAULTY_ACKS_VALUE, FAULTY_EXPORT, false, 1},
    {"metadata", FAULTY_METADATA, FAULTY_EXPORT, false, EVERY},
    {"loses", FAULTY_LOSES, FAULTY_EXPORT, false, 1},
    {"doubles", FAULTY_DOUBLES, FAULTY_EXPORT, false, EVERY},
    {"reorders", FAULTY_REORDERS, FAULTY_EXPORT, false, EVERY},
    {"changes-content", FAULTY_CHANGES, FAULTY_EXPORT, false, EVERY},
    {"drops-at-close", FAULTY_DROPS_AT_CLOSE, FAULTY_CLOSE, false, EVERY},
    {"timer-zero", FAULTY_TIMER_ZERO, FAULTY_TIMER, false, EVERY},
    {"timer-negative", FAULTY_TIMER_NEGATIVE, FAULTY_TIMER, false, EVERY},
    {"timer-huge", FAULTY_TIMER_HUGE, FAULTY_TIMER, false, EVERY},
};
enum { MODES = sizeof modes / sizeof modes[0] };

static const char *const place_names[] = {"configure", "open", "export", "timer", "close", NULL};

static const struct mode *read_mode(struct exporter_args *args) {
    const char *names[MODES + 1];
    for (uint32_t i = 0; i < MODES; i++) {
        names[i] = modes[i].name;
    }
    names[MODES] = NULL;
    uint32_t number = 0;
    exporter_args_choice(args, args->root, "mode", "mode", names, &number);
    return &modes[number];
}

static void read_place(struct faulty *faulty, struct exporter_args *args,
                       const struct mode *mode) {
    faulty->deed = mode->deed;
    faulty->place = mode->place;
    faulty->times = mode->times;
    if (json_object_get(args->root, "in") != NULL && !mode->movable) {
        exporter_args_fail(args, "in: mode \"%s\" has its place", mode->name);
        return;
    }
    exporter_args_choice(args, args->root, "in", "in", place_names, &faulty->place);
}

static void read_partitions(struct faulty *faulty, struct exporter_args *args) {
    json_t *list = json_object_get(args->root, "partitions");
    if (list == NULL) {
        return;
    }
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        json_int_t number = json_integer_value(json_array_get(list, i));
        if (number < 1 || number >= FAULTY_PARTITIONS) {
            count = 0;
        } else {
            faulty->partitions |= UINT64_C(1) << number;
        }
    }
    if (count == 0) {
        exporter_args_fail(args, "partitions: a list of numbers from 1 to 63 is needed");
    }
    json_object_del(args->root, "partitions");
}

static void read_chance(struct faulty *faulty, struct exporter_args *args) {
    exporter_args_int(args, args->root, "chance", "chance", 1, &faulty->chance);
    if (faulty->chance > 100) {
        exporter_args_fail(args, "chance: percent, so at most 100");
    }
}

/* How the bulk is unless the user says otherwise, so that the habit shows. */
static void fit_bulk(struct faulty *faulty) {
    if (faulty->deed == FAULTY_ACKS_EARLY) {
        faulty->bulk.size = FAULTY_EARLY_FLUSH;
        faulty->bulk.delay_ns = 0;
    } else if (faulty->deed == FAULTY_REORDERS) {
        faulty->bulk.size = 10;
    }
}

static void read_args(struct faulty *faulty, struct exporter_args *args) {
    const struct mode *mode = read_mode(args);
    read_place(faulty, args, mode);
    exporter_args_int(args, args->root, "nth", "nth", 1, &faulty->nth);
    exporter_args_int(args, args->root, "times", "times", 0, &faulty->times);
    exporter_args_int(args, args->root, "position", "position", 1, &faulty->position);
    exporter_args_int(args, args->root, "value", "value", INT64_MIN, &faulty->value);
    exporter_args_size(args, args->root, "bytes", "bytes", &faulty->bytes);
    read_chance(faulty, args);
    read_partitions(faulty, args);
    exporter_args_duration(args, args->root, "delay", "delay", &faulty->delay_ns);
    exporter_args_duration(args, args->root, "from", "from", &faulty->from_ns);
    if (strcmp(mode->name, "open-fails") == 0) {
        faulty->mend_after_ns = 30 * INT64_C(1000000000);
    }
    exporter_args_duration(args, args->root, "mendAfter", "mendAfter", &faulty->mend_after_ns);
    fit_bulk(faulty);
    exporter_args_bulk(args, &faulty->bulk);
}

int32_t faulty_configure(struct faulty *faulty) {
    struct exporter_args args;
    struct wg_exporter_filter filter;
    if (exporter_args_parse(&args, faulty->host->args_json(faulty->ctx))) {
        read_args(faulty, &args);
        exporter_args_filter(&args, &filter);
    }
    return exporter_args_apply(&args, faulty->host, faulty->ctx, &filter);
}
