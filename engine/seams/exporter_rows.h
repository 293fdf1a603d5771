/* Seam: exporter positions as rows of the state (reference: exporters 3.6). Implemented by
 * engine/state, used by exporting (writes) and snapshot (lowest position). */
#ifndef WG_SEAMS_EXPORTER_ROWS_H
#define WG_SEAMS_EXPORTER_ROWS_H

#include "seams/state_store.h"

struct wg_exporter_row {
    wg_position position;        /* WG_POSITION_NONE = nothing acknowledged yet */
    int64_t metadata_version;
    struct wg_bytes metadata;    /* empty = none; borrowed until the state changes */
};

bool wg_exporter_row_get(const struct wg_state *state, const char *id, struct wg_exporter_row *ret_row);
void wg_exporter_row_put(struct wg_state *state, const char *id, const struct wg_exporter_row *row);
bool wg_exporter_row_remove(struct wg_state *state, const char *id);
/* Calls `each` for every row in id order; `each` must not change the state. */
void wg_exporter_row_each(const struct wg_state *state,
                          void (*each)(void *ctx, const char *id, const struct wg_exporter_row *row),
                          void *ctx);
/* Lowest position over all rows; WG_POSITION_MAX if there is no row, WG_POSITION_NONE if one is. */
wg_position wg_exporter_rows_lowest(const struct wg_state *state);

#endif
