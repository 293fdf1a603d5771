/* The JSON of `zdb log print`: raft entries with their records. {"records": [E...]} or
 * {"data": [E...]}, E = {index, term} or {index, term, entries: [R...]}. */
#ifndef WG_REPORTS_IMPORT_ZDB_H
#define WG_REPORTS_IMPORT_ZDB_H

#include "reports/import_record.h"

struct wg_zdb_entry {
    uint64_t index, term;
    struct wg_imported *records; /* NULL when it has none */
    uint32_t record_count;
};

/* The array of entries inside a parsed dump (borrowed), or NULL. One entry alone is taken as it is
 * (an NDJSON line): see wg_zdb_entry_import. */
const json_t *wg_zdb_entries(const json_t *dump);
/* One entry. False: *why (WG_IMPORT_WHY_BYTES) says what is wrong. */
bool wg_zdb_entry_import(const json_t *entry, struct wg_zdb_entry *ret_entry, char *why);
void wg_zdb_entry_free(struct wg_zdb_entry *entry);

#endif
