/* The exporters that are linked in. They meet the host through the same table as foreign ones. */
#ifndef WG_EXPORTERS_BUILTIN_H
#define WG_EXPORTERS_BUILTIN_H

#include "waggle/exporter.h"

struct wg_builtin_exporter {
    const char *type;
    wg_exporter_entry entry;
};

/* Row `index`, or NULL behind the last. */
const struct wg_builtin_exporter *wg_builtin_exporter(uint32_t index);

#endif
