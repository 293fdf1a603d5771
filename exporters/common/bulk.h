/* The heart of a batching exporter: put records, flush when there are enough or after a delay,
 * acknowledge what was flushed. */
#ifndef WG_EXPORTERS_BULK_H
#define WG_EXPORTERS_BULK_H

#include "waggle/exporter.h"

#include <stdbool.h>

#define EXPORTER_BULK_TIMER 1u /* timer number that a bulk uses */

struct exporter_bulk {
    const struct wg_exporter_host *host;
    struct wg_exporter_ctx *ctx;
    int64_t size;         /* records per flush, >= 1 */
    int64_t delay_ns;     /* of the oldest record; 0 = no timer */
    int64_t memory_limit; /* bytes of records per flush, >= 1 */
    bool hold;            /* flush, but acknowledge nothing (faulty) */
    int64_t pending;      /* put, not flushed */
    int64_t pending_bytes;
    int64_t last_put, last_flushed, last_acknowledged; /* positions, -1 = none */
    bool timer_armed;
    /* Both answer with results of exporter.h; `self` is the exporter. */
    int32_t (*put)(void *self, const struct wg_exporter_record *record);
    int32_t (*flush)(void *self);
    void *self;
};

/* One record per flush, one second, 10 MiB: what args may change. */
void exporter_bulk_init(struct exporter_bulk *bulk, const struct wg_exporter_host *host,
                        struct wg_exporter_ctx *ctx, void *self,
                        int32_t (*put)(void *self, const struct wg_exporter_record *record),
                        int32_t (*flush)(void *self));
/* For export_record, on_timer (of EXPORTER_BULK_TIMER) and close. */
int32_t exporter_bulk_add(struct exporter_bulk *bulk, const struct wg_exporter_record *record);
int32_t exporter_bulk_timer(struct exporter_bulk *bulk);
int32_t exporter_bulk_close(struct exporter_bulk *bulk);
/* Acknowledges what was flushed and is not acknowledged yet, unless `hold`. */
void exporter_bulk_acknowledge(struct exporter_bulk *bulk);

#endif
