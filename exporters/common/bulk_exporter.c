/* See bulk_exporter.h. */
#include "exporters/common/bulk_exporter.h"

int32_t bulk_exporter_configure(void *instance) {
    struct exporter_bulk *bulk = instance;
    struct exporter_args args;
    struct wg_exporter_filter filter;
    if (exporter_args_parse(&args, bulk->host->args_json(bulk->ctx))) {
        exporter_args_bulk(&args, bulk);
        exporter_args_filter(&args, &filter);
    }
    return exporter_args_apply(&args, bulk->host, bulk->ctx, &filter);
}

int32_t bulk_exporter_open(void *instance) {
    (void)instance;
    return WG_EXPORTER_OK;
}

int32_t bulk_exporter_export(void *instance, const struct wg_exporter_record *record) {
    return exporter_bulk_add(instance, record);
}

int32_t bulk_exporter_timer(void *instance, uint32_t timer) {
    return timer == EXPORTER_BULK_TIMER ? exporter_bulk_timer(instance) : WG_EXPORTER_OK;
}

int32_t bulk_exporter_close(void *instance) {
    return exporter_bulk_close(instance);
}
