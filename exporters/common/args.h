/* Reading the args of a built-in exporter: a closed schema, errors in one line for the user. */
#ifndef WG_EXPORTERS_ARGS_H
#define WG_EXPORTERS_ARGS_H

#include "exporters/common/bulk.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The first error sticks; later reads then do nothing. */
struct exporter_args {
    json_t *root; /* object */
    bool failed;
    char message[256];
};

/* false (and a message) when args are not a JSON object. */
bool exporter_args_parse(struct exporter_args *args, struct wg_exporter_str json);
void exporter_args_free(struct exporter_args *args);

/* Takes a key out of `object`; an absent key leaves *value as it is. `path` names the key in
 * messages. */
void exporter_args_int(struct exporter_args *args, json_t *object, const char *key,
                       const char *path, int64_t least, int64_t *value);
/* "50ms", "1s", "2m", or a whole number of seconds as in Zeebe; nanoseconds. */
void exporter_args_duration(struct exporter_args *args, json_t *object, const char *key,
                            const char *path, int64_t *value);
/* Index of the value in `names` (NULL ends the list). */
void exporter_args_choice(struct exporter_args *args, json_t *object, const char *key,
                          const char *path, const char *const *names, uint32_t *value);
/* A whole number of bytes, or "64KiB", "10MiB", "1GiB"; at least 1. */
void exporter_args_size(struct exporter_args *args, json_t *object, const char *key,
                        const char *path, int64_t *bytes);
/* "bulk": {"size", "delay", "memoryLimit"}. */
void exporter_args_bulk(struct exporter_args *args, struct exporter_bulk *bulk);
/* "filter": {"recordTypes": [...], "valueTypes": [...]}; what is absent accepts all. */
void exporter_args_filter(struct exporter_args *args, struct wg_exporter_filter *filter);
/* Whatever is left is unknown: an error. */
void exporter_args_end(struct exporter_args *args, json_t *object, const char *prefix);
/* An error that the reader of a key has found itself. */
void exporter_args_fail(struct exporter_args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The end of configure: checks that nothing is left, sets the filter or logs the error, frees the
 * args. The answer of configure. */
int32_t exporter_args_apply(struct exporter_args *args, const struct wg_exporter_host *host,
                            struct wg_exporter_ctx *ctx, const struct wg_exporter_filter *filter);

#endif
