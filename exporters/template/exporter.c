/* A small, complete exporter in C: copy it and make it yours. docs/EXPORTERS.md explains each rule.
 *
 *   cc -std=c11 -Wall -Wextra -fPIC -shared $(pkg-config --cflags waggle-exporter) exporter.c -o libmine.so
 *
 *   exporters:
 *     - { id: mine, path: ./libmine.so, args: { batch: 10 } }
 *
 * It stores each event as a JSON document in the host's sink, a batch at a time, and acknowledges a
 * batch once the sink has made it durable. Commands and rejections are not taken. */
#include <waggle/exporter.h>

#include <stdlib.h>
#include <string.h>

enum { FLUSH_TIMER = 1 };
static const int64_t FLUSH_AFTER_NS = 1000000000;

/* One per partition, on each broker that has a replica of it. */
struct mine {
    const struct wg_exporter_host *host;
    struct wg_exporter_ctx *ctx;
    long batch;            /* records per flush */
    long pending;          /* stored, not flushed */
    int64_t last_position; /* of the last record stored, -1 = none */
};

static void say(const struct mine *mine, int32_t level, const char *words) {
    struct wg_exporter_str text = {words, strlen(words)};
    mine->host->log(mine->ctx, level, text);
}

/* --- life ---------------------------------------------------------------------------------- */

/* Cheap and without effects outside: broker start makes an instance only to try its args. */
static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct mine *mine = calloc(1, sizeof *mine);
    if (mine != NULL) {
        mine->host = host;
        mine->ctx = ctx;
        mine->batch = 1;
        mine->last_position = -1;
    }
    return mine;
}

/* Frees memory, nothing else: the host answers no questions any more. */
static void destroy(void *instance) { free(instance); }

/* args is a JSON object. A real exporter uses a JSON library and refuses what it does not know; one
 * key is found by hand here to keep the example free of libraries. -1 = not a number of 1..1000. */
static long read_batch(struct wg_exporter_str args) {
    static const char key[] = "\"batch\":";
    char text[256];
    if (args.len >= sizeof text) {
        return -1;
    }
    memcpy(text, args.ptr, (size_t)args.len);
    text[args.len] = '\0';
    const char *at = strstr(text, key);
    if (at == NULL) {
        return 1;
    }
    long batch = strtol(at + sizeof key - 1, NULL, 10);
    return batch >= 1 && batch <= 1000 ? batch : -1;
}

/* On leaders and followers. What is wrong with the args must come out here, in words. */
static int32_t configure(void *instance) {
    struct mine *mine = instance;
    mine->batch = read_batch(mine->host->args_json(mine->ctx));
    if (mine->batch < 0) {
        say(mine, 0, "batch: a number from 1 to 1000 is needed");
        return WG_EXPORTER_FATAL;
    }
    struct wg_exporter_filter filter;
    memset(&filter, 0xFF, sizeof filter); /* all value types */
    filter.struct_size = sizeof filter;
    filter.reserved = 0;
    filter.record_types = 1u << 0; /* 0 = EVENT, 1 = COMMAND, 2 = COMMAND_REJECTION */
    return mine->host->set_filter(mine->ctx, &filter);
}

/* On leaders only, before the first record. A sink that is away is a reason to answer RETRY. */
static int32_t open_it(void *instance) {
    (void)instance;
    return WG_EXPORTER_OK;
}

/* --- work ---------------------------------------------------------------------------------- */

static int32_t flush(struct mine *mine) {
    if (mine->pending == 0) {
        return WG_EXPORTER_OK;
    }
    int32_t result = mine->host->sink_flush(mine->ctx);
    if (result != WG_EXPORTER_OK) {
        return result; /* still pending: nothing is lost, nothing is acknowledged */
    }
    mine->pending = 0;
    struct wg_exporter_str keep = {NULL, 0}; /* metadata as it is */
    return mine->host->acknowledge(mine->ctx, mine->last_position, keep);
}

static int32_t store(struct mine *mine, const struct wg_exporter_record *record) {
    struct wg_exporter_str json = mine->host->record_json(mine->ctx, record);
    int32_t result = mine->host->sink_put(mine->ctx, record->position, json);
    if (result != WG_EXPORTER_OK) {
        return result;
    }
    mine->last_position = record->position;
    mine->pending++;
    /* The last records of a quiet hour must not wait for the next one. */
    return mine->pending == 1 ? mine->host->schedule(mine->ctx, FLUSH_TIMER, FLUSH_AFTER_NS)
                              : WG_EXPORTER_OK;
}

/* `record` and all it points to are gone when this returns. */
static int32_t export_record(void *instance, const struct wg_exporter_record *record) {
    struct mine *mine = instance;
    /* A record comes again if we answered RETRY, or if another exporter of the broker did: what we
     * have stored already must not be stored twice. */
    if (record->position > mine->last_position) {
        int32_t result = store(mine, record);
        if (result != WG_EXPORTER_OK) {
            return result;
        }
    }
    return mine->pending >= mine->batch ? flush(mine) : WG_EXPORTER_OK;
}

static int32_t on_timer(void *instance, uint32_t timer) {
    struct mine *mine = instance;
    if (timer == FLUSH_TIMER && flush(mine) != WG_EXPORTER_OK) {
        /* An error here would end the director and all exporters of the partition: try later. */
        return mine->host->schedule(mine->ctx, FLUSH_TIMER, FLUSH_AFTER_NS);
    }
    return WG_EXPORTER_OK;
}

/* The last chance to flush and acknowledge. A killed broker does not call it. */
static int32_t close_it(void *instance) { return flush(instance); }

/* --- the table ----------------------------------------------------------------------------- */

const struct wg_exporter_plugin *waggle_exporter(uint32_t host_abi_major,
                                                 uint32_t host_abi_minor) {
    static const struct wg_exporter_plugin plugin = {.struct_size = sizeof plugin,
                                                     .abi_major = WG_EXPORTER_ABI_MAJOR,
                                                     .abi_minor = WG_EXPORTER_ABI_MINOR,
                                                     .name = "template",
                                                     .version = "1.0.0",
                                                     .create = create,
                                                     .destroy = destroy,
                                                     .configure = configure,
                                                     .open = open_it,
                                                     .export_record = export_record,
                                                     .on_timer = on_timer,
                                                     .close = close_it};
    (void)host_abi_minor; /* nothing that came after 0.1 is used */
    return host_abi_major == WG_EXPORTER_ABI_MAJOR ? &plugin : NULL;
}
