/* Put, flush, acknowledge.
 *
 * Invariants
 *  1. Only a position that was flushed is acknowledged, so nothing is acknowledged before the first
 *     record has been seen (bug-E04).
 *  2. A record that comes again after a failed flush is not put a second time (bug-E24).
 *  3. A failed flush by timer is not an error of the director: it is tried again after the delay.
 *     A failed flush in export makes the record come again. */
#include "exporters/common/bulk.h"

#include <stddef.h>

void exporter_bulk_init(struct exporter_bulk *bulk, const struct wg_exporter_host *host,
                        struct wg_exporter_ctx *ctx, void *self,
                        int32_t (*put)(void *self, const struct wg_exporter_record *record),
                        int32_t (*flush)(void *self)) {
    *bulk = (struct exporter_bulk){.host = host,
                                   .ctx = ctx,
                                   .size = 1,
                                   .delay_ns = 1000000000,
                                   .memory_limit = 10 << 20,
                                   .last_put = -1,
                                   .last_flushed = -1,
                                   .last_acknowledged = -1,
                                   .put = put,
                                   .flush = flush,
                                   .self = self};
}

void exporter_bulk_acknowledge(struct exporter_bulk *bulk) {
    if (bulk->hold || bulk->last_flushed <= bulk->last_acknowledged) {
        return;
    }
    struct wg_exporter_str keep = {NULL, 0};
    if (bulk->host->acknowledge(bulk->ctx, bulk->last_flushed, keep) == WG_EXPORTER_OK) {
        bulk->last_acknowledged = bulk->last_flushed;
    }
}

static int32_t flush(struct exporter_bulk *bulk) {
    int32_t result = bulk->flush(bulk->self);
    if (result == WG_EXPORTER_OK) {
        bulk->pending = 0;
        bulk->pending_bytes = 0;
        bulk->last_flushed = bulk->last_put;
        exporter_bulk_acknowledge(bulk);
    }
    return result;
}

/* Nothing ticks while there is nothing to flush. */
static void arm(struct exporter_bulk *bulk) {
    if (bulk->pending > 0 && bulk->delay_ns > 0 && !bulk->timer_armed) {
        bulk->timer_armed = bulk->host->schedule(bulk->ctx, EXPORTER_BULK_TIMER,
                                                 bulk->delay_ns) == WG_EXPORTER_OK;
    }
}

int32_t exporter_bulk_add(struct exporter_bulk *bulk, const struct wg_exporter_record *record) {
    if (record->position > bulk->last_put) {
        int32_t result = bulk->put(bulk->self, record);
        if (result != WG_EXPORTER_OK) {
            return result;
        }
        bulk->last_put = record->position;
        bulk->pending++;
        bulk->pending_bytes += (int64_t)(sizeof *record + record->value.len);
    }
    bool full = bulk->pending >= bulk->size || bulk->pending_bytes >= bulk->memory_limit;
    int32_t result = full ? flush(bulk) : WG_EXPORTER_OK;
    arm(bulk);
    return result;
}

int32_t exporter_bulk_timer(struct exporter_bulk *bulk) {
    bulk->timer_armed = false;
    if (bulk->pending > 0) {
        (void)flush(bulk);
    }
    arm(bulk);
    return WG_EXPORTER_OK;
}

int32_t exporter_bulk_close(struct exporter_bulk *bulk) {
    return bulk->pending > 0 ? flush(bulk) : WG_EXPORTER_OK;
}
