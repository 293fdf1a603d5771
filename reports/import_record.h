/* Records read from JSON: the shape that Zeebe's exporters write (also `waggle record decode`), and
 * the raw one of `zdb log print` (payload key `recordValue`, wire names, binary as base64). Claims in
 * `authorizations` become an unsigned token; an object `wire` (reports/import_exact.h) has the last
 * word on what it holds. */
#ifndef WG_REPORTS_IMPORT_RECORD_H
#define WG_REPORTS_IMPORT_RECORD_H

#include "waggle/record.h"

#include <jansson.h>
#include <stddef.h>

#define WG_IMPORT_WHY_BYTES 160

/* A record and what its byte fields refer to. */
struct wg_imported {
    struct wg_record record;
    wg_partition_id partition;
    uint8_t *memory;
};

/* Fields that are missing have their null value; the value holds the properties that are there, in
 * wire order, those unknown behind. False: *why (WG_IMPORT_WHY_BYTES) says what is wrong. */
bool wg_import_record(const json_t *object, struct wg_imported *ret_imported, char *why);
void wg_imported_free(struct wg_imported *imported);

#endif
