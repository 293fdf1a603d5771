/* What the properties of each value type are: the tables behind codec/values.h (reference: protocol
 * 3.2). Private to codec/ and to what turns JSON back into records. */
#ifndef WG_CODEC_VALUE_TABLES_H
#define WG_CODEC_VALUE_TABLES_H

#include "base/bytes.h"

enum wg_property_kind {
    WG_P_INT64,
    WG_P_INT32, /* an int64_t in the struct, bounded on the wire */
    WG_P_BOOL,
    WG_P_STR,
    WG_P_ENUM,  /* a constant's name; empty is written as the default */
    WG_P_BIN,
    WG_P_DOC,   /* bin around a map */
    WG_P_RAW,   /* inline, any value */
    WG_P_MAP,   /* inline map */
    WG_P_ARRAY  /* inline array */
};

enum { WG_PROPERTY_NAME_ROOM = 32 };

struct wg_schema;

struct wg_property {
    char name[WG_PROPERTY_NAME_ROOM]; /* zeros behind it: copied and compared in whole words */
    const char *text;     /* default of texts and BIN, else empty */
    int64_t number;       /* default of numbers and BOOL */
    uint16_t offset;      /* in the struct; 0 in the table of a nested map */
    uint8_t name_len;     /* below 32, so that its MessagePack head is one byte */
    uint8_t text_len;
    uint8_t kind;         /* enum wg_property_kind */
    bool required;        /* has no default: one that is missing is an error */
    uint8_t element_kind; /* ARRAY: of its elements; MAP goes with `element` */
    const struct wg_schema *element;
};

struct wg_schema {
    const struct wg_property *properties; /* in wire order, at most 32 */
    uint32_t count;                       /* 0: there is no table for this value type */
    uint32_t struct_bytes;                /* 0: a nested map, which has no struct */
    uint32_t unknown_offset;
};

extern const struct wg_schema wg_value_schemas[256];

/* The table's row for a name, count if there is none. */
static inline uint32_t wg_schema_find(const struct wg_schema *schema, struct wg_bytes name) {
    uint32_t i = 0;
    while (i < schema->count && !(schema->properties[i].name_len == name.len &&
                                  memcmp(schema->properties[i].name, name.ptr, name.len) == 0)) {
        i++;
    }
    return i;
}

#endif
