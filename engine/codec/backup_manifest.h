/* The manifest of one partition's backup (reference: backup 3): who took it, what it holds, how far
 * it came. Two dialects of JSON are read and written: that of Zeebe's S3 store, and the one that its
 * GCS, Azure and filesystem stores share.
 *
 * The codec stands here and not in backup/ because the store, the restore command and `waggle
 * backup` read manifests as well, and reports may use codec/ but no stage. */
#ifndef WG_CODEC_BACKUP_MANIFEST_H
#define WG_CODEC_BACKUP_MANIFEST_H

#include "codec/record_json.h"
#include "waggle/env.h"
#include "waggle/record.h"
#include "waggle/status.h"

/* Limits: a manifest beyond one of them is refused. */
#define WG_MANIFEST_MAX_BYTES (16u << 20)
#define WG_MANIFEST_MAX_FILES (1u << 16) /* in each of the two sets */
#define WG_MANIFEST_MAX_NAME 255u
#define WG_MANIFEST_MAX_REASON (1u << 20)

enum wg_manifest_dialect { WG_MANIFEST_S3, WG_MANIFEST_STORE };

/* In the order of "the best of several copies". */
enum wg_backup_status {
    WG_BACKUP_DOES_NOT_EXIST,
    WG_BACKUP_FAILED,
    WG_BACKUP_IN_PROGRESS,
    WG_BACKUP_COMPLETED
};

/* Epoch time; 1970 to 9999. */
struct wg_instant {
    int64_t seconds;
    uint32_t nanos;
};

struct wg_backup_file {
    struct wg_bytes name;        /* a plain file name: no path, not "." or ".." */
    struct wg_bytes compression; /* S3 only: the algorithm; empty = stored as it is */
};

struct wg_backup_files {
    bool present; /* a failed backup may have none */
    const struct wg_backup_file *files;
    uint32_t count;
};

struct wg_backup_manifest {
    enum wg_manifest_dialect dialect;
    enum wg_backup_status status;
    uint32_t node_id, partition_id;
    int64_t checkpoint_id; /* >= 1 */
    bool has_descriptor;
    struct wg_bytes snapshot_id; /* empty = a backup without snapshot */
    int64_t checkpoint_position; /* >= 1 */
    uint32_t number_of_partitions;
    struct wg_bytes broker_version;
    struct wg_backup_files snapshot, segments;
    struct wg_instant created_at, modified_at;
    bool has_failure_reason; /* FAILED only */
    struct wg_bytes failure_reason;
    /* What a decoded manifest refers to; NULL in one that was made by hand. */
    struct wg_env *env;
    void *memory;
    size_t memory_bytes;
};

/* Why a manifest was refused. The codes are stable: tools and tests name them. */
#define WG_MANIFEST_ERROR_MAP(X)                                                                   \
    X(NONE, "manifest-ok")                                                                         \
    X(SYNTAX, "manifest-syntax")         /* no JSON, or another type than the field has */         \
    X(TOO_LARGE, "manifest-too-large")   /* beyond a limit */                                      \
    X(TEXT, "manifest-text")             /* no UTF-8 (only when it is to be written) */            \
    X(MISSING, "manifest-field-missing")                                                           \
    X(UNKNOWN, "manifest-field-unknown") /* where Zeebe refuses fields that it does not know */    \
    X(TWICE, "manifest-twice")           /* a field, or a file name */                             \
    X(STATUS, "manifest-status")         /* no such status code */                                 \
    X(RANGE, "manifest-range")           /* a number that cannot be true */                        \
    X(TIME, "manifest-time")                                                                       \
    X(NAME, "manifest-name")             /* not a plain file name */                               \
    X(REASON, "manifest-reason")         /* a failure reason, and the status is not FAILED */

enum wg_manifest_error_code {
#define WG_MANIFEST_ERROR_ENUM(name, text) WG_MANIFEST_##name,
    WG_MANIFEST_ERROR_MAP(WG_MANIFEST_ERROR_ENUM)
#undef WG_MANIFEST_ERROR_ENUM
};

struct wg_manifest_error {
    enum wg_manifest_error_code code;
    uint32_t offset;  /* in the text: where reading stopped */
    const char *what; /* constant text */
};
/* "manifest-..."; never NULL. */
const char *wg_manifest_error_name(enum wg_manifest_error_code code);

/* Reads a manifest of either dialect (ret_manifest->dialect says which; S3's form of 8.1, with lists
 * of names, as well). CORRUPT: *reterr says why. End it with wg_backup_manifest_done. */
WG_MUST_USE wg_status wg_backup_manifest_decode(struct wg_env *env, struct wg_bytes text,
                                                struct wg_backup_manifest *ret_manifest,
                                                struct wg_manifest_error *reterr);
/* Whether the fields of a manifest fit together and keep the limits: what decode demands, so that
 * only what can be read again is written. Offsets are 0. INVALID: *reterr says why. */
WG_MUST_USE wg_status wg_backup_manifest_check(struct wg_env *env,
                                               const struct wg_backup_manifest *manifest,
                                               struct wg_manifest_error *reterr);
/* Appends the manifest in its dialect, fields in Zeebe's order. It must have passed the check. */
void wg_backup_manifest_encode(const struct wg_backup_manifest *manifest, struct wg_text *text);
/* Frees what decode took; fine for one made by hand. */
void wg_backup_manifest_done(struct wg_backup_manifest *manifest);

#endif
