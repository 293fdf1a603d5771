/* The table of built-in exporters. */
#include "exporters/loader/builtin.h"

#include "exporters/faulty/faulty.h"
#include "exporters/ndjson/ndjson.h"
#include "exporters/recorder/recorder.h"

#include <stddef.h>

const struct wg_builtin_exporter *wg_builtin_exporter(uint32_t index) {
    static const struct wg_builtin_exporter table[] = {
        {"recorder", wg_recorder_exporter},
        {"ndjson", wg_ndjson_exporter},
        {"faulty", wg_faulty_exporter},
    };
    return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}
