/* faulty: a recorder with one bad habit, to be caught by judges or borne by the host.
 *
 * args: {"mode": "...",        what it does: the table in faulty_args.c
 *        "in": "export",       the call in which it does it, for modes that can be moved:
 *                              configure open export timer close
 *        "nth": 1, "times": 0, from the nth such call of an instance on, that many times (0 = always)
 *        "chance": 100,        and then with that many percent
 *        "position": 17,       instead of nth and times: only for that record, each time it comes
 *        "partitions": [1],    only there (default: everywhere)
 *        "from": "0s", "mendAfter": "2m",   only in that window since the start, by the broker's clock
 *        "delay": "50ms", "bytes": "1MiB", "value": 42,   of the deed
 *        "bulk": ..., "filter": ...}        as in recorder
 * acks-early flushes every 20 records only, reorders every 10, unless "bulk" says otherwise.
 * Counts are per instance: a new leader's instance starts again. open-fails mends after 30 s unless
 * told otherwise; nothing else ever mends by itself.
 *
 * pending answers PENDING and completes each record `delay` later from a timer; while it strikes
 * with "value": 1 it completes with RETRY, with "value": 2 never. */
#include "exporters/faulty/faulty.h"

#include "exporters/faulty/faulty_internal.h"

#include <stdlib.h>

static const int64_t LOOK_NS = INT64_C(60000000000); /* between two looks whether it is mended */

static void *create(const struct wg_exporter_host *host, struct wg_exporter_ctx *ctx) {
    struct faulty *faulty = calloc(1, sizeof *faulty);
    if (faulty == NULL) {
        return NULL;
    }
    faulty->host = host;
    faulty->ctx = ctx;
    exporter_bulk_init(&faulty->bulk, host, ctx, faulty, faulty_put, faulty_flush);
    faulty->nth = 1;
    faulty->chance = 100;
    faulty->delay_ns = 50000000;
    faulty->bytes = 1 << 20;
    faulty->value = 42;
    faulty->mend_after_ns = FAULTY_NEVER;
    return faulty;
}

static void destroy(void *instance) {
    struct faulty *faulty = instance;
    sink_document_free(&faulty->document);
    free(faulty->held);
    free(faulty);
}

static int32_t configure(void *instance) {
    struct faulty *faulty = instance;
    int32_t result = faulty_configure(faulty);
    if (result != WG_EXPORTER_OK) {
        return result;
    }
    faulty_enter(faulty, FAULTY_CONFIGURE, -1);
    return faulty_misbehave(faulty);
}

/* Whether acknowledgements are this habit's own business. */
static bool holds(const struct faulty *faulty) {
    return faulty->deed == FAULTY_ACKS_LATE || faulty->deed == FAULTY_ACKS_NEVER ||
           faulty->deed == FAULTY_ACKS_IN_CLOSE || faulty->deed == FAULTY_METADATA;
}

/* Looks again at least once a minute: a clock that is an hour behind may be put right meanwhile. */
static int32_t arm_mend(struct faulty *faulty, int64_t left) {
    return faulty->host->schedule(faulty->ctx, FAULTY_TIMER_MEND, left < LOOK_NS ? left : LOOK_NS);
}

static int32_t open(void *instance) {
    struct faulty *faulty = instance;
    faulty_enter(faulty, FAULTY_OPEN, -1);
    int32_t result = faulty_misbehave(faulty);
    if (result != WG_EXPORTER_OK) {
        return result;
    }
    int64_t left = faulty_until_mended(faulty);
    faulty->bulk.hold = holds(faulty) && left != 0;
    if (faulty->bulk.hold && left != FAULTY_NEVER) {
        /* Without a timer, what was flushed before would wait for the next record. */
        return arm_mend(faulty, left);
    }
    return faulty_arm(faulty);
}

/* The answer to a record that works: OK, or PENDING for that habit. */
static int32_t answer(struct faulty *faulty, int64_t position) {
    if (!faulty->strikes || faulty->deed != FAULTY_PENDING) {
        return WG_EXPORTER_OK;
    }
    faulty->waits_for = position;
    int32_t result =
        faulty->host->schedule(faulty->ctx, FAULTY_TIMER_DONE, faulty->delay_ns);
    return result == WG_EXPORTER_OK ? WG_EXPORTER_PENDING : result;
}

static int32_t export_record(void *instance, const struct wg_exporter_record *record) {
    struct faulty *faulty = instance;
    faulty_enter(faulty, FAULTY_EXPORT, record->position);
    int32_t result = faulty_misbehave(faulty);
    if (result == WG_EXPORTER_OK) {
        result = exporter_bulk_add(&faulty->bulk, record);
    }
    if (result != WG_EXPORTER_OK) {
        return result;
    }
    faulty_acknowledge(faulty, record->position);
    return answer(faulty, record->position);
}

static void acknowledge_held(struct faulty *faulty) {
    bool hold = faulty->bulk.hold;
    faulty->bulk.hold = false;
    exporter_bulk_acknowledge(&faulty->bulk);
    faulty->bulk.hold = hold;
}

static int32_t mend(struct faulty *faulty) {
    int64_t left = faulty_until_mended(faulty);
    if (left > 0) {
        return arm_mend(faulty, left);
    }
    faulty->bulk.hold = false;
    exporter_bulk_acknowledge(&faulty->bulk);
    return WG_EXPORTER_OK;
}

static int32_t complete(struct faulty *faulty) {
    if (faulty->value == 2) {
        return WG_EXPORTER_OK; /* forgotten */
    }
    int32_t result = faulty->value == 1 ? WG_EXPORTER_RETRY : WG_EXPORTER_OK;
    return faulty->host->complete(faulty->ctx, faulty->waits_for, result);
}

static int32_t on_timer(void *instance, uint32_t timer) {
    struct faulty *faulty = instance;
    switch (timer) {
    case EXPORTER_BULK_TIMER:
        return exporter_bulk_timer(&faulty->bulk);
    case FAULTY_TIMER_MEND:
        return mend(faulty);
    case FAULTY_TIMER_ACK:
        faulty->late_armed = false;
        acknowledge_held(faulty);
        /* What a bulk still holds is acknowledged late as well, not never. */
        return faulty->bulk.last_put > faulty->bulk.last_acknowledged ? faulty_be_late(faulty)
                                                                      : WG_EXPORTER_OK;
    case FAULTY_TIMER_DONE:
        return complete(faulty);
    default:
        break;
    }
    faulty_enter(faulty, FAULTY_TIMER, -1);
    int32_t result = faulty_misbehave(faulty);
    return result == WG_EXPORTER_OK ? faulty_arm(faulty) : result;
}

static int32_t close(void *instance) {
    struct faulty *faulty = instance;
    faulty_enter(faulty, FAULTY_CLOSE, -1);
    if (faulty->strikes && faulty->deed == FAULTY_DROPS_AT_CLOSE) {
        return WG_EXPORTER_OK;
    }
    int32_t result = faulty_misbehave(faulty);
    if (result != WG_EXPORTER_OK) {
        return result;
    }
    result = exporter_bulk_close(&faulty->bulk);
    if (result == WG_EXPORTER_OK && faulty->deed == FAULTY_ACKS_IN_CLOSE) {
        acknowledge_held(faulty);
    }
    return result;
}

const struct wg_exporter_plugin *wg_faulty_exporter(uint32_t host_abi_major,
                                                    uint32_t host_abi_minor) {
    static const struct wg_exporter_plugin plugin = {.struct_size = sizeof plugin,
                                                     .abi_major = WG_EXPORTER_ABI_MAJOR,
                                                     .abi_minor = WG_EXPORTER_ABI_MINOR,
                                                     .name = "faulty",
                                                     .version = "2",
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
