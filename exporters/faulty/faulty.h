#ifndef WG_EXPORTERS_FAULTY_H
#define WG_EXPORTERS_FAULTY_H
#include "waggle/exporter.h"

/* Where "mendAfter" counts from: the wall clock at the start of a simulated run, epoch ms. */
#define FAULTY_RUN_START_MS 1700000000000

/* Entry of the built-in type "faulty". */
const struct wg_exporter_plugin *wg_faulty_exporter(uint32_t host_abi_major,
                                                    uint32_t host_abi_minor);
#endif
