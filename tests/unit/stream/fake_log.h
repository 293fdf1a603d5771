/* An in-memory journal behind seams/log_storage.h: what readers need, and what tests do to it. */
#ifndef TESTS_STREAM_FAKE_LOG_H
#define TESTS_STREAM_FAKE_LOG_H

#include "seams/log_storage.h"

struct wg_log *fake_log_new(struct wg_env *env);
void fake_log_free(struct wg_log *log);
/* The next entry; `batch` is copied. */
void fake_log_append(struct wg_log *log, wg_term term, wg_position lowest, wg_position highest,
                     struct wg_bytes batch);
/* An entry of the new leader without records. */
void fake_log_append_initial(struct wg_log *log, wg_term term);
void fake_log_truncate_after(struct wg_log *log, wg_index index);
/* Drops everything below `index`. */
void fake_log_compact_to(struct wg_log *log, wg_index index);
/* Entry `index` cannot be read any more: reading it gives `status`. 0 = none. */
void fake_log_damage(struct wg_log *log, wg_index index, wg_status status);
void fake_log_reset(struct wg_log *log, wg_index next_index);

#endif
