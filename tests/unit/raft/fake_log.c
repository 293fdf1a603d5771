/* The log seam in memory. A frame is 66 bytes of header stand-in, then the data; index, term, kind
 * and positions travel in struct wg_log_entry. */
#include "fake_disk.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HEADER 66u

struct wg_log {
    struct wg_env *env;
    struct fake_disk *disk;
    struct wg_log_options options;
};

wg_status fake_fault(wg_status status, uint32_t *times) {
    if (*times == 0) {
        return WG_OK;
    }
    (*times)--;
    return status;
}

void fake_disk_init(struct fake_disk *disk) {
    memset(disk, 0, sizeof *disk);
    disk->first = 1;
    disk->segment_entries = 1;
    disk->space = UINT32_MAX;
    disk->meta.voted_for = WG_NODE_NONE;
    disk->chunk_total = 1;
}

static void drop_after(struct fake_disk *disk, wg_index index) {
    while (disk->last > index && disk->last >= disk->first) {
        wg_buf_unref(disk->entries[disk->last - disk->first].frame);
        disk->last--;
        if (disk->space != UINT32_MAX) {
            disk->space++;
        }
    }
    if (disk->flushed > disk->last) {
        disk->flushed = disk->last;
    }
}

void fake_disk_truncate(struct fake_disk *disk, wg_index index) {
    drop_after(disk, index + 1 > disk->first ? index : disk->first - 1);
}

void fake_disk_done(struct fake_disk *disk) {
    drop_after(disk, disk->first - 1);
    free(disk->entries);
    memset(disk, 0, sizeof *disk);
}

void fake_disk_power_loss(struct fake_disk *disk) {
    drop_after(disk, disk->flushed >= disk->first ? disk->flushed : disk->first - 1);
    disk->receiving = false;
}

static void put(struct fake_disk *disk, const struct wg_log_entry *entry) {
    uint32_t count = (uint32_t)(disk->last + 1 - disk->first);
    if (count == disk->capacity) {
        disk->capacity = disk->capacity == 0 ? 64 : 2 * disk->capacity;
        disk->entries = realloc(disk->entries, disk->capacity * sizeof *disk->entries);
        assert(disk->entries != NULL);
    }
    disk->entries[count] = *entry;
    wg_buf_ref(entry->frame);
    disk->last++;
    if (disk->space != UINT32_MAX) {
        disk->space--;
    }
}

static struct wg_log_entry build(struct fake_disk *disk, struct wg_env *env, wg_term term,
                                 enum wg_entry_kind kind, wg_position lowest, wg_position highest,
                                 struct wg_bytes data) {
    struct wg_log_entry entry = {.index = disk->last + 1,
                                 .term = term,
                                 .lowest = lowest,
                                 .highest = highest,
                                 .kind = (uint32_t)kind,
                                 .frame = wg_buf_new(env, HEADER + data.len)};
    memset(entry.frame->bytes, 0, HEADER);
    if (data.len > 0) {
        memcpy(entry.frame->bytes + HEADER, data.ptr, data.len);
    }
    uint64_t hash = wg_hash_bytes(entry.frame->bytes, entry.frame->len, entry.index);
    entry.checksum = (uint32_t)wg_hash_mix(hash, term);
    return entry;
}

void fake_disk_put(struct fake_disk *disk, struct wg_env *env, wg_term term, uint8_t data) {
    struct wg_bytes bytes = {&data, 1};
    wg_position position = (wg_position)disk->last + 1;
    struct wg_log_entry entry =
        build(disk, env, term, WG_ENTRY_APPLICATION, position, position, bytes);
    put(disk, &entry);
    wg_buf_unref(entry.frame);
    disk->flushed = disk->last;
    disk->meta.last_flushed = disk->last;
}

wg_status wg_log_open(struct wg_env *env, const struct wg_log_options *options,
                      wg_index last_flushed, struct wg_log **ret_log) {
    struct fake_disk *disk = fake_disk_of(env);
    if (last_flushed > disk->last) {
        return WG_CORRUPT;
    }
    struct wg_log *log = malloc(sizeof *log);
    assert(log != NULL);
    *log = (struct wg_log){env, disk, *options};
    *ret_log = log;
    return WG_OK;
}

void wg_log_close(struct wg_log *log) { free(log); }
wg_index wg_log_first_index(const struct wg_log *log) { return log->disk->first; }
wg_index wg_log_last_index(const struct wg_log *log) { return log->disk->last; }
bool wg_log_is_empty(const struct wg_log *log) { return log->disk->last < log->disk->first; }

const struct wg_log_entry *wg_log_entry(const struct wg_log *log, wg_index index) {
    const struct fake_disk *disk = log->disk;
    return index < disk->first || index > disk->last ? NULL : &disk->entries[index - disk->first];
}

bool wg_log_is_suspect(const struct wg_log *log) { return log->disk->unreadable_from > 0; }

wg_status wg_log_check(struct wg_log *log, wg_index index) {
    const struct fake_disk *disk = log->disk;
    assert(index >= disk->first && index <= disk->last);
    bool unreadable = disk->unreadable_from > 0 && index >= disk->unreadable_from &&
                      index <= disk->unreadable_to;
    return unreadable ? disk->unreadable_fault : WG_OK;
}

static wg_status may_append(struct fake_disk *disk) {
    wg_status status = fake_fault(disk->append_fault, &disk->append_times);
    return status == WG_OK && disk->space == 0 ? WG_NO_SPACE : status;
}

wg_status wg_log_append(struct wg_log *log, wg_term term, enum wg_entry_kind kind,
                        wg_position lowest, wg_position highest, struct wg_bytes data) {
    wg_status status = may_append(log->disk);
    if (status != WG_OK) {
        return status;
    }
    struct wg_log_entry entry = build(log->disk, log->env, term, kind, lowest, highest, data);
    put(log->disk, &entry);
    wg_buf_unref(entry.frame);
    return WG_OK;
}

wg_status wg_log_append_frame(struct wg_log *log, const struct wg_log_entry *entry) {
    if (log->disk->corrupt_frames) {
        return WG_CORRUPT;
    }
    if (entry->index != log->disk->last + 1) {
        return WG_GAP;
    }
    wg_status status = may_append(log->disk);
    if (status == WG_OK) {
        put(log->disk, entry);
    }
    return status;
}

wg_status wg_log_truncate_after(struct wg_log *log, wg_index index) {
    struct fake_disk *disk = log->disk;
    assert(index + 1 >= disk->first);
    disk->truncations++;
    if (disk->flushed > index) {
        wg_status status = log->options.store_last_flushed(log->options.ctx, index);
        if (status != WG_OK) {
            return status;
        }
    }
    drop_after(disk, index);
    return WG_OK;
}

wg_status wg_log_reset(struct wg_log *log, wg_index next_index) {
    struct fake_disk *disk = log->disk;
    wg_status status = log->options.store_last_flushed(log->options.ctx, 0);
    if (status != WG_OK) {
        return status;
    }
    if (disk->reset_skip > 0) {
        disk->reset_skip--;
    } else {
        status = fake_fault(disk->reset_fault, &disk->reset_times);
    }
    if (status != WG_OK) { /* came half-way, from the end */
        drop_after(disk, disk->first + (disk->last - disk->first) / 2);
        disk->flushed = 0;
        return status;
    }
    drop_after(disk, disk->first - 1);
    disk->first = next_index;
    disk->last = next_index - 1;
    disk->flushed = 0;
    disk->resets++;
    disk->reset_at = ++disk->clock;
    return WG_OK;
}

wg_status wg_log_flush(struct wg_log *log) {
    struct fake_disk *disk = log->disk;
    wg_status status = fake_fault(disk->flush_fault, &disk->flush_times);
    if (status != WG_OK) {
        return status;
    }
    disk->flushes++;
    if (disk->flushed == disk->last) {
        return WG_OK;
    }
    disk->flushed = disk->last;
    return log->options.store_last_flushed(log->options.ctx, disk->last);
}

wg_index wg_log_last_flushed(const struct wg_log *log) { return log->disk->flushed; }

void wg_log_compact(struct wg_log *log, wg_index index) {
    struct fake_disk *disk = log->disk;
    wg_index first = (index - 1) / disk->segment_entries * disk->segment_entries + 1;
    if (first <= disk->first) {
        return;
    }
    assert(first <= disk->last);
    uint32_t drop = (uint32_t)(first - disk->first);
    for (uint32_t i = 0; i < drop; i++) {
        wg_buf_unref(disk->entries[i].frame);
    }
    memmove(disk->entries, disk->entries + drop,
            (size_t)(disk->last + 1 - first) * sizeof *disk->entries);
    disk->first = first;
    if (disk->space != UINT32_MAX) {
        disk->space += drop;
    }
}
