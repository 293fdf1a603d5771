/* A record's value from JSON to MessagePack, by the tables of the codec. */
#ifndef WG_REPORTS_IMPORT_VALUE_H
#define WG_REPORTS_IMPORT_VALUE_H

#include "base/bytes.h"
#include "waggle/record.h"

#include <jansson.h>

struct wg_import_value {
    struct wg_writer *out; /* `failed` = too small: try again with more */
    bool raw;              /* as on the wire: no renaming, binary and documents as base64 */
    uint32_t depth;        /* 0 to begin with */
    const char *why;       /* what is wrong, constant text; NULL = nothing so far */
    char name[64];         /* of the property that is wrong */
};

bool wg_import_value(struct wg_import_value *import, uint8_t value_type, const json_t *object);
/* Numbers by the names that Zeebe prints; 255 for "NULL_VAL", -1 if there is no such name. */
int wg_import_value_type(const char *name);
int wg_import_intent(uint8_t value_type, const char *name);
/* Decoded bytes of base64 (standard, padded) appended to `out`. */
bool wg_import_base64(struct wg_writer *out, const char *text, size_t len);

#endif
