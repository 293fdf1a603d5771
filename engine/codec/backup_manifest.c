/* Backup manifests: see backup_manifest.h for the fields. As text:
 *
 *   S3     {"statusCode": "completed" | "in_progress" | "failed", "id": ID, "descriptor": D | null,
 *           "snapshotFiles": F, "segmentFiles": F, "createdAt": seconds.nanos, "modifiedAt": ...,
 *           "failureReason": text}         (the last one only when failed)
 *          F = {"files": {name: {} | {"compressionAlgorithm": text}}}; in 8.1 lists of names called
 *          "snapshotFileNames" and "segmentFileNames". Unknown fields at the top are ignored.
 *   store  {"id": ID, "descriptor": D, "statusCode": "COMPLETED" | "IN_PROGRESS" | "FAILED",
 *           "snapshot": F, "segments": F, "createdAt": "2023-11-14T22:13:20Z", "modifiedAt": ...,
 *           "failureReason": text}         (what is absent is left out; unknown fields are refused)
 *          F = {"files": [{"name": text}]}
 *   ID = {"nodeId", "partitionId", "checkpointId"}
 *   D  = {"snapshotId": text | null, "checkpointPosition", "numberOfPartitions", "brokerVersion"}
 *
 * The case of statusCode tells the dialects apart. Stricter than upstream, on purpose: a known field
 * or a file name that comes twice, and a name that is a path (restore would write there).
 *
 * Invariants: a decoded manifest passes the check; what passes the check reads back as the same. */
#include "codec/backup_manifest.h"

#include "base/hash.h"
#include "codec/json.h"
#include "codec/json_instant.h"
#include "codec/json_reader.h"

enum { MAX_PARTITION = 8192, MAX_VERSION = 64 };

/* What may stand at the top, in either dialect. */
enum field {
    STATUS,
    ID,
    DESCRIPTOR,
    SNAPSHOT,
    SEGMENTS,
    CREATED,
    MODIFIED,
    REASON,
    FIELD_COUNT
};

static const char *const field_names[2][FIELD_COUNT] = {
    [WG_MANIFEST_S3] = {"statusCode", "id", "descriptor", "snapshotFiles", "segmentFiles",
                        "createdAt", "modifiedAt", "failureReason"},
    [WG_MANIFEST_STORE] = {"statusCode", "id", "descriptor", "snapshot", "segments", "createdAt",
                           "modifiedAt", "failureReason"}};

static const char *const status_names[2][4] = {
    [WG_MANIFEST_S3] = {NULL, "failed", "in_progress", "completed"},
    [WG_MANIFEST_STORE] = {NULL, "FAILED", "IN_PROGRESS", "COMPLETED"}};

const char *wg_manifest_error_name(enum wg_manifest_error_code code) {
    static const char *const names[] = {
#define NAME(name, text) text,
        WG_MANIFEST_ERROR_MAP(NAME)
#undef NAME
    };
    return (unsigned)code < sizeof names / sizeof *names ? names[code] : "manifest-unknown-code";
}

/* --- check ----------------------------------------------------------------------------------- */

static bool refuse(struct wg_manifest_error *error, enum wg_manifest_error_code code,
                   const char *what) {
    if (error->code == WG_MANIFEST_NONE) {
        *error = (struct wg_manifest_error){code, 0, what};
    }
    return false;
}

static bool check_name(struct wg_bytes name, struct wg_manifest_error *error) {
    if (name.len == 0 || name.len > WG_MANIFEST_MAX_NAME ||
        memchr(name.ptr, '/', name.len) != NULL || memchr(name.ptr, '\\', name.len) != NULL ||
        memchr(name.ptr, '\0', name.len) != NULL || wg_bytes_equal(name, wg_bytes_str(".")) ||
        wg_bytes_equal(name, wg_bytes_str(".."))) {
        return refuse(error, WG_MANIFEST_NAME, "a file name must be plain");
    }
    return true;
}

/* Whether no name is in both halves of [0, i]: an open-addressed table of positions + 1. */
static bool take_place(const struct wg_backup_file *files, uint32_t i, uint32_t *table,
                       uint32_t slots) {
    struct wg_bytes name = files[i].name;
    uint32_t slot = (uint32_t)wg_hash_bytes(name.ptr, name.len, 0) & (slots - 1);
    while (table[slot] != 0) {
        if (wg_bytes_equal(files[table[slot] - 1].name, name)) {
            return false;
        }
        slot = (slot + 1) & (slots - 1);
    }
    table[slot] = i + 1;
    return true;
}

static bool check_unique(struct wg_env *env, const struct wg_backup_files *set,
                         struct wg_manifest_error *error) {
    uint32_t slots = 2;
    while (slots < 2 * set->count) {
        slots *= 2;
    }
    uint32_t *table = wg_alloc(env, slots * sizeof *table);
    memset(table, 0, slots * sizeof *table);
    bool good = true;
    for (uint32_t i = 0; good && i < set->count; i++) {
        good = take_place(set->files, i, table, slots);
    }
    wg_free(env, table, slots * sizeof *table);
    return good || refuse(error, WG_MANIFEST_TWICE, "a file name comes twice");
}

static bool is_utf8(struct wg_bytes text) {
    uint32_t at = 0;
    while (at < text.len) {
        uint32_t n = text.ptr[at] < 0x80 ? 1 : wg_utf8_bytes(text.ptr + at, text.len - at);
        if (n == 0) {
            return false;
        }
        at += n;
    }
    return true;
}

static bool check_text(struct wg_bytes text, uint32_t most, struct wg_manifest_error *error) {
    if (text.len > most) {
        return refuse(error, WG_MANIFEST_TOO_LARGE, "a text is too long");
    }
    return is_utf8(text) || refuse(error, WG_MANIFEST_TEXT, "a text must be UTF-8");
}

static bool check_files(struct wg_env *env, const struct wg_backup_manifest *manifest,
                        const struct wg_backup_files *set, struct wg_manifest_error *error) {
    if (!set->present) {
        return manifest->status == WG_BACKUP_FAILED ||
               refuse(error, WG_MANIFEST_MISSING, "only a failed backup may lack its files");
    }
    if (set->count > WG_MANIFEST_MAX_FILES) {
        return refuse(error, WG_MANIFEST_TOO_LARGE, "too many files");
    }
    for (uint32_t i = 0; i < set->count; i++) {
        const struct wg_backup_file *file = &set->files[i];
        if (!check_name(file->name, error) ||
            !check_text(file->name, WG_MANIFEST_MAX_NAME, error) ||
            !check_text(file->compression, MAX_VERSION, error)) {
            return false;
        }
        if (file->compression.len > 0 && manifest->dialect != WG_MANIFEST_S3) {
            return refuse(error, WG_MANIFEST_UNKNOWN, "only S3 has compressed files");
        }
    }
    return check_unique(env, set, error);
}

static bool check_id(const struct wg_backup_manifest *manifest, struct wg_manifest_error *error) {
    return (manifest->node_id <= INT32_MAX && manifest->partition_id >= 1 &&
            manifest->partition_id <= MAX_PARTITION && manifest->checkpoint_id >= 1) ||
           refuse(error, WG_MANIFEST_RANGE, "node, partition or checkpoint cannot be");
}

static bool check_descriptor(const struct wg_backup_manifest *manifest,
                             struct wg_manifest_error *error) {
    if (!manifest->has_descriptor) {
        return manifest->status == WG_BACKUP_FAILED ||
               refuse(error, WG_MANIFEST_MISSING, "only a failed backup may lack its descriptor");
    }
    if (manifest->checkpoint_position < 1 || manifest->number_of_partitions < 1 ||
        manifest->number_of_partitions > MAX_PARTITION) {
        return refuse(error, WG_MANIFEST_RANGE, "checkpoint position or partitions cannot be");
    }
    return check_text(manifest->snapshot_id, WG_MANIFEST_MAX_NAME, error) &&
           check_text(manifest->broker_version, MAX_VERSION, error);
}

static bool check_all(struct wg_env *env, const struct wg_backup_manifest *manifest,
                      struct wg_manifest_error *error) {
    if (manifest->status < WG_BACKUP_FAILED || manifest->status > WG_BACKUP_COMPLETED ||
        manifest->dialect > WG_MANIFEST_STORE) {
        return refuse(error, WG_MANIFEST_STATUS, "there is no such status");
    }
    if (!wg_instant_is_valid(&manifest->created_at) ||
        !wg_instant_is_valid(&manifest->modified_at)) {
        return refuse(error, WG_MANIFEST_TIME, "a time must lie in the years 1970 to 9999");
    }
    if (manifest->has_failure_reason && manifest->status != WG_BACKUP_FAILED) {
        return refuse(error, WG_MANIFEST_REASON, "only a failed backup has a failure reason");
    }
    return check_id(manifest, error) && check_descriptor(manifest, error) &&
           (!manifest->has_failure_reason ||
            check_text(manifest->failure_reason, WG_MANIFEST_MAX_REASON, error)) &&
           check_files(env, manifest, &manifest->snapshot, error) &&
           check_files(env, manifest, &manifest->segments, error);
}

wg_status wg_backup_manifest_check(struct wg_env *env, const struct wg_backup_manifest *manifest,
                                   struct wg_manifest_error *reterr) {
    struct wg_manifest_error error = {WG_MANIFEST_NONE, 0, ""};
    if (!check_all(env, manifest, &error)) {
        *reterr = error;
        return WG_INVALID;
    }
    return WG_OK;
}

/* --- read ------------------------------------------------------------------------------------ */

struct parse {
    struct wg_json_reader r;
    struct wg_backup_manifest *manifest;
    struct wg_manifest_error error;
    uint8_t *strings; /* where the next text goes: all of them together fit, they only shrink */
    uint32_t seen;    /* fields at the top, one bit each */
};

static bool fail(struct parse *p, enum wg_manifest_error_code code, const char *what) {
    if (p->error.code == WG_MANIFEST_NONE) {
        p->error = (struct wg_manifest_error){code, (uint32_t)(p->r.at - p->r.start), what};
    }
    return false;
}

static bool take_text(struct parse *p, struct wg_bytes *ret_text) {
    struct wg_bytes raw;
    if (!wg_json_raw_string(&p->r, &raw)) {
        return false;
    }
    *ret_text = wg_bytes_of(p->strings, wg_json_unescape(raw, p->strings));
    p->strings += ret_text->len;
    return true;
}

/* null stands for what is absent. */
static bool take_null(struct parse *p) {
    return wg_json_peek(&p->r) == WG_JSON_NULL && wg_json_null(&p->r);
}

static bool take_number(struct parse *p, int64_t least, int64_t most, int64_t *ret_number) {
    int64_t number;
    if (!wg_json_int64(&p->r, &number)) {
        return false;
    }
    if (number < least || number > most) {
        return fail(p, WG_MANIFEST_RANGE, "a number cannot be true");
    }
    *ret_number = number;
    return true;
}

/* Which of `count` names a raw key stands for, count if none; one that was seen before is an
 * error. */
static bool find_field(struct parse *p, struct wg_bytes key, const char *const *names,
                       uint32_t count, uint32_t *seen, uint32_t *ret_field) {
    uint32_t i = 0;
    while (i < count && !wg_json_raw_is(key, names[i])) {
        i++;
    }
    *ret_field = i;
    if (i < count && (*seen >> i & 1u) != 0) {
        return fail(p, WG_MANIFEST_TWICE, "a field comes twice");
    }
    *seen |= i < count ? 1u << i : 0;
    return true;
}

static bool take_id(struct parse *p) {
    static const char *const names[] = {"nodeId", "partitionId", "checkpointId"};
    static const int64_t least[] = {0, 1, 1};
    static const int64_t most[] = {INT32_MAX, MAX_PARTITION, INT64_MAX};
    int64_t numbers[3] = {0, 0, 0};
    struct wg_bytes key;
    bool first = true;
    uint32_t seen = 0;
    uint32_t field;
    if (!wg_json_open_object(&p->r)) {
        return false;
    }
    while (wg_json_next_member(&p->r, &first, &key)) {
        if (!find_field(p, key, names, 3, &seen, &field)) {
            return false;
        }
        if (field == 3) {
            return fail(p, WG_MANIFEST_UNKNOWN, "an id has no such field");
        }
        if (!take_number(p, least[field], most[field], &numbers[field])) {
            return false;
        }
    }
    if (seen != 7) {
        return fail(p, WG_MANIFEST_MISSING, "an id needs nodeId, partitionId and checkpointId");
    }
    p->manifest->node_id = (uint32_t)numbers[0];
    p->manifest->partition_id = (uint32_t)numbers[1];
    p->manifest->checkpoint_id = numbers[2];
    return true;
}

static bool take_descriptor_field(struct parse *p, uint32_t field) {
    struct wg_backup_manifest *m = p->manifest;
    int64_t number;
    switch (field) {
    case 0:
        return take_null(p) || take_text(p, &m->snapshot_id);
    case 1:
        return take_number(p, 1, INT64_MAX, &m->checkpoint_position);
    case 2:
        if (!take_number(p, 1, MAX_PARTITION, &number)) {
            return false;
        }
        m->number_of_partitions = (uint32_t)number;
        return true;
    case 3:
        return take_text(p, &m->broker_version);
    default:
        return fail(p, WG_MANIFEST_UNKNOWN, "a descriptor has no such field");
    }
}

static bool take_descriptor(struct parse *p) {
    static const char *const names[] = {"snapshotId", "checkpointPosition", "numberOfPartitions",
                                        "brokerVersion"};
    struct wg_bytes key;
    bool first = true;
    uint32_t seen = 0;
    uint32_t field;
    if (take_null(p)) {
        return true;
    }
    if (!wg_json_open_object(&p->r)) {
        return false;
    }
    while (wg_json_next_member(&p->r, &first, &key)) {
        if (!find_field(p, key, names, 4, &seen, &field) || !take_descriptor_field(p, field)) {
            return false;
        }
    }
    if ((seen & 14u) != 14u) {
        return fail(p, WG_MANIFEST_MISSING, "a descriptor lacks a field");
    }
    p->manifest->has_descriptor = true;
    return true;
}

/* An object that has no field but `name`; false in *ret_there if it has not even that. */
static bool take_single_field(struct parse *p, const char *name, bool may_be_null,
                              struct wg_bytes *ret_text, bool *ret_there) {
    struct wg_bytes key;
    bool first = true;
    uint32_t seen = 0;
    uint32_t field;
    if (!wg_json_open_object(&p->r)) {
        return false;
    }
    while (wg_json_next_member(&p->r, &first, &key)) {
        if (!find_field(p, key, &name, 1, &seen, &field)) {
            return false;
        }
        if (field == 1) {
            return fail(p, WG_MANIFEST_UNKNOWN, "a file has no such field");
        }
        if (!(may_be_null && take_null(p)) && !take_text(p, ret_text)) {
            return false;
        }
    }
    *ret_there = seen == 1;
    return true;
}

/* {} or {"compressionAlgorithm": text | null} */
static bool take_s3_file(struct parse *p, struct wg_backup_file *file) {
    bool there;
    return take_single_field(p, "compressionAlgorithm", true, &file->compression, &there);
}

/* {"name": text} */
static bool take_store_file(struct parse *p, struct wg_backup_file *file) {
    bool there;
    return take_single_field(p, "name", false, &file->name, &there) &&
           (there || fail(p, WG_MANIFEST_MISSING, "a file needs a name"));
}

/* Elements or members of what stands here, which is well-formed. */
static uint32_t count_inside(struct wg_json_reader r, bool object) {
    struct wg_bytes key;
    bool first = true;
    uint32_t count = 0;
    bool open = object ? wg_json_open_object(&r) : wg_json_open_array(&r);
    while (open && (object ? wg_json_next_member(&r, &first, &key)
                           : wg_json_next_element(&r, &first))) {
        (void)wg_json_skip_value(&r);
        count++;
    }
    return count;
}

/* A list or, for S3, an object of files, each of which `take` reads. */
static bool take_list(struct parse *p, struct wg_backup_files *set, bool names_only) {
    bool object = p->manifest->dialect == WG_MANIFEST_S3 && !names_only;
    uint32_t count = count_inside(p->r, object);
    struct wg_bytes key;
    bool first = true;
    if (count > WG_MANIFEST_MAX_FILES) {
        return fail(p, WG_MANIFEST_TOO_LARGE, "too many files");
    }
    size_t size = count * sizeof(struct wg_backup_file);
    struct wg_backup_file *file = count == 0 ? NULL : wg_alloc(p->manifest->env, size);
    if (file != NULL) {
        memset(file, 0, size);
    }
    *set = (struct wg_backup_files){true, file, count};
    if (!(object ? wg_json_open_object(&p->r) : wg_json_open_array(&p->r))) {
        return false;
    }
    while (object ? wg_json_next_member(&p->r, &first, &key)
                  : wg_json_next_element(&p->r, &first)) {
        if (object) {
            file->name = wg_bytes_of(p->strings, wg_json_unescape(key, p->strings));
            p->strings += file->name.len;
        }
        if (!(object       ? take_s3_file(p, file)
              : names_only ? take_text(p, &file->name)
                           : take_store_file(p, file))) {
            return false;
        }
        file++;
    }
    return true;
}

/* {"files": ...} */
static bool take_files(struct parse *p, struct wg_backup_files *set) {
    struct wg_bytes key;
    bool first = true;
    uint32_t seen = 0;
    uint32_t field;
    static const char *const names[] = {"files"};
    if (take_null(p)) {
        return true;
    }
    if (!wg_json_open_object(&p->r)) {
        return false;
    }
    while (wg_json_next_member(&p->r, &first, &key)) {
        if (!find_field(p, key, names, 1, &seen, &field)) {
            return false;
        }
        if (field == 1) {
            return fail(p, WG_MANIFEST_UNKNOWN, "a set of files has no such field");
        }
        if (!take_list(p, set, false)) {
            return false;
        }
    }
    return seen == 1 || fail(p, WG_MANIFEST_MISSING, "a set of files needs `files`");
}

static bool take_status(struct parse *p) {
    struct wg_bytes raw;
    if (!wg_json_raw_string(&p->r, &raw)) {
        return false;
    }
    for (uint32_t i = WG_BACKUP_FAILED; i <= WG_BACKUP_COMPLETED; i++) {
        if (wg_json_raw_is(raw, status_names[p->manifest->dialect][i])) {
            p->manifest->status = (enum wg_backup_status)i;
            return true;
        }
    }
    return fail(p, WG_MANIFEST_STATUS, "there is no such status");
}

static bool take_instant(struct parse *p, struct wg_instant *instant) {
    struct wg_bytes raw;
    if (p->manifest->dialect == WG_MANIFEST_S3) {
        return wg_json_raw_number(&p->r, &raw) &&
               (wg_instant_from_number(raw, instant) ||
                fail(p, WG_MANIFEST_TIME, "a time is a number of seconds since 1970"));
    }
    return wg_json_raw_string(&p->r, &raw) &&
           (wg_instant_from_iso(raw, instant) ||
            fail(p, WG_MANIFEST_TIME, "a time is like 2023-11-14T22:13:20.5Z"));
}

static bool take_field(struct parse *p, uint32_t field) {
    struct wg_backup_manifest *m = p->manifest;
    switch (field) {
    case STATUS:
        return take_status(p);
    case ID:
        return take_id(p);
    case DESCRIPTOR:
        return take_descriptor(p);
    case SNAPSHOT:
        return take_files(p, &m->snapshot);
    case SEGMENTS:
        return take_files(p, &m->segments);
    case CREATED:
        return take_instant(p, &m->created_at);
    case MODIFIED:
        return take_instant(p, &m->modified_at);
    case REASON:
        m->has_failure_reason = !take_null(p);
        return !m->has_failure_reason || take_text(p, &m->failure_reason);
    default:
        return m->dialect == WG_MANIFEST_S3
                   ? wg_json_skip_value(&p->r)
                   : fail(p, WG_MANIFEST_UNKNOWN, "a manifest has no such field");
    }
}

/* S3's lists of names of 8.1: the set that a key means, NULL if it is none of them. */
static struct wg_backup_files *old_list(struct parse *p, struct wg_bytes key) {
    bool snapshot = wg_json_raw_is(key, "snapshotFileNames");
    if (p->manifest->dialect != WG_MANIFEST_S3 ||
        !(snapshot || wg_json_raw_is(key, "segmentFileNames"))) {
        return NULL;
    }
    return snapshot ? &p->manifest->snapshot : &p->manifest->segments;
}

static bool take_manifest(struct parse *p) {
    struct wg_bytes key;
    bool first = true;
    uint32_t field;
    (void)wg_json_open_object(&p->r);
    while (wg_json_next_member(&p->r, &first, &key)) {
        struct wg_backup_files *old = old_list(p, key);
        if (old != NULL && old->present) {
            return fail(p, WG_MANIFEST_TWICE, "a field comes twice");
        }
        if (old != NULL) {
            if (!take_list(p, old, true)) {
                return false;
            }
            p->seen |= old == &p->manifest->snapshot ? 1u << SNAPSHOT : 1u << SEGMENTS;
        } else if (!find_field(p, key, field_names[p->manifest->dialect], FIELD_COUNT, &p->seen,
                               &field) ||
                   !take_field(p, field)) {
            return false;
        }
    }
    const uint32_t needed = 1u << STATUS | 1u << ID | 1u << CREATED | 1u << MODIFIED;
    return (p->seen & needed) == needed ||
           fail(p, WG_MANIFEST_MISSING, "statusCode, id, createdAt and modifiedAt are needed");
}

/* By the case of the status code: the whole text is read once, so it is well-formed JSON then. */
static bool find_dialect(struct parse *p) {
    struct wg_json_reader r = p->r;
    struct wg_bytes key;
    bool first = true;
    bool found = false;
    if (wg_json_open_object(&r)) {
        while (wg_json_next_member(&r, &first, &key)) {
            if (wg_json_raw_is(key, "statusCode") && wg_json_peek(&r) == WG_JSON_STRING) {
                found = true;
                bool lower = r.end - r.at > 1 && r.at[1] >= 'a' && r.at[1] <= 'z';
                p->manifest->dialect = lower ? WG_MANIFEST_S3 : WG_MANIFEST_STORE;
            }
            if (!wg_json_skip_value(&r)) {
                break;
            }
        }
    }
    if (!wg_json_at_end(&r)) {
        p->r = r;
        return false;
    }
    return found || fail(p, WG_MANIFEST_MISSING, "statusCode is needed");
}

static bool parse(struct parse *p) {
    struct wg_manifest_error error = {WG_MANIFEST_NONE, 0, ""};
    if (!find_dialect(p) || !take_manifest(p)) {
        /* What the reader of JSON found is a matter of form, whatever it is. */
        if (p->error.code == WG_MANIFEST_NONE) {
            p->error = (struct wg_manifest_error){WG_MANIFEST_SYNTAX, p->r.error_at, p->r.error};
        }
        return false;
    }
    if (!check_all(p->manifest->env, p->manifest, &error)) {
        return fail(p, error.code, error.what);
    }
    return true;
}

wg_status wg_backup_manifest_decode(struct wg_env *env, struct wg_bytes text,
                                    struct wg_backup_manifest *ret_manifest,
                                    struct wg_manifest_error *reterr) {
    if (text.len > WG_MANIFEST_MAX_BYTES) {
        *reterr = (struct wg_manifest_error){WG_MANIFEST_TOO_LARGE, 0, "the manifest is too large"};
        return WG_CORRUPT;
    }
    struct wg_backup_manifest manifest = {.env = env, .memory_bytes = (size_t)text.len + 1};
    manifest.memory = wg_alloc(env, manifest.memory_bytes);
    struct parse p = {.r = wg_json_reader_on(text), .manifest = &manifest,
                      .strings = manifest.memory};
    if (!parse(&p)) {
        wg_backup_manifest_done(&manifest);
        *reterr = p.error;
        return WG_CORRUPT;
    }
    *ret_manifest = manifest;
    return WG_OK;
}

static void free_files(struct wg_env *env, struct wg_backup_files *set) {
    wg_free(env, (void *)(uintptr_t)set->files, set->count * sizeof *set->files);
    *set = (struct wg_backup_files){false, NULL, 0};
}

void wg_backup_manifest_done(struct wg_backup_manifest *manifest) {
    if (manifest->env == NULL) {
        return;
    }
    free_files(manifest->env, &manifest->snapshot);
    free_files(manifest->env, &manifest->segments);
    wg_free(manifest->env, manifest->memory, manifest->memory_bytes);
    manifest->memory = NULL;
    manifest->env = NULL;
}

/* --- write ----------------------------------------------------------------------------------- */

static void put_key(struct wg_text *text, bool *first, const char *name) {
    if (!*first) {
        wg_text_literal(text, ",");
    }
    *first = false;
    wg_text_string(text, wg_bytes_str(name));
    wg_text_literal(text, ":");
}

static void put_number(struct wg_text *text, bool *first, const char *name, int64_t number) {
    put_key(text, first, name);
    wg_text_int(text, number);
}

static void put_id(struct wg_text *text, const struct wg_backup_manifest *m) {
    bool first = true;
    wg_text_literal(text, "{");
    put_number(text, &first, "nodeId", m->node_id);
    put_number(text, &first, "partitionId", m->partition_id);
    put_number(text, &first, "checkpointId", m->checkpoint_id);
    wg_text_literal(text, "}");
}

static void put_descriptor(struct wg_text *text, const struct wg_backup_manifest *m) {
    bool first = true;
    if (!m->has_descriptor) {
        wg_text_literal(text, "null");
        return;
    }
    wg_text_literal(text, "{");
    if (m->snapshot_id.len > 0 || m->dialect == WG_MANIFEST_S3) {
        put_key(text, &first, "snapshotId");
        if (m->snapshot_id.len > 0) {
            wg_text_string(text, m->snapshot_id);
        } else {
            wg_text_literal(text, "null");
        }
    }
    put_number(text, &first, "checkpointPosition", m->checkpoint_position);
    put_number(text, &first, "numberOfPartitions", m->number_of_partitions);
    put_key(text, &first, "brokerVersion");
    wg_text_string(text, m->broker_version);
    wg_text_literal(text, "}");
}

static void put_s3_file(struct wg_text *text, const struct wg_backup_file *file) {
    wg_text_string(text, file->name);
    wg_text_literal(text, ":{");
    if (file->compression.len > 0) {
        wg_text_literal(text, "\"compressionAlgorithm\":");
        wg_text_string(text, file->compression);
    }
    wg_text_literal(text, "}");
}

static void put_files(struct wg_text *text, const struct wg_backup_manifest *m,
                      const struct wg_backup_files *set) {
    bool s3 = m->dialect == WG_MANIFEST_S3;
    wg_text_literal(text, "{\"files\":");
    wg_text_put(text, s3 ? "{" : "[", 1);
    for (uint32_t i = 0; i < set->count; i++) {
        if (i > 0) {
            wg_text_literal(text, ",");
        }
        if (s3) {
            put_s3_file(text, &set->files[i]);
        } else {
            wg_text_literal(text, "{\"name\":");
            wg_text_string(text, set->files[i].name);
            wg_text_literal(text, "}");
        }
    }
    wg_text_put(text, s3 ? "}" : "]", 1);
    wg_text_literal(text, "}");
}

static void put_instant(struct wg_text *text, const struct wg_backup_manifest *m,
                        const struct wg_instant *instant) {
    if (m->dialect == WG_MANIFEST_S3) {
        wg_text_number_instant(text, instant);
    } else {
        wg_text_iso_instant(text, instant);
    }
}

static void put_field(struct wg_text *text, const struct wg_backup_manifest *m, bool *first,
                      enum field field) {
    const struct wg_backup_files *set = field == SNAPSHOT ? &m->snapshot : &m->segments;
    bool files = field == SNAPSHOT || field == SEGMENTS;
    if ((files && !set->present) || (field == REASON && !m->has_failure_reason) ||
        (field == DESCRIPTOR && !m->has_descriptor && m->dialect != WG_MANIFEST_S3)) {
        return;
    }
    put_key(text, first, field_names[m->dialect][field]);
    switch (field) {
    case STATUS:
        wg_text_string(text, wg_bytes_str(status_names[m->dialect][m->status]));
        break;
    case ID:
        put_id(text, m);
        break;
    case DESCRIPTOR:
        put_descriptor(text, m);
        break;
    case CREATED:
        put_instant(text, m, &m->created_at);
        break;
    case MODIFIED:
        put_instant(text, m, &m->modified_at);
        break;
    case REASON:
        wg_text_string(text, m->failure_reason);
        break;
    default:
        put_files(text, m, set);
        break;
    }
}

void wg_backup_manifest_encode(const struct wg_backup_manifest *manifest, struct wg_text *text) {
    static const enum field order[2][FIELD_COUNT] = {
        [WG_MANIFEST_S3] = {STATUS, ID, DESCRIPTOR, SNAPSHOT, SEGMENTS, CREATED, MODIFIED, REASON},
        [WG_MANIFEST_STORE] = {ID, DESCRIPTOR, STATUS, SNAPSHOT, SEGMENTS, CREATED, MODIFIED,
                               REASON}};
    bool first = true;
    wg_text_literal(text, "{");
    for (uint32_t i = 0; i < FIELD_COUNT; i++) {
        put_field(text, manifest, &first, order[manifest->dialect][i]);
    }
    wg_text_literal(text, "}");
}
