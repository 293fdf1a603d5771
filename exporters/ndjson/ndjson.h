#ifndef WG_EXPORTERS_NDJSON_H
#define WG_EXPORTERS_NDJSON_H
#include "waggle/exporter.h"
/* Entry of the built-in type "ndjson". */
const struct wg_exporter_plugin *wg_ndjson_exporter(uint32_t host_abi_major,
                                                    uint32_t host_abi_minor);
#endif
