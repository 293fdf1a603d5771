/* Reads are destructive: a key that was understood is removed from its object, so that what is left
 * at the end is what the user misspelt. */
#include "exporters/common/args.h"

#include "exporters/common/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t MS = 1000000;

void exporter_args_fail(struct exporter_args *args, const char *format, ...) {
    if (args->failed) {
        return;
    }
    args->failed = true;
    va_list list;
    va_start(list, format);
    vsnprintf(args->message, sizeof args->message, format, list);
    va_end(list);
}

bool exporter_args_parse(struct exporter_args *args, struct wg_exporter_str json) {
    *args = (struct exporter_args){.root = NULL};
    json_error_t error;
    args->root = json.len == 0 ? json_object()
                               : json_loadb(json.ptr, (size_t)json.len, JSON_REJECT_DUPLICATES,
                                            &error);
    if (args->root == NULL) {
        exporter_args_fail(args, "args: %s", error.text);
    } else if (!json_is_object(args->root)) {
        exporter_args_fail(args, "args: an object is needed");
    }
    return !args->failed;
}

void exporter_args_free(struct exporter_args *args) {
    json_decref(args->root);
    args->root = NULL;
}

/* The value of `key` with a reference of its own, removed from `object`; NULL = absent. */
static json_t *take(struct exporter_args *args, json_t *object, const char *key) {
    json_t *value = args->failed ? NULL : json_object_get(object, key);
    if (value != NULL) {
        json_incref(value);
        json_object_del(object, key);
    }
    return value;
}

void exporter_args_int(struct exporter_args *args, json_t *object, const char *key,
                       const char *path, int64_t least, int64_t *value) {
    json_t *found = take(args, object, key);
    if (found == NULL) {
        return;
    }
    if (!json_is_integer(found) || json_integer_value(found) < least) {
        exporter_args_fail(args, "%s: a whole number of at least %" PRId64 " is needed", path, least);
    } else {
        *value = json_integer_value(found);
    }
    json_decref(found);
}

/* Nanoseconds of "<digits><unit>", or -1. */
static int64_t parse_duration(const char *text) {
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ns", 1},         {"us", 1000},       {"ms", 1000000},
                 {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
    int64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (*at - '0');
        if (number > 1000000000) {
            return -1;
        }
    }
    for (size_t i = 0; at != text && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(at, units[i].unit) == 0) {
            return number <= INT64_MAX / 2 / units[i].ns ? number * units[i].ns : -1;
        }
    }
    return -1;
}

void exporter_args_duration(struct exporter_args *args, json_t *object, const char *key,
                            const char *path, int64_t *value) {
    json_t *found = take(args, object, key);
    if (found == NULL) {
        return;
    }
    int64_t ns = -1;
    if (json_is_string(found)) {
        ns = parse_duration(json_string_value(found));
    } else if (json_is_integer(found) && json_integer_value(found) >= 0 &&
               json_integer_value(found) <= 86400) {
        ns = json_integer_value(found) * 1000 * MS;
    }
    if (ns < 0) {
        exporter_args_fail(args, "%s: a duration such as \"50ms\" or \"1s\" is needed", path);
    } else {
        *value = ns;
    }
    json_decref(found);
}

void exporter_args_choice(struct exporter_args *args, json_t *object, const char *key,
                          const char *path, const char *const *names, uint32_t *value) {
    json_t *found = take(args, object, key);
    if (found == NULL) {
        return;
    }
    const char *text = json_is_string(found) ? json_string_value(found) : "";
    uint32_t i = 0;
    while (names[i] != NULL && strcmp(names[i], text) != 0) {
        i++;
    }
    if (names[i] == NULL) {
        exporter_args_fail(args, "%s: unknown value \"%s\"", path, text);
    } else {
        *value = i;
    }
    json_decref(found);
}

void exporter_args_end(struct exporter_args *args, json_t *object, const char *prefix) {
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        exporter_args_fail(args, "unknown argument \"%s%s\"", prefix, key);
    }
}

/* The object `key`, or NULL when it is absent or something else. */
static json_t *take_object(struct exporter_args *args, const char *key) {
    json_t *found = take(args, args->root, key);
    if (found != NULL && !json_is_object(found)) {
        exporter_args_fail(args, "%s: an object is needed", key);
        json_decref(found);
        return NULL;
    }
    return found;
}

/* Bytes of "<digits>[KiB|MiB|GiB]", or -1. */
static int64_t parse_size(const char *text) {
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    int64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && number <= INT32_MAX; at++) {
        number = number * 10 + (*at - '0');
    }
    for (uint32_t i = 0; at != text && number <= INT32_MAX && i < 4; i++) {
        if (strcmp(at, units[i]) == 0) {
            return number << (10 * i);
        }
    }
    return -1;
}

void exporter_args_size(struct exporter_args *args, json_t *object, const char *key,
                        const char *path, int64_t *bytes) {
    json_t *found = take(args, object, key);
    if (found == NULL) {
        return;
    }
    int64_t size = json_is_string(found) ? parse_size(json_string_value(found))
                                         : json_integer_value(found);
    if (size < 1) {
        exporter_args_fail(args, "%s: a size such as \"64KiB\" or a number of bytes is needed",
                           path);
    } else {
        *bytes = size;
    }
    json_decref(found);
}

void exporter_args_bulk(struct exporter_args *args, struct exporter_bulk *bulk) {
    json_t *found = take_object(args, "bulk");
    if (found != NULL) {
        exporter_args_int(args, found, "size", "bulk.size", 1, &bulk->size);
        exporter_args_duration(args, found, "delay", "bulk.delay", &bulk->delay_ns);
        exporter_args_size(args, found, "memoryLimit", "bulk.memoryLimit", &bulk->memory_limit);
        exporter_args_end(args, found, "bulk.");
        json_decref(found);
    }
}

/* Sets one bit of `mask` per listed name. */
static void read_names(struct exporter_args *args, json_t *filter, const char *key,
                       int (*number_of)(const char *name), uint64_t *mask, uint32_t words) {
    json_t *list = take(args, filter, key);
    if (list == NULL) {
        return;
    }
    memset(mask, 0, words * sizeof *mask);
    if (!json_is_array(list)) {
        exporter_args_fail(args, "filter.%s: a list of names is needed", key);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        int number = name == NULL ? -1 : number_of(name);
        if (number < 0) {
            exporter_args_fail(args, "filter.%s: unknown name \"%s\"", key, name == NULL ? "" : name);
            break;
        }
        mask[number / 64] |= (uint64_t)1 << (number % 64);
    }
    json_decref(list);
}

void exporter_args_filter(struct exporter_args *args, struct wg_exporter_filter *filter) {
    memset(filter, 0xFF, sizeof *filter);
    filter->struct_size = sizeof *filter;
    filter->reserved = 0;
    json_t *found = take_object(args, "filter");
    if (found != NULL) {
        read_names(args, found, "recordTypes", exporter_record_type, &filter->record_types, 1);
        read_names(args, found, "valueTypes", exporter_value_type, filter->value_types, 4);
        exporter_args_end(args, found, "filter.");
        json_decref(found);
    }
}

int32_t exporter_args_apply(struct exporter_args *args, const struct wg_exporter_host *host,
                            struct wg_exporter_ctx *ctx, const struct wg_exporter_filter *filter) {
    exporter_args_end(args, args->root, "");
    int32_t result = WG_EXPORTER_FATAL;
    if (args->failed) {
        struct wg_exporter_str text = {args->message, strlen(args->message)};
        host->log(ctx, 0, text);
    } else {
        result = host->set_filter(ctx, filter);
    }
    exporter_args_free(args);
    return result;
}
