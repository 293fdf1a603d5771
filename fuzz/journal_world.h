/* A directory of segment files on a disk in memory, made from fuzzer bytes: either the bytes as
 * they are, or a sound journal that they damage. */
#ifndef FUZZ_JOURNAL_WORLD_H
#define FUZZ_JOURNAL_WORLD_H

#include "fuzz/fuzz.h"
#include "journal/journal_verify.h"
#include "seams/log_storage.h"
#include "tests/lib/mem_disk.h"

enum { WORLD_FILES = 20, WORLD_ENTRIES = 16, WORLD_SEGMENT_BYTES = 512 };
#define WORLD_DIR "partitions/1"

struct journal_world {
    struct wg_env *env;
    struct wg_disk *disk;
    wg_index last_flushed;
    wg_index untouched; /* entries 1 to this lie before the first damaged byte */
    /* Read back before recovery changes anything. */
    struct wg_disk_view files[WORLD_FILES];
    uint32_t file_count;
    struct { uint32_t file, offset, bytes; } frames[WORLD_ENTRIES]; /* of the sound journal */
    uint32_t frame_count;
};

void journal_world_new(struct journal_world *world, struct wg_bytes input);
void journal_world_free(struct journal_world *world);
wg_status journal_world_open(struct journal_world *world, struct wg_log **ret_log);

#endif
