/* See fake_log.h. Entries are real frames: readers decode what a journal would give them. */
#include "unit/stream/fake_log.h"

#include "codec/frame.h"

#define ENTRIES_MAX 16384u

struct wg_log {
    struct wg_env *env;
    wg_index first, last;
    wg_index damaged; /* 0 = none */
    wg_status damage;
    struct wg_log_entry entries[ENTRIES_MAX]; /* by index */
};

struct wg_log *fake_log_new(struct wg_env *env) {
    struct wg_log *log = wg_alloc(env, sizeof *log);
    log->env = env;
    log->first = 1;
    log->last = 0;
    log->damaged = 0;
    return log;
}

void fake_log_free(struct wg_log *log) {
    fake_log_truncate_after(log, log->first - 1);
    wg_free(log->env, log, sizeof *log);
}

static void add(struct wg_log *log, wg_term term, uint32_t kind, wg_position lowest,
                wg_position highest, struct wg_bytes data) {
    wg_index index = ++log->last;
    log->entries[index % ENTRIES_MAX] = (struct wg_log_entry){
        .index = index,
        .term = term,
        .lowest = lowest,
        .highest = highest,
        .kind = kind,
        .frame = wg_frame_encode(log->env, index, term, kind, lowest, highest, data),
    };
}

void fake_log_append(struct wg_log *log, wg_term term, wg_position lowest, wg_position highest,
                     struct wg_bytes batch) {
    add(log, term, WG_ENTRY_APPLICATION, lowest, highest, batch);
}

void fake_log_append_initial(struct wg_log *log, wg_term term) {
    struct wg_bytes nothing = {NULL, 0};
    add(log, term, WG_ENTRY_INITIAL, WG_POSITION_NONE, WG_POSITION_NONE, nothing);
}

void fake_log_truncate_after(struct wg_log *log, wg_index index) {
    while (log->last > index) {
        wg_buf_unref(log->entries[log->last-- % ENTRIES_MAX].frame);
    }
}

void fake_log_compact_to(struct wg_log *log, wg_index index) {
    while (log->first < index && log->first <= log->last) {
        wg_buf_unref(log->entries[log->first++ % ENTRIES_MAX].frame);
    }
}

void fake_log_reset(struct wg_log *log, wg_index next_index) {
    fake_log_truncate_after(log, log->first - 1);
    log->first = next_index;
    log->last = next_index - 1;
}

wg_index wg_log_first_index(const struct wg_log *log) { return log->first; }
wg_index wg_log_last_index(const struct wg_log *log) { return log->last; }

const struct wg_log_entry *wg_log_entry(const struct wg_log *log, wg_index index) {
    return index < log->first || index > log->last ? NULL : &log->entries[index % ENTRIES_MAX];
}

void fake_log_damage(struct wg_log *log, wg_index index, wg_status status) {
    log->damaged = index;
    log->damage = status;
}

wg_status wg_log_check(struct wg_log *log, wg_index index) {
    return index == log->damaged ? log->damage : WG_OK;
}

wg_index wg_log_index_of_position(const struct wg_log *log, wg_position position) {
    for (wg_index index = log->last; index >= log->first && index > 0; index--) {
        const struct wg_log_entry *entry = wg_log_entry(log, index);
        if (entry->kind == WG_ENTRY_APPLICATION && entry->lowest <= position) {
            return index;
        }
    }
    return 0;
}
