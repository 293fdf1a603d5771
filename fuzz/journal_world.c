/* See journal_world.h. First byte: bit 0 = a sound journal, damaged; bit 1 = checksums are made
 * right again after the damage; bits 2 to 5: the last flushed index. */
#include "fuzz/journal_world.h"

#include "base/crc32c.h"

enum {
    PATH_BYTES = 64,
    DESCRIPTOR = 57,
    CHECKSUM_AT = 9, /* of descriptors and frames alike */
    RECORD_AT = 21,
    DESCRIPTOR_COVERED_AT = 17
};

static wg_status store_flushed(void *ctx, wg_index index) {
    (void)ctx, (void)index;
    return WG_OK;
}

static struct wg_log_options options_of(void) {
    return (struct wg_log_options){.dir = WORLD_DIR,
                                   .segment_bytes = WORLD_SEGMENT_BYTES,
                                   .store_last_flushed = store_flushed};
}

wg_status journal_world_open(struct journal_world *world, struct wg_log **ret_log) {
    struct wg_log_options options = options_of();
    return wg_log_open(world->env, &options, world->last_flushed, ret_log);
}

static wg_file open_file(struct journal_world *world, uint32_t number, bool create) {
    char path[PATH_BYTES];
    wg_file file;
    snprintf(path, sizeof path, WORLD_DIR "/raft-%u.log", number);
    wg_status status = world->env->disk_ops->open(world->env->disk, path, create, &file);
    return status == WG_OK ? file : UINT32_MAX;
}

static void write_at(struct journal_world *world, wg_file file, uint32_t offset,
                     const uint8_t *bytes, uint32_t len) {
    if (len == 0) {
        return;
    }
    struct wg_buf *buf = wg_buf_copy(world->env, bytes, len);
    FUZZ_CHECK(world->env->disk_ops->write(world->env->disk, file, offset, buf, 0, len) == WG_OK);
    wg_buf_unref(buf);
}

/* Files as the input has them: a length of two bytes, then so many bytes. */
static void make_raw(struct journal_world *world, struct wg_bytes input) {
    for (uint32_t i = 1; i < WORLD_FILES && input.len > 0; i++) {
        uint32_t len = fuzz_byte(&input);
        len |= (uint32_t)fuzz_byte(&input) << 8;
        struct wg_bytes content = fuzz_take(&input, len);
        wg_file file = open_file(world, i, true);
        write_at(world, file, 0, content.ptr, content.len);
        world->env->disk_ops->close(world->env->disk, file);
    }
}

/* Entries with as many bytes as the input says. Where they lie is worked out as the writer does. */
static void make_sound(struct journal_world *world, struct wg_bytes *input) {
    uint8_t data[256] = {0};
    struct wg_log *log;
    FUZZ_CHECK(journal_world_open(world, &log) == WG_OK);
    uint32_t count = fuzz_byte(input) % WORLD_ENTRIES;
    uint32_t file = 1, at = DESCRIPTOR;
    for (uint32_t i = 0; i < count; i++) {
        struct wg_bytes bytes = wg_bytes_of(data, fuzz_byte(input));
        enum wg_entry_kind kind = i % 3 == 1 ? WG_ENTRY_INITIAL : WG_ENTRY_APPLICATION;
        bytes.len = kind == WG_ENTRY_INITIAL ? 0 : bytes.len;
        FUZZ_CHECK(wg_log_append(log, 1 + i / 5, kind, 10 * i + 1, 10 * i + 9, bytes) == WG_OK);
        uint32_t total = wg_log_entry(log, i + 1)->frame->len;
        if (total > WORLD_SEGMENT_BYTES - at) {
            file++;
            at = DESCRIPTOR;
        }
        world->frames[i].file = file;
        world->frames[i].offset = at;
        world->frames[i].bytes = total;
        at += total;
    }
    world->frame_count = count;
    FUZZ_CHECK(wg_log_flush(log) == WG_OK);
    wg_log_close(log);
}

/* Changes bytes: file, offset (2), value. Entries from the first changed byte on are touched. */
static void damage(struct journal_world *world, struct wg_bytes *input) {
    world->untouched = world->frame_count;
    while (input->len >= 4) {
        uint32_t number = 1 + fuzz_byte(input) % (WORLD_FILES - 1);
        uint32_t offset = fuzz_byte(input);
        offset = (offset | (uint32_t)fuzz_byte(input) << 8) % WORLD_SEGMENT_BYTES;
        uint8_t value = fuzz_byte(input);
        wg_file file = open_file(world, number, false);
        if (file == UINT32_MAX) {
            continue;
        }
        write_at(world, file, offset, &value, 1);
        world->env->disk_ops->close(world->env->disk, file);
        while (world->untouched > 0) {
            uint32_t last = (uint32_t)world->untouched - 1;
            if (world->frames[last].file < number ||
                (world->frames[last].file == number &&
                 world->frames[last].offset + world->frames[last].bytes <= offset)) {
                break;
            }
            world->untouched--;
        }
    }
}

/* The checksum over [from, to) of a file, written at `at`. */
static void seal(struct journal_world *world, uint32_t number, uint32_t from, uint32_t to,
                 uint32_t at) {
    wg_file file = open_file(world, number, false);
    struct wg_disk_view view;
    uint8_t checksum[8];
    if (file == UINT32_MAX) {
        return;
    }
    FUZZ_CHECK(world->env->disk_ops->view(world->env->disk, file, from, to - from, &view) ==
               WG_OK);
    wg_store_le(checksum, wg_crc32c(0, view.ptr, view.len), 8);
    wg_buf_unref(view.buf);
    write_at(world, file, at, checksum, sizeof checksum);
    world->env->disk_ops->close(world->env->disk, file);
}

static void seal_all(struct journal_world *world) {
    for (uint32_t i = 0; i < world->frame_count; i++) {
        uint32_t at = world->frames[i].offset;
        seal(world, world->frames[i].file, at + RECORD_AT, at + world->frames[i].bytes,
             at + CHECKSUM_AT);
        seal(world, world->frames[i].file, DESCRIPTOR_COVERED_AT, DESCRIPTOR, CHECKSUM_AT);
    }
    world->untouched = 0;
}

static void read_files(struct journal_world *world) {
    for (uint32_t i = 1; i <= WORLD_FILES; i++) {
        wg_file file = open_file(world, i, false);
        if (file == UINT32_MAX) {
            continue;
        }
        struct wg_disk_view *view = &world->files[world->file_count++];
        FUZZ_CHECK(world->env->disk_ops->view(world->env->disk, file, 0, 1 << 20, view) == WG_OK);
        world->env->disk_ops->close(world->env->disk, file);
    }
}

void journal_world_new(struct journal_world *world, struct wg_bytes input) {
    *world = (struct journal_world){.env = test_env_new()};
    world->disk = mem_disk_new(world->env, 1u << 20);
    uint8_t mode = fuzz_byte(&input);
    if ((mode & 1u) == 0) {
        make_raw(world, input);
    } else {
        make_sound(world, &input);
        damage(world, &input);
        if ((mode & 2u) != 0) {
            seal_all(world);
        }
    }
    world->last_flushed = mode >> 2 & 15u;
    read_files(world);
}

void journal_world_free(struct journal_world *world) {
    for (uint32_t i = 0; i < world->file_count; i++) {
        wg_buf_unref(world->files[i].buf);
    }
    FUZZ_CHECK(mem_disk_handles(world->disk) == 0);
    mem_disk_free(world->disk);
    test_env_free(world->env);
}
