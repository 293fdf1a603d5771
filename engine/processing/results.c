/* Memory of the follow-up records of one command (step 6). Nothing is allocated in steady state:
 * the record array and the oldest chunk are reused from command to command. */
#include "processing/results.h"

#include "base/assert.h"
#include "codec/values.h"

#include <string.h>

#define FIRST_RECORDS 64u
#define CHUNK_BYTES (64u * 1024u)
#define FIRST_VALUE_BYTES 512u

struct chunk {
    struct chunk *older;
    uint32_t capacity;
    uint8_t bytes[];
};

void wg_results_init(struct wg_results *results, struct wg_env *env, uint64_t limit) {
    memset(results, 0, sizeof *results);
    results->env = env;
    results->limit = limit;
    results->cluster.partitions = 1;
}

static struct chunk *drop_newest(struct wg_results *results) {
    struct chunk *chunk = results->chunks;
    results->chunks = chunk->older;
    wg_free(results->env, chunk, sizeof *chunk + chunk->capacity);
    return results->chunks;
}

void wg_results_done(struct wg_results *results) {
    while (results->chunks != NULL) {
        drop_newest(results);
    }
    wg_free(results->env, results->records, results->capacity * sizeof *results->records);
    wg_free(results->env, results->outgoing,
            results->outgoing_capacity * sizeof *results->outgoing);
    memset(results, 0, sizeof *results);
}

void wg_results_reset(struct wg_results *results) {
    struct chunk *chunk = results->chunks;
    while (chunk != NULL && chunk->older != NULL) {
        chunk = drop_newest(results);
    }
    results->arena = chunk == NULL ? NULL : chunk->bytes;
    results->model = wg_bytes_of(NULL, 0);
    results->count = 0;
    results->outgoing_count = 0;
    results->bytes = 0;
    results->has_reply = false;
}

struct wg_record *wg_results_add(struct wg_results *results) {
    if (results->count == results->capacity) {
        uint32_t capacity = results->capacity == 0 ? FIRST_RECORDS : results->capacity * 2;
        struct wg_record *grown = wg_alloc(results->env, capacity * sizeof *grown);
        if (results->count > 0) {
            memcpy(grown, results->records, results->count * sizeof *grown);
        }
        wg_free(results->env, results->records, results->capacity * sizeof *grown);
        results->records = grown;
        results->capacity = capacity;
    }
    struct wg_record *record = &results->records[results->count++];
    wg_record_init(record);
    return record;
}

struct wg_outgoing *wg_results_add_outgoing(struct wg_results *results) {
    uint32_t count = results->outgoing_count;
    if (count == results->outgoing_capacity) {
        uint32_t capacity = count == 0 ? 16 : 2 * count;
        struct wg_outgoing *grown = wg_alloc(results->env, capacity * sizeof *grown);
        if (count > 0) {
            memcpy(grown, results->outgoing, count * sizeof *grown);
        }
        wg_free(results->env, results->outgoing, count * sizeof *grown);
        results->outgoing = grown;
        results->outgoing_capacity = capacity;
    }
    struct wg_outgoing *outgoing = &results->outgoing[results->outgoing_count++];
    memset(outgoing, 0, sizeof *outgoing);
    return outgoing;
}

static uint32_t room_left(const struct wg_results *results) {
    const struct chunk *chunk = results->chunks;
    return chunk == NULL ? 0 : (uint32_t)(chunk->bytes + chunk->capacity - results->arena);
}

static void ensure_room(struct wg_results *results, uint32_t len) {
    if (room_left(results) >= len) {
        return;
    }
    uint32_t capacity = len > CHUNK_BYTES ? len : CHUNK_BYTES;
    struct chunk *chunk = wg_alloc(results->env, sizeof *chunk + capacity);
    chunk->older = results->chunks;
    chunk->capacity = capacity;
    results->chunks = chunk;
    results->arena = chunk->bytes;
}

uint8_t *wg_results_room(struct wg_results *results, uint32_t len) {
    ensure_room(results, len);
    uint8_t *room = results->arena;
    results->arena += len;
    return room;
}

struct wg_bytes wg_results_keep(struct wg_results *results, struct wg_bytes bytes) {
    uint8_t *room = wg_results_room(results, bytes.len);
    if (bytes.len > 0) {
        memcpy(room, bytes.ptr, bytes.len);
    }
    return (struct wg_bytes){room, bytes.len};
}

wg_status wg_results_value(struct wg_results *results, uint8_t value_type, const void *value,
                           struct wg_bytes *ret_bytes) {
    uint32_t capacity = FIRST_VALUE_BYTES;
    for (;;) {
        ensure_room(results, capacity);
        struct wg_writer out = wg_writer_on(results->arena, room_left(results));
        wg_status status = wg_value_encode(value_type, value, &out);
        if (status == WG_OK) {
            *ret_bytes = wg_writer_bytes(&out);
            results->arena += ret_bytes->len;
            return WG_OK;
        }
        uint32_t tried = room_left(results);
        if (status != WG_FULL || tried > UINT32_MAX / 4) {
            return status;
        }
        capacity = tried * 2 > CHUNK_BYTES ? tried * 2 : CHUNK_BYTES;
    }
}
