/* faulty: a recorder with one bad habit, to be caught by judges.
 *
 * args: {"mode": one of the below, "nth": 1, "times": 1, "delay": "50ms", "mendAfter": "2m",
 *        "bulk": ..., "filter": ...}   (bulk and filter as in recorder)
 *   none              no fault
 *   open-fails        open fails until mendAfter (default 30s)
 *   export-fails      the nth export call of an instance fails, `times` times in a row
 *   acks-early        acknowledges what it was given at once, flushes every 20 records only
 *   never-acks        flushes, but acknowledges nothing until mendAfter
 *   slow              every export takes `delay` longer
 *   crashes           abort() in the nth export call
 *   hangs             the nth export call never ends
 *   nondeterministic  export times depend on the real clock (self-test of the determinism check)
 * mendAfter is virtual time since the start of the run; behind it the exporter behaves. Without it
 * only open-fails ever mends.
 * Counts are per instance: a new leader's instance starts again. */
#include "exporters/faulty/faulty.h"

#include "exporters/common/args.h"
#include "exporters/common/bulk.h"
#include "exporters/common/sink_document.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum mode {
    MODE_NONE,
    MODE_OPEN_FAILS,
    MODE_EXPORT_FAILS,
    MODE_ACKS_EARLY,
    MODE_NEVER_ACKS,
    MODE_SLOW,
    MODE_CRASHES,
    MODE_HANGS,
    MODE_NONDETERMINISTIC
};
static const char *const mode_names[] = {"none",       "open-fails", "export-fails",
                                         "acks-early", "never-acks", "slow",
                                         "crashes",    "hangs",      "nondeterministic",
                                         NULL};

enum { MEND_TIMER = 2, EARLY_FLUSH = 20 };
static const int64_t MS = 1000000, NEVER = -1;

struct faulty {
    const struct wg_exporter_host *host;
    struct wg_exporter_ctx *ctx;
    struct exporter_bulk bulk;
    struct sink_document document;
    uint32_t mode; /* enum mode */
    int64_t nth, times, delay_ns, mend_after_ns;
    int64_t calls; /* of export */
};

/* Nanoseconds until the fault ends; 0 = it is over, NEVER. */
static int64_t until_mended(const struct faulty *faulty) {
    if (faulty->mend_after_ns == NEVER) {
        return NEVER;
    }
    int64_t since_start_ms = faulty->host->now_ms(faulty->ctx) - FAULTY_RUN_START_MS;
    int64_t left = faulty->mend_after_ns - since_start_ms * MS;
    return left > 0 ? left : 0;
}

static int32_t put(void *self, const struct wg_exporter_record *record) {
    struct faulty *faulty = self;
    return sink_document_put(&faulty->document, faulty->host, faulty->ctx, record);
}

static int32_t flush(void *self) {
    struct faulty *faulty = self;
    return faulty->host->sink_flush(faulty->ctx);
}

static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct faulty *faulty = calloc(1, sizeof *faulty);
    if (faulty == NULL) {
        return NULL;
    }
    faulty->host = host;
    faulty->ctx = ctx;
    exporter_bulk_init(&faulty->bulk, host, ctx, faulty);
    faulty->bulk.size = 1;
    faulty->bulk.delay_ns = 1000 * MS;
    faulty->bulk.put = put;
    faulty->bulk.flush = flush;
    faulty->nth = 1;
    faulty->times = 1;
    faulty->delay_ns = 50 * MS;
    faulty->mend_after_ns = NEVER;
    return faulty;
}

static void destroy(void *instance) {
    struct faulty *faulty = instance;
    sink_document_free(&faulty->document);
    free(faulty);
}

static void read_args(struct faulty *faulty, struct exporter_args *args,
                      struct wg_exporter_filter *filter) {
    if (!exporter_args_parse(args, faulty->host->args_json(faulty->ctx))) {
        return;
    }
    exporter_args_choice(args, args->root, "mode", "mode", mode_names, &faulty->mode);
    exporter_args_int(args, args->root, "nth", "nth", 1, &faulty->nth);
    exporter_args_int(args, args->root, "times", "times", 1, &faulty->times);
    exporter_args_duration(args, args->root, "delay", "delay", &faulty->delay_ns);
    if (faulty->mode == MODE_OPEN_FAILS) {
        faulty->mend_after_ns = 30000 * MS;
    }
    exporter_args_duration(args, args->root, "mendAfter", "mendAfter", &faulty->mend_after_ns);
    exporter_args_bulk(args, &faulty->bulk.size, &faulty->bulk.delay_ns);
    exporter_args_filter(args, filter);
    exporter_args_end(args, args->root, "");
    if (faulty->mode == MODE_ACKS_EARLY) {
        faulty->bulk.size = EARLY_FLUSH;
        faulty->bulk.delay_ns = 0;
    }
}

static int32_t configure(void *instance) {
    struct faulty *faulty = instance;
    struct exporter_args args;
    struct wg_exporter_filter filter;
    read_args(faulty, &args, &filter);
    int32_t result = WG_EXPORTER_FATAL;
    if (args.failed) {
        struct wg_exporter_str text = {args.message, strlen(args.message)};
        faulty->host->log(faulty->ctx, 0, text);
    } else {
        result = faulty->host->set_filter(faulty->ctx, &filter);
    }
    exporter_args_free(&args);
    return result;
}

static int32_t open(void *instance) {
    struct faulty *faulty = instance;
    int64_t left = until_mended(faulty);
    if (faulty->mode == MODE_OPEN_FAILS && left != 0) {
        return WG_EXPORTER_RETRY;
    }
    faulty->bulk.hold = faulty->mode == MODE_NEVER_ACKS && left != 0;
    if (faulty->bulk.hold && left != NEVER) {
        /* Without a timer, what was flushed before would wait for the next record. */
        return faulty->host->schedule(faulty->ctx, MEND_TIMER, left);
    }
    return WG_EXPORTER_OK;
}

/* A time that differs between two runs of one seed. */
static int64_t real_noise(void) {
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? now.tv_nsec % 1000000 : 0;
}

static int32_t misbehave(struct faulty *faulty) {
    switch (faulty->mode) {
    case MODE_EXPORT_FAILS:
        return faulty->calls - faulty->nth < faulty->times && faulty->calls >= faulty->nth
                   ? WG_EXPORTER_RETRY
                   : WG_EXPORTER_OK;
    case MODE_SLOW:
        faulty->host->spend(faulty->ctx, faulty->delay_ns);
        return WG_EXPORTER_OK;
    case MODE_CRASHES:
        if (faulty->calls == faulty->nth) {
            abort();
        }
        return WG_EXPORTER_OK;
    case MODE_HANGS:
        if (faulty->calls == faulty->nth) {
            faulty->host->spend(faulty->ctx, -1);
        }
        return WG_EXPORTER_OK;
    case MODE_NONDETERMINISTIC:
        faulty->host->spend(faulty->ctx, real_noise());
        return WG_EXPORTER_OK;
    default:
        return WG_EXPORTER_OK;
    }
}

static int32_t export_record(void *instance, const struct wg_exporter_record *record) {
    struct faulty *faulty = instance;
    bool mended = until_mended(faulty) == 0;
    faulty->calls++;
    if (!mended) {
        int32_t result = misbehave(faulty);
        if (result != WG_EXPORTER_OK) {
            return result;
        }
    }
    int32_t result = exporter_bulk_add(&faulty->bulk, record);
    if (result == WG_EXPORTER_OK && faulty->mode == MODE_ACKS_EARLY && !mended) {
        struct wg_exporter_str keep = {NULL, 0};
        (void)faulty->host->acknowledge(faulty->ctx, record->position, keep);
    }
    return result;
}

static int32_t on_timer(void *instance, uint32_t timer) {
    struct faulty *faulty = instance;
    if (timer == EXPORTER_BULK_TIMER) {
        return exporter_bulk_timer(&faulty->bulk);
    }
    if (timer == MEND_TIMER) {
        int64_t left = until_mended(faulty);
        if (left > 0) {
            return faulty->host->schedule(faulty->ctx, MEND_TIMER, left);
        }
        faulty->bulk.hold = false;
        exporter_bulk_acknowledge(&faulty->bulk);
    }
    return WG_EXPORTER_OK;
}

static int32_t close(void *instance) {
    struct faulty *faulty = instance;
    return exporter_bulk_close(&faulty->bulk);
}

const struct wg_exporter_plugin *wg_faulty_exporter(uint32_t host_abi_major,
                                                    uint32_t host_abi_minor) {
    static const struct wg_exporter_plugin plugin = {.struct_size = sizeof plugin,
                                                     .abi_major = WG_EXPORTER_ABI_MAJOR,
                                                     .abi_minor = WG_EXPORTER_ABI_MINOR,
                                                     .name = "faulty",
                                                     .version = "1",
                                                     .create = create,
                                                     .destroy = destroy,
                                                     .configure = configure,
                                                     .open = open,
                                                     .export_record = export_record,
                                                     .on_timer = on_timer,
                                                     .close = close};
    (void)host_abi_minor;
    return host_abi_major == WG_EXPORTER_ABI_MAJOR ? &plugin : NULL;
}
