/* The judges' own reading of stored bytes: journal frames, raft entries, batches of records, and
 * the few MessagePack fields they need. Written from the format's description alone and sharing
 * nothing with engine/codec, so that one wrong idea about the format cannot hide in both. */
#ifndef SIM_INVARIANTS_WIRE_H
#define SIM_INVARIANTS_WIRE_H

#include "waggle/record.h"

#include <string.h>

/* Bounded reading of little-endian numbers; a read past the end gives 0 and sets `bad`. */
struct judge_cursor {
    const uint8_t *ptr;
    uint64_t len, at;
    bool bad;
};
/* The number at `p`, whose bytes are there. `bytes` is 1, 2, 4 or 8; inline because every byte that
 * is written anywhere passes here. */
static inline uint64_t judge_number(const uint8_t *p, uint32_t bytes) {
    uint64_t number = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&number, p, bytes);
#else
    for (uint32_t i = bytes; i > 0; i--) {
        number = number << 8 | p[i - 1];
    }
#endif
    return number;
}
static inline uint64_t judge_read(struct judge_cursor *cursor, uint32_t bytes) {
    if (cursor->bad || cursor->len - cursor->at < bytes) {
        cursor->bad = true;
        return 0;
    }
    const uint8_t *p = cursor->ptr + cursor->at;
    cursor->at += bytes;
    return judge_number(p, bytes);
}
struct wg_bytes judge_take(struct judge_cursor *cursor, uint64_t bytes);

/* The term that the bytes of raft.meta name; 0 = they are none, or name none (docs/FORMATS.md). */
#define JUDGE_META_BYTES 256u
#define JUDGE_META_TEMPLATE 6u
static inline wg_term judge_meta_term(struct wg_bytes bytes) {
    bool sound = bytes.len == JUDGE_META_BYTES &&
                 judge_number(bytes.ptr + 2, 2) == JUDGE_META_TEMPLATE;
    return sound ? judge_number(bytes.ptr + 8, 8) : 0;
}

/* The last flushed index that they name; UINT64_MAX = they are none. */
static inline wg_index judge_meta_flushed(struct wg_bytes bytes) {
    bool sound = bytes.len == JUDGE_META_BYTES &&
                 judge_number(bytes.ptr + 2, 2) == JUDGE_META_TEMPLATE;
    wg_index flushed = sound ? judge_number(bytes.ptr + 16, 8) : UINT64_MAX;
    return sound && flushed == UINT64_MAX ? 0 : flushed;
}

uint32_t judge_crc32c(const void *bytes, uint64_t len);

/* --- journal frames -------------------------------------------------------------------------- */

#define JUDGE_DESCRIPTOR_BYTES 57u
#define JUDGE_FRAME_BYTES 49u /* header before the raft entry */

enum judge_entry_kind { JUDGE_APPLICATION = 0, JUDGE_CONFIGURATION = 1, JUDGE_INITIAL = 2 };

/* Index of the segment's first frame by its descriptor, 0 = not a sound descriptor. */
wg_index judge_descriptor_index(struct wg_bytes bytes);

struct judge_frame {
    wg_index index;
    wg_term term;
    int64_t asqn;
    wg_position lowest, highest; /* application entries */
    uint32_t checksum;
    uint32_t kind;
    uint32_t total; /* bytes of the frame */
    struct wg_bytes summed; /* what the checksum covers */
    struct wg_bytes batch;  /* application entries */
};
enum judge_frame_result { JUDGE_FRAME_OK, JUDGE_FRAME_END, JUDGE_FRAME_SHORT, JUDGE_FRAME_BAD };
/* The frame at the start of `bytes`, which may be longer. Does not compute the checksum. */
enum judge_frame_result judge_frame_read(struct wg_bytes bytes, struct judge_frame *ret_frame);
bool judge_frame_checksum_ok(const struct judge_frame *frame);

/* --- records --------------------------------------------------------------------------------- */

/* What judges keep of a record. */
struct judge_record {
    wg_position position, source;
    wg_key key;
    int64_t instance;    /* the value's processInstanceKey, -1 = none */
    uint64_t request_id; /* UINT64_MAX = none */
    int32_t stream_id;
    uint32_t hash;       /* of the content, see judge_content_hash */
    uint8_t record_type, value_type, intent, skip;
    bool caught;         /* JOB ERROR_THROWN: by an event of the process; subscriptions of messages:
                          * the one that comes ends the wait */
    int64_t timestamp_ms;
    int64_t deadline;      /* JOB_BATCH ACTIVATED: of its jobs; TIMER CREATED: when it is due; JOB
                            * FAILED: when it recurs, or not above 0; epoch milliseconds */
    uint32_t first_job, jobs; /* same: which of the entry's activated jobs (canon.c) */
    uint32_t detail;          /* which of the entry's details (detail.h), from 1; 0 = none */
    struct wg_bytes value; /* valid during the call of judge_batch_read only */
};
/* Calls for each record of the batch; false if the bytes are not a whole batch. */
bool judge_batch_read(struct wg_bytes batch, void (*each)(void *ctx, const struct judge_record *),
                      void *ctx);
/* Digest of what an exporter may see of a record: equal content gives equal numbers. */
uint32_t judge_content_hash(const struct wg_record *record);

/* Calls for each integer of the array property `name` of a MessagePack map. */
void judge_map_ints(struct wg_bytes value, const char *name, void (*each)(void *ctx, int64_t number),
                    void *ctx);
/* Integer property `name` of the first map in the array property `array` of a MessagePack map;
 * false if there is none. */
bool judge_map_first_int(struct wg_bytes value, const char *array, const char *name,
                         int64_t *ret_number);
/* Text property of a MessagePack map, borrowed; false if absent or the bytes are malformed. */
bool judge_map_text(struct wg_bytes value, const char *name, struct wg_bytes *ret_text);
/* The same of a property that holds bytes. */
bool judge_map_bytes(struct wg_bytes value, const char *name, struct wg_bytes *ret_bytes);
/* Calls for each item of a MessagePack array, whole as it stands; returns how many there are, -1 = it is no
 * array, or malformed. */
int64_t judge_array_items(struct wg_bytes array,
                          void (*each)(void *ctx, uint64_t number, struct wg_bytes item), void *ctx);
/* A MessagePack integer; false if it is none. */
bool judge_int(struct wg_bytes value, int64_t *ret_number);
/* Whether a property of a MessagePack map is true. */
bool judge_map_true(struct wg_bytes value, const char *name);
/* Integer property `name` of a MessagePack map; false if absent or the bytes are malformed. */
bool judge_map_int(struct wg_bytes value, const char *name, int64_t *ret_number);

#endif
