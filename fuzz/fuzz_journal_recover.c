/* Opening a journal over arbitrary files: it ends, keeps no entry with a wrong checksum, keeps
 * every entry that lies before the first damaged byte, refuses exactly when something promised is
 * gone, and agrees with the offline reader on all of it. What it kept opens again as the same. */
#include "fuzz/journal_world.h"

static struct wg_bytes content(void *ctx, uint32_t file) {
    struct journal_world *world = ctx;
    return wg_bytes_of(world->files[file].ptr, world->files[file].len);
}

static void check_entries(const struct wg_log *log) {
    for (wg_index i = wg_log_first_index(log); i <= wg_log_last_index(log); i++) {
        const struct wg_log_entry *entry = wg_log_entry(log, i);
        struct wg_frame frame;
        struct wg_bytes bytes = wg_bytes_of(entry->frame->bytes, entry->frame->len);
        FUZZ_CHECK(wg_frame_decode(bytes, true, &frame) == WG_OK);
        FUZZ_CHECK(frame.index == i && frame.total == bytes.len && frame.term == entry->term);
    }
}

static void check_log(struct journal_world *world, const struct wg_verify_result *expected) {
    struct wg_log *log;
    wg_status status = journal_world_open(world, &log);
    FUZZ_CHECK((status == WG_CORRUPT) == expected->refused);
    if (status != WG_OK) {
        return; /* refused, or a descriptor asks for more than the disk has */
    }
    wg_index first = wg_log_first_index(log);
    wg_index last = wg_log_last_index(log);
    FUZZ_CHECK(first == expected->first && last == expected->last);
    FUZZ_CHECK(last >= world->untouched && last >= world->last_flushed);
    check_entries(log);
    wg_log_close(log);
    FUZZ_CHECK(journal_world_open(world, &log) == WG_OK);
    FUZZ_CHECK(wg_log_first_index(log) == first && wg_log_last_index(log) == last);
    wg_log_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct journal_world world;
    struct wg_verify_result expected;
    journal_world_new(&world, wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size));
    struct wg_verify_source source = {
        .ctx = &world, .files = world.file_count, .content = content};
    wg_journal_verify(&source, world.last_flushed, &expected);
    check_log(&world, &expected);
    journal_world_free(&world);
    return 0;
}
