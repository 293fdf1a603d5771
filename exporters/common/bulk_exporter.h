/* What exporters share that fill a bulk and do nothing else: calls of their plugin table. The first
 * member of their instance is a struct exporter_bulk. */
#ifndef WG_EXPORTERS_BULK_EXPORTER_H
#define WG_EXPORTERS_BULK_EXPORTER_H

#include "exporters/common/args.h"

/* Reads bulk and filter from the args, and sets them. */
int32_t bulk_exporter_configure(void *instance);
/* There is nothing to open. */
int32_t bulk_exporter_open(void *instance);
int32_t bulk_exporter_export(void *instance, const struct wg_exporter_record *record);
int32_t bulk_exporter_timer(void *instance, uint32_t timer);
int32_t bulk_exporter_close(void *instance);

#endif
