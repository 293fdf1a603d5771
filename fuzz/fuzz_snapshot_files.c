/* A directory of snapshots with arbitrary files. The checksum file's reader accepts only what its
 * writer writes; a store opens, and a snapshot that it calls latest loads or is called corrupt. */
#include "fuzz/fuzz.h"

#include "snapshot/snapshot_internal.h"
#include "tests/lib/mem_disk.h"

#define DIR "partitions/1"

static void put_file(struct wg_env *env, const char *path, struct wg_bytes content) {
    wg_file file;
    if (env->disk_ops->open(env->disk, path, true, &file) != WG_OK) {
        return;
    }
    if (content.len > 0) {
        struct wg_buf *buf = wg_buf_copy(env, content.ptr, content.len);
        FUZZ_CHECK(env->disk_ops->write(env->disk, file, 0, buf, 0, buf->len) == WG_OK);
        wg_buf_unref(buf);
    }
    env->disk_ops->close(env->disk, file);
}

static void check_manifest(struct wg_env *env, struct wg_bytes text) {
    struct snapshot_manifest manifest;
    if (snapshot_manifest_decode(text, &manifest) == WG_OK) {
        struct wg_buf *again = snapshot_manifest_encode(env, &manifest);
        FUZZ_CHECK(wg_bytes_equal(text, wg_bytes_of(again->bytes, again->len)));
        wg_buf_unref(again);
    }
}

/* Files of the snapshot 7-1-9-8; with `right` a checksum file that fits them. */
static void make_files(struct wg_env *env, struct wg_bytes input, bool right) {
    static const char *const names[] = {"state.bin", "zeebe.metadata", "more"};
    struct snapshot_manifest manifest;
    struct wg_bytes marker = fuzz_take(&input, fuzz_byte(&input));
    for (uint32_t i = 0; i < 3; i++) {
        char path[WG_PATH_MAX];
        snprintf(path, sizeof path, DIR "/snapshots/7-1-9-8/%s", names[i]);
        put_file(env, path, fuzz_take(&input, i == 2 ? input.len : fuzz_byte(&input) * 4u));
    }
    check_manifest(env, marker);
    if (right && snapshot_manifest_read(env, DIR "/snapshots/7-1-9-8/", &manifest) == WG_OK) {
        struct wg_buf *text = snapshot_manifest_encode(env, &manifest);
        check_manifest(env, wg_bytes_of(text->bytes, text->len));
        put_file(env, DIR "/snapshots/7-1-9-8.checksum", wg_bytes_of(text->bytes, text->len));
        wg_buf_unref(text);
    } else {
        put_file(env, DIR "/snapshots/7-1-9-8.checksum", marker);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    struct wg_env *env = test_env_new();
    struct wg_disk *disk = mem_disk_new(env, 1u << 20);
    struct wg_snapshot_options options = {DIR, 1};
    struct wg_snapshots *store;
    struct wg_state *state;
    bool right = (fuzz_byte(&input) & 1u) != 0;
    make_files(env, input, right);
    FUZZ_CHECK(wg_snapshots_open(env, &options, &store) == WG_OK);
    FUZZ_CHECK(!right || wg_snapshots_latest(store) != NULL);
    if (wg_snapshots_latest(store) != NULL && wg_snapshots_load(store, &state) == WG_OK) {
        wg_state_free(state);
    }
    wg_snapshots_close(store);
    FUZZ_CHECK(mem_disk_handles(disk) == 0);
    mem_disk_free(disk);
    test_env_free(env);
    return 0;
}
