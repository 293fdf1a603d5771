#ifndef WG_EXPORTERS_RECORDER_H
#define WG_EXPORTERS_RECORDER_H
#include "waggle/exporter.h"
/* Entry of the built-in type "recorder". */
const struct wg_exporter_plugin *wg_recorder_exporter(uint32_t host_abi_major,
                                                      uint32_t host_abi_minor);
#endif
