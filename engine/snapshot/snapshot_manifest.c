/* The checksum file of a snapshot, `<id>.checksum`: simple file verification text.
 *
 *   ; CRC32C of the files of a snapshot
 *   ; combinedValue = 0123abcd
 *   state.bin   89abcdef
 *   zeebe.metadata   01234567
 *
 * Lines end with LF, names ascend in byte order, checksums are 8 lower-case hex digits behind three
 * spaces. The combined value is the CRC32C over, per file in that order, the name and its checksum
 * (u32 little-endian). A reader accepts nothing else: an empty or half-written file is no marker of
 * a valid snapshot (S23). */
#include "snapshot/snapshot_internal.h"

#include "base/crc32c.h"

#define HEAD "; CRC32C of the files of a snapshot\n; combinedValue = "
#define GAP "   "
#define TEXT_BYTES 640u

static uint32_t combine(const struct snapshot_manifest *manifest) {
    uint32_t crc = 0;
    for (uint32_t i = 0; i < manifest->count; i++) {
        uint8_t own[4];
        wg_store_le(own, manifest->files[i].crc, 4);
        crc = wg_crc32c(crc, manifest->files[i].name, strlen(manifest->files[i].name));
        crc = wg_crc32c(crc, own, sizeof own);
    }
    return crc;
}

bool snapshot_name_ok(const char *name) {
    if (memchr(name, 0, SNAPSHOT_NAME_BYTES) == NULL || name[0] == 0 || name[0] == '.') {
        return false;
    }
    for (size_t i = 0; name[i] != 0; i++) {
        if (name[i] <= ' ' || name[i] > '~' || name[i] == '/') {
            return false;
        }
    }
    return true;
}

static wg_status read_file(struct wg_env *env, const char *path, const char *name,
                           struct snapshot_file *ret_file) {
    if (!snapshot_name_ok(name)) {
        return WG_CORRUPT;
    }
    struct wg_disk_view view;
    wg_status status = snapshot_view_file(env, path, &view);
    if (status != WG_OK) {
        return status;
    }
    memcpy(ret_file->name, name, strlen(name) + 1);
    ret_file->bytes = view.len;
    ret_file->crc = wg_crc32c(0, view.ptr, view.len);
    wg_buf_unref(view.buf);
    return WG_OK;
}

wg_status snapshot_manifest_read(struct wg_env *env, const char *prefix,
                                 struct snapshot_manifest *ret_manifest) {
    struct snapshot_manifest manifest = {0};
    struct wg_path path = wg_path_join(env, "", "");
    while (wg_path_next(env, prefix, &path)) {
        if (manifest.count == SNAPSHOT_MAX_FILES) {
            return WG_CORRUPT;
        }
        wg_status status = read_file(env, path.text, path.text + strlen(prefix),
                                     &manifest.files[manifest.count]);
        if (status != WG_OK) {
            return status;
        }
        manifest.count++;
    }
    manifest.combined = combine(&manifest);
    *ret_manifest = manifest;
    return WG_OK;
}

static void write_text(struct wg_writer *w, const char *text) {
    wg_write_bytes(w, text, strlen(text));
}

static void write_hex(struct wg_writer *w, uint32_t number) {
    for (int shift = 28; shift >= 0; shift -= 4) {
        wg_write_le(w, (uint8_t)"0123456789abcdef"[(number >> shift) & 15], 1);
    }
}

struct wg_buf *snapshot_manifest_encode(struct wg_env *env,
                                        const struct snapshot_manifest *manifest) {
    uint8_t text[TEXT_BYTES];
    struct wg_writer w = wg_writer_on(text, sizeof text);
    write_text(&w, HEAD);
    write_hex(&w, manifest->combined);
    write_text(&w, "\n");
    for (uint32_t i = 0; i < manifest->count; i++) {
        write_text(&w, manifest->files[i].name);
        write_text(&w, GAP);
        write_hex(&w, manifest->files[i].crc);
        write_text(&w, "\n");
    }
    WG_ASSERT(env, !w.failed);
    struct wg_bytes bytes = wg_writer_bytes(&w);
    return wg_buf_copy(env, bytes.ptr, bytes.len);
}

static void expect(struct wg_reader *r, const char *text) {
    size_t len = strlen(text);
    const uint8_t *p = wg_read_bytes(r, len);
    r->failed = p == NULL || memcmp(p, text, len) != 0;
}

static uint32_t read_hex(struct wg_reader *r) {
    uint32_t number = 0;
    const uint8_t *p = wg_read_bytes(r, 8);
    for (unsigned i = 0; p != NULL && i < 8; i++) {
        bool digit = p[i] >= '0' && p[i] <= '9';
        bool letter = p[i] >= 'a' && p[i] <= 'f';
        r->failed = r->failed || (!digit && !letter);
        number = number << 4 | (uint32_t)(digit ? p[i] - '0' : (p[i] - 'a' + 10) & 15);
    }
    return number;
}

static void read_name(struct wg_reader *r, char out[SNAPSHOT_NAME_BYTES]) {
    size_t len = 0;
    while (r->at + len < r->end && r->at[len] != ' ' && len + 1 < SNAPSHOT_NAME_BYTES) {
        len++;
    }
    const uint8_t *p = wg_read_bytes(r, len);
    if (p != NULL) {
        memcpy(out, p, len);
    }
    r->failed = r->failed || !snapshot_name_ok(out);
}

wg_status snapshot_manifest_decode(struct wg_bytes bytes, struct snapshot_manifest *ret_manifest) {
    struct snapshot_manifest manifest = {0};
    struct wg_reader r = wg_reader_on(bytes);
    expect(&r, HEAD);
    uint32_t combined = r.failed ? 0 : read_hex(&r);
    if (!r.failed) {
        expect(&r, "\n");
    }
    while (!r.failed && wg_reader_left(&r) > 0 && manifest.count < SNAPSHOT_MAX_FILES) {
        struct snapshot_file *file = &manifest.files[manifest.count++];
        read_name(&r, file->name);
        if (!r.failed) {
            expect(&r, GAP);
        }
        file->crc = r.failed ? 0 : read_hex(&r);
        if (!r.failed) {
            expect(&r, "\n");
        }
    }
    manifest.combined = combine(&manifest);
    if (r.failed || wg_reader_left(&r) > 0 || manifest.count == 0 ||
        combined != manifest.combined) {
        return WG_CORRUPT;
    }
    *ret_manifest = manifest;
    return WG_OK;
}

bool snapshot_manifest_equal(const struct snapshot_manifest *a, const struct snapshot_manifest *b) {
    bool equal = a->count == b->count && a->combined == b->combined;
    for (uint32_t i = 0; equal && i < a->count; i++) {
        equal = a->files[i].crc == b->files[i].crc &&
                strcmp(a->files[i].name, b->files[i].name) == 0;
    }
    return equal;
}
