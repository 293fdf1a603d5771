/* One exporter of one partition as the director sees it: instance, filter, position. */
#ifndef WG_EXPORTING_CONTAINER_H
#define WG_EXPORTING_CONTAINER_H

#include "seams/exporter_rows.h"
#include "waggle/node.h"

/* Why a stored position moved (claim EXPORTER_POSITION). */
enum wg_position_cause {
    WG_CAUSE_ACK = 1,
    WG_CAUSE_SKIP = 2,
    WG_CAUSE_DISTRIBUTED = 3,
    WG_CAUSE_INIT = 4
};

struct wg_container {
    const char *id;         /* borrowed from the node's options */
    uint32_t exporter;      /* index into them */
    uint32_t instance;      /* of the plugin, new in each incarnation of the director */
    int64_t asked_version;  /* of the setting that it runs under; stored: metadata_version */
    bool created;           /* the instance exists at the host (CONFIGURE was asked for) */
    bool opened;            /* OPEN returned OK, CLOSE not asked for yet */
    bool dirty;             /* position or metadata differ from the stored row */
    uint8_t cause;          /* enum wg_position_cause of what is not stored yet */
    wg_position position;   /* last acknowledged or skipped */
    wg_position last_unacked; /* last handed to export; > position = something is in flight */
    int64_t metadata_version;
    uint8_t *metadata; /* own copy: the state may change while a call borrows it */
    uint32_t metadata_len, metadata_capacity;
    struct wg_record_filter filter;
    /* Soft pause: acknowledgements and skips are only remembered until the exporter is unfrozen. */
    bool frozen;
    bool remembers_metadata;
    uint8_t remembered_cause; /* enum wg_position_cause */
    wg_position remembered; /* WG_POSITION_NONE = nothing */
    uint8_t *remembered_metadata;
    uint32_t remembered_len, remembered_capacity;
    wg_position *gauge; /* last stored by acknowledgement or skip; NULL = nobody asks */
    uint64_t quirks; /* bits of wg_quirk_bit; set by the director */
};

void wg_container_init(struct wg_container *container, uint32_t exporter, const char *id);
void wg_container_done(struct wg_container *container, struct wg_env *env);
/* A fresh instance: nothing created yet, every record accepted. */
void wg_container_renew(struct wg_container *container, uint32_t instance);

/* A row as a new beginning, if what is stored is of an older enabling than `version`: a copy of the
 * row of `source` (NULL or without a row: -1, no metadata). */
void wg_container_initialise(struct wg_container *container, struct wg_env *env,
                             struct wg_state *state, int64_t version, const char *source);
/* Position and metadata from the state; an absent or -1 row is (re)written as -1, so that it
 * holds back compaction (reference: exporters 3.6). */
void wg_container_load(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                       wg_partition_id partition);
/* Acknowledges up to `position`; only strictly greater ones count. metadata NULL = keep. */
void wg_container_ack(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                      wg_partition_id partition, wg_position position,
                      const struct wg_bytes *metadata);
/* A record that the exporter does not take: moves the position unless something is in flight. */
void wg_container_skip(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                       wg_partition_id partition, wg_position position);
/* From now on acknowledgements and skips are remembered and move nothing (exporters 3.5). */
void wg_container_freeze(struct wg_container *container);
/* Ends that: the highest remembered acknowledgement or skip counts now. */
void wg_container_unfreeze(struct wg_container *container, struct wg_env *env,
                           struct wg_state *state, wg_partition_id partition);
/* Writes the row if it is dirty. Every step of the director ends with this. */
void wg_container_store(struct wg_container *container, struct wg_env *env,
                        struct wg_state *state, wg_partition_id partition);

/* Whether both masks accept the record. */
bool wg_filter_accepts(const struct wg_record_filter *filter, const struct wg_record *record);

#endif
