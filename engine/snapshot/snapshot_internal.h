/* Inside of the snapshot store: names on disk, the list of files with checksums, and the steps that
 * taking and receiving share. */
#ifndef WG_SNAPSHOT_INTERNAL_H
#define WG_SNAPSHOT_INTERNAL_H

#include "base/paths.h"
#include "seams/snapshot_store.h"

#define SNAPSHOT_MAX_FILES 8u
#define SNAPSHOT_NAME_BYTES 48u /* with NUL; as in wg_snapshot_chunk.file */
#define SNAPSHOT_STATE_FILE "state.bin"
#define SNAPSHOT_METADATA_FILE "zeebe.metadata"

struct snapshot_file {
    char name[SNAPSHOT_NAME_BYTES];
    uint64_t bytes; /* not part of the checksum file */
    uint32_t crc;
};
/* Files of one snapshot, ascending by name. */
struct snapshot_manifest {
    uint32_t count;
    uint32_t combined; /* over all names and checksums */
    struct snapshot_file files[SNAPSHOT_MAX_FILES];
};

/* A snapshot that is being received. */
struct snapshot_pending {
    bool active;
    bool complete;         /* the last chunk is here */
    struct wg_snapshot_id id;
    uint32_t next_number;  /* of the chunk expected */
    uint32_t last_crc;     /* of the chunk before it */
    uint32_t total_files, snapshot_checksum; /* as the first chunk said */
    uint32_t files;        /* begun */
    char file[SNAPSHOT_NAME_BYTES]; /* the one in progress */
    uint64_t file_bytes, received;
};

#define SNAPSHOT_MAX_RESERVED 8u
struct snapshot_reservation {
    struct wg_snapshot_id id;
    uint32_t count; /* 0 = released; goes with the next new snapshot */
};

struct wg_snapshots {
    struct wg_env *env;
    char *dir;
    wg_partition_id partition;
    bool has_latest;
    struct wg_snapshot_id latest;
    struct snapshot_manifest manifest; /* of the latest */
    wg_index damaged; /* highest index of those complete but damaged at the open; 0 = none */
    struct snapshot_pending pending;
    struct snapshot_reservation reserved[SNAPSHOT_MAX_RESERVED];
    uint32_t reserved_count;
};

/* snapshot_names.c */
/* <dir>/<area>/<id><rest> */
struct wg_path snapshot_path(const struct wg_snapshots *store, const char *area,
                             const struct wg_snapshot_id *id, const char *rest);
/* Reads the id at *at and moves behind it; false = there is none. */
bool snapshot_read_id(const char **at, struct wg_snapshot_id *ret_id);

/* snapshot_manifest.c */
/* Whether a file of a snapshot may be called so: no path, not too long. */
bool snapshot_name_ok(const char *name);
/* Reads and checksums every file under `prefix` (a directory with '/'). CORRUPT: too many files or
 * a name that cannot be. IO. */
WG_MUST_USE wg_status snapshot_manifest_read(struct wg_env *env, const char *prefix,
                                             struct snapshot_manifest *ret_manifest);
struct wg_buf *snapshot_manifest_encode(struct wg_env *env, const struct snapshot_manifest *manifest);
WG_MUST_USE wg_status snapshot_manifest_decode(struct wg_bytes bytes,
                                               struct snapshot_manifest *ret_manifest);
bool snapshot_manifest_equal(const struct snapshot_manifest *a, const struct snapshot_manifest *b);

/* snapshot_store.c */
/* A view of the whole file. NOT_FOUND, IO. */
WG_MUST_USE wg_status snapshot_view_file(struct wg_env *env, const char *path,
                                         struct wg_disk_view *ret_view);
WG_MUST_USE wg_status snapshot_sync_file(struct wg_env *env, const char *path);
void snapshot_remove_all(struct wg_env *env, const char *prefix);

/* snapshot_take.c */
/* Makes the files under snapshots/<id>/ (each synced) the latest snapshot: directory, checksum file,
 * its name; then removes older ones. On an error nothing of it is left. */
WG_MUST_USE wg_status snapshot_publish(struct wg_snapshots *store, const struct wg_snapshot_id *id,
                                       const struct snapshot_manifest *manifest);
/* Removes everything but the latest and what is reserved: checksum files first, durably. */
void snapshot_remove_others(struct wg_snapshots *store);

/* snapshot_reserve.c */
/* Whether somebody has reserved `id`, or has released it since the latest snapshot. */
bool snapshot_is_reserved(const struct wg_snapshots *store, const struct wg_snapshot_id *id);
/* There is a new latest: what was released before may go. */
void snapshot_drop_released(struct wg_snapshots *store);

#endif
