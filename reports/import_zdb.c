/* Entries of a zdb dump. Numbers are checked, sizes are bounded by the text they come from; the
 * order of positions is not judged here. */
#include "reports/import_zdb.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS_MAX = 1 << 20 };

const json_t *wg_zdb_entries(const json_t *dump) {
    const json_t *entries = json_object_get(dump, "records");
    entries = entries != NULL ? entries : json_object_get(dump, "data");
    return json_is_array(entries) ? entries : NULL;
}

static bool take_number(const json_t *entry, const char *name, uint64_t *ret_number) {
    const json_t *value = json_object_get(entry, name);
    *ret_number = json_is_integer(value) ? (uint64_t)json_integer_value(value) : 0;
    return json_is_integer(value) && json_integer_value(value) > 0;
}

static bool take_records(const json_t *list, struct wg_zdb_entry *entry, char *why) {
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > RECORDS_MAX) {
        snprintf(why, WG_IMPORT_WHY_BYTES, "entries must be an array of at most %d", RECORDS_MAX);
        return false;
    }
    entry->records = count == 0 ? NULL : calloc(count, sizeof *entry->records);
    if (count > 0 && entry->records == NULL) {
        snprintf(why, WG_IMPORT_WHY_BYTES, "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!wg_import_record(json_array_get(list, i), &entry->records[i], why)) {
            return false;
        }
        entry->record_count++;
    }
    return true;
}

bool wg_zdb_entry_import(const json_t *entry, struct wg_zdb_entry *ret_entry, char *why) {
    struct wg_zdb_entry taken = {.index = 0};
    if (!take_number(entry, "index", &taken.index) || !take_number(entry, "term", &taken.term)) {
        snprintf(why, WG_IMPORT_WHY_BYTES, "an entry needs an index and a term above 0");
        return false;
    }
    const json_t *list = json_object_get(entry, "entries");
    if (list != NULL && !take_records(list, &taken, why)) {
        wg_zdb_entry_free(&taken);
        return false;
    }
    *ret_entry = taken;
    return true;
}

void wg_zdb_entry_free(struct wg_zdb_entry *entry) {
    for (uint32_t i = 0; i < entry->record_count; i++) {
        wg_imported_free(&entry->records[i]);
    }
    free(entry->records);
    entry->records = NULL;
    entry->record_count = 0;
}
