/* Position, metadata and filter of one exporter (reference: exporters 3.3, 3.6).
 *
 * Invariants
 *  1. `position` never decreases within one incarnation; metadata changes only together with a
 *     strictly greater position, the metadata version never. Both begin anew only in
 *     wg_container_initialise, whose version is greater than the stored one.
 *  2. A skip moves `position` only while nothing is in flight (position >= last_unacked), so it
 *     never passes a record that the exporter still holds in a buffer.
 *  3. While frozen (soft pause) position and row stand still.
 *  4. Between two steps of the director the stored row equals position and metadata. Inside a step
 *     a run of moves with one cause is written once: nobody else can look in between. */
#include "exporting/container.h"

#include "base/assert.h"
#include "base/bytes.h"

#include <string.h>

void wg_container_init(struct wg_container *container, uint32_t exporter, const char *id) {
    memset(container, 0, sizeof *container);
    container->exporter = exporter;
    container->id = id;
    wg_container_renew(container, 0);
}

void wg_container_done(struct wg_container *container, struct wg_env *env) {
    wg_free(env, container->metadata, container->metadata_capacity);
    container->metadata = NULL;
    container->metadata_capacity = 0;
    container->metadata_len = 0;
    wg_free(env, container->remembered_metadata, container->remembered_capacity);
    container->remembered_metadata = NULL;
    container->remembered_capacity = 0;
}

void wg_container_renew(struct wg_container *container, uint32_t instance) {
    container->instance = instance;
    container->created = false;
    container->opened = false;
    container->dirty = false;
    container->asked_version = 0;
    container->position = WG_POSITION_NONE;
    container->last_unacked = WG_POSITION_NONE;
    container->metadata_len = 0;
    container->frozen = false;
    container->remembered = WG_POSITION_NONE;
    container->remembers_metadata = false;
    memset(&container->filter, 0xFF, sizeof container->filter);
}

static void keep(struct wg_env *env, struct wg_bytes metadata, uint8_t **bytes, uint32_t *len,
                 uint32_t *capacity) {
    if (metadata.len > *capacity) {
        wg_free(env, *bytes, *capacity);
        *bytes = wg_alloc(env, metadata.len);
        *capacity = metadata.len;
    }
    if (metadata.len > 0) {
        memcpy(*bytes, metadata.ptr, metadata.len);
    }
    *len = metadata.len;
}

static void keep_metadata(struct wg_container *container, struct wg_env *env,
                          struct wg_bytes metadata) {
    keep(env, metadata, &container->metadata, &container->metadata_len,
         &container->metadata_capacity);
}

static bool has_quirk(const struct wg_container *container, enum wg_quirk quirk) {
    return (container->quirks & wg_quirk_bit(quirk)) != 0;
}

/* What an acknowledgement (or a skip) of a frozen exporter leaves behind. */
static void remember(struct wg_container *container, struct wg_env *env, wg_position position,
                     enum wg_position_cause cause, const struct wg_bytes *metadata) {
    if (position <= container->remembered && !has_quirk(container, WG_QUIRK_LAST_ACK_WINS)) {
        return;
    }
    container->remembered = position;
    container->remembered_cause = (uint8_t)cause;
    if (metadata != NULL) {
        keep(env, *metadata, &container->remembered_metadata, &container->remembered_len,
             &container->remembered_capacity);
        container->remembers_metadata = true;
    } else if (has_quirk(container, WG_QUIRK_METADATA_FORGOTTEN)) {
        container->remembers_metadata = false;
    }
}

static void move(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                 wg_partition_id partition, wg_position position, enum wg_position_cause cause) {
    WG_ASSERT(env, position > container->position || cause == WG_CAUSE_INIT);
    if (container->dirty && container->cause != cause) {
        wg_container_store(container, env, state, partition);
    }
    container->position = position;
    container->dirty = true;
    container->cause = (uint8_t)cause;
}

void wg_container_initialise(struct wg_container *container, struct wg_env *env,
                             struct wg_state *state, int64_t version, const char *source) {
    struct wg_exporter_row row = {.position = WG_POSITION_NONE};
    (void)wg_exporter_row_get(state, container->id, &row);
    if (version <= row.metadata_version) {
        container->asked_version = row.metadata_version; /* the settings may be lost here, and come again */
        return;
    }
    container->asked_version = version;
    if (source == NULL || !wg_exporter_row_get(state, source, &row)) {
        row = (struct wg_exporter_row){.position = WG_POSITION_NONE};
    }
    keep_metadata(container, env, row.metadata);
    row.metadata = wg_bytes_of(container->metadata, container->metadata_len);
    row.metadata_version = version;
    wg_exporter_row_put(state, container->id, &row);
}

void wg_container_load(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                       wg_partition_id partition) {
    struct wg_exporter_row row;
    if (!wg_exporter_row_get(state, container->id, &row)) {
        row = (struct wg_exporter_row){.position = WG_POSITION_NONE};
    }
    keep_metadata(container, env, row.metadata);
    container->metadata_version = row.metadata_version;
    container->position = row.position;
    container->last_unacked = row.position;
    if (row.position == WG_POSITION_NONE) {
        move(container, env, state, partition, WG_POSITION_NONE, WG_CAUSE_INIT);
    }
    wg_claim(env, WG_CLAIM_EXPORTER_START, partition, container->exporter,
             (uint64_t)container->position, container->instance,
             (uint64_t)container->metadata_version);
    wg_container_store(container, env, state, partition);
}

void wg_container_ack(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                      wg_partition_id partition, wg_position position,
                      const struct wg_bytes *metadata) {
    if (position <= container->position) {
        return;
    }
    if (container->frozen) {
        remember(container, env, position, WG_CAUSE_ACK, metadata);
        return;
    }
    move(container, env, state, partition, position, WG_CAUSE_ACK);
    if (metadata != NULL) {
        keep_metadata(container, env, *metadata);
    }
}

void wg_container_skip(struct wg_container *container, struct wg_env *env, struct wg_state *state,
                       wg_partition_id partition, wg_position position) {
    if (container->position < container->last_unacked || container->position >= position) {
        return;
    }
    if (container->frozen) {
        remember(container, env, position, WG_CAUSE_SKIP, NULL);
    } else {
        move(container, env, state, partition, position, WG_CAUSE_SKIP);
    }
}

void wg_container_freeze(struct wg_container *container) {
    if (!container->frozen) {
        container->frozen = true;
        container->remembers_metadata = false;
        container->remembered_cause = WG_CAUSE_ACK;
        /* Zeebe's lastAcknowledged starts at 0, which is more than -1. */
        container->remembered = has_quirk(container, WG_QUIRK_RESUME_MAKES_ZERO) ? 0
                                                                                 : WG_POSITION_NONE;
    }
}

void wg_container_unfreeze(struct wg_container *container, struct wg_env *env,
                           struct wg_state *state, wg_partition_id partition) {
    if (!container->frozen) {
        return;
    }
    container->frozen = false;
    if (container->remembered <= container->position) {
        return;
    }
    move(container, env, state, partition, container->remembered,
         (enum wg_position_cause)container->remembered_cause);
    if (container->remembers_metadata) {
        keep_metadata(container, env,
                      (struct wg_bytes){container->remembered_metadata, container->remembered_len});
    }
}

void wg_container_store(struct wg_container *container, struct wg_env *env,
                        struct wg_state *state, wg_partition_id partition) {
    if (!container->dirty) {
        return;
    }
    container->dirty = false;
    struct wg_exporter_row row = {container->position,
                                  container->metadata_version,
                                  {container->metadata, container->metadata_len}};
    wg_exporter_row_put(state, container->id, &row);
    if (container->gauge != NULL && container->cause != WG_CAUSE_INIT) {
        *container->gauge = container->position;
    }
    wg_claim(env, WG_CLAIM_EXPORTER_POSITION, partition, container->exporter,
             (uint64_t)container->position, container->cause, 0);
}

bool wg_filter_accepts(const struct wg_record_filter *filter, const struct wg_record *record) {
    uint8_t type = record->record_type, value = record->value_type;
    /* There is no bit for record types above 63: only a filter that takes all takes them. */
    bool type_ok = type < 64 ? (filter->record_types >> type & 1) != 0
                             : filter->record_types == UINT64_MAX;
    return type_ok && (filter->value_types[value / 64] >> (value % 64) & 1) != 0;
}
