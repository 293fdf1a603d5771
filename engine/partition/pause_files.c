/* Two small files in the directory of a replica:
 *
 *   <dir>/.exporterPaused    PAUSED or SOFT_PAUSED; empty = PAUSED (older versions); absent =
 *                            exporting
 *   <dir>/.processorPaused   there = processing is paused
 *
 * Each is written under another name, synced and renamed, so that a crash leaves the old state or
 * the new one. */
#include "partition/pause_files.h"

#include "base/paths.h"

#define EXPORTER_FILE "/.exporterPaused"
#define PROCESSOR_FILE "/.processorPaused"
#define MAX_BYTES 64u

static const char *text_of(enum wg_exporting_phase phase) {
    return phase == WG_EXPORTING_PAUSED ? "PAUSED" : "SOFT_PAUSED";
}

/* --- reading ---------------------------------------------------------------------------------- */

static wg_status phase_of(struct wg_bytes text, enum wg_exporting_phase *ret_phase) {
    if (text.len == 0 || wg_bytes_equal(text, wg_bytes_str("PAUSED"))) {
        *ret_phase = WG_EXPORTING_PAUSED;
        return WG_OK;
    }
    *ret_phase = WG_EXPORTING_SOFT_PAUSED;
    return wg_bytes_equal(text, wg_bytes_str("SOFT_PAUSED")) ? WG_OK : WG_CORRUPT;
}

static wg_status read_phase(struct wg_env *env, wg_file file,
                            enum wg_exporting_phase *ret_phase) {
    struct wg_disk_view view;
    wg_status status = env->disk_ops->view(env->disk, file, 0, MAX_BYTES, &view);
    if (status == WG_OK) {
        status = phase_of(wg_bytes_of(view.ptr, view.len), ret_phase);
        wg_buf_unref(view.buf);
    }
    return status;
}

wg_status wg_pause_files_load(struct wg_env *env, const char *dir,
                              enum wg_exporting_phase *ret_exporting,
                              bool *ret_processing_paused) {
    const struct wg_disk_ops *ops = env->disk_ops;
    struct wg_path path = wg_path_join(env, dir, EXPORTER_FILE);
    wg_file file;
    *ret_exporting = WG_EXPORTING;
    *ret_processing_paused = false;
    wg_status status = ops->open(env->disk, path.text, false, &file);
    if (status == WG_OK) {
        status = read_phase(env, file, ret_exporting);
        ops->close(env->disk, file);
    }
    if (status != WG_OK && status != WG_NOT_FOUND) {
        return status;
    }
    path = wg_path_join(env, dir, PROCESSOR_FILE);
    status = ops->open(env->disk, path.text, false, &file);
    if (status == WG_OK) {
        *ret_processing_paused = true;
        ops->close(env->disk, file);
    }
    return status == WG_NOT_FOUND ? WG_OK : status;
}

/* --- writing ---------------------------------------------------------------------------------- */

static wg_status write_text(struct wg_env *env, const char *path, const char *text, bool cut) {
    const struct wg_disk_ops *ops = env->disk_ops;
    wg_file file;
    wg_status status = ops->open(env->disk, path, true, &file);
    if (status != WG_OK) {
        return status;
    }
    if (cut) {
        status = ops->resize(env->disk, file, 0);
    }
    if (status == WG_OK && text[0] != '\0') {
        struct wg_buf *buf = wg_buf_copy(env, text, (uint32_t)strlen(text));
        status = ops->write(env->disk, file, 0, buf, 0, buf->len);
        wg_buf_unref(buf);
    }
    if (status == WG_OK) {
        status = ops->sync(env->disk, file);
    }
    ops->close(env->disk, file);
    return status;
}

static wg_status replace(struct wg_env *env, const char *dir, const char *name, const char *text) {
    struct wg_path path = wg_path_join(env, dir, name);
    struct wg_path temporary = wg_path_join(env, path.text, ".tmp");
    wg_status status = write_text(env, temporary.text, text, true);
    if (status != WG_OK) {
        (void)env->disk_ops->remove(env->disk, temporary.text);
        return status;
    }
    status = env->disk_ops->rename(env->disk, temporary.text, path.text);
    return status == WG_OK ? env->disk_ops->sync_dir(env->disk, dir) : status;
}

static wg_status drop(struct wg_env *env, const char *dir, const char *name) {
    struct wg_path path = wg_path_join(env, dir, name);
    wg_status status = env->disk_ops->remove(env->disk, path.text);
    /* Also when it is gone: a process that died may have removed it, but not durably. */
    bool gone = status == WG_OK || status == WG_NOT_FOUND;
    return gone ? env->disk_ops->sync_dir(env->disk, dir) : status;
}

wg_status wg_pause_files_store_exporting(struct wg_env *env, const char *dir,
                                         enum wg_exporting_phase phase, bool cut) {
    if (phase == WG_EXPORTING) {
        return drop(env, dir, EXPORTER_FILE);
    }
    if (cut) {
        return replace(env, dir, EXPORTER_FILE, text_of(phase));
    }
    struct wg_path path = wg_path_join(env, dir, EXPORTER_FILE);
    wg_status status = write_text(env, path.text, text_of(phase), false);
    return status == WG_OK ? env->disk_ops->sync_dir(env->disk, dir) : status;
}

wg_status wg_pause_files_store_processing(struct wg_env *env, const char *dir, bool paused) {
    return paused ? replace(env, dir, PROCESSOR_FILE, "") : drop(env, dir, PROCESSOR_FILE);
}
