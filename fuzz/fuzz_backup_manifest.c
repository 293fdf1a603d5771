/* A backup manifest: what is read passes its own check and is written in a form that reads back as
 * the same and is written as the same text; it is JSON for jansson too. What is refused has a
 * reason and a place inside the text. */
#include "fuzz/fuzz.h"

#include "codec/backup_manifest.h"

#include <jansson.h>

static bool same_files(const struct wg_backup_files *a, const struct wg_backup_files *b) {
    bool same = a->present == b->present && a->count == b->count;
    for (uint32_t i = 0; same && i < a->count; i++) {
        same = wg_bytes_equal(a->files[i].name, b->files[i].name) &&
               wg_bytes_equal(a->files[i].compression, b->files[i].compression);
    }
    return same;
}

static bool same(const struct wg_backup_manifest *a, const struct wg_backup_manifest *b) {
    return a->dialect == b->dialect && a->status == b->status && a->node_id == b->node_id &&
           a->partition_id == b->partition_id && a->checkpoint_id == b->checkpoint_id &&
           a->has_descriptor == b->has_descriptor &&
           wg_bytes_equal(a->snapshot_id, b->snapshot_id) &&
           a->checkpoint_position == b->checkpoint_position &&
           a->number_of_partitions == b->number_of_partitions &&
           wg_bytes_equal(a->broker_version, b->broker_version) &&
           same_files(&a->snapshot, &b->snapshot) && same_files(&a->segments, &b->segments) &&
           a->created_at.seconds == b->created_at.seconds &&
           a->created_at.nanos == b->created_at.nanos &&
           a->modified_at.seconds == b->modified_at.seconds &&
           a->modified_at.nanos == b->modified_at.nanos &&
           a->has_failure_reason == b->has_failure_reason &&
           wg_bytes_equal(a->failure_reason, b->failure_reason);
}

static void check(struct wg_env *env, const struct wg_backup_manifest *manifest) {
    struct wg_text first = {.env = env}, second = {.env = env};
    struct wg_backup_manifest again;
    struct wg_manifest_error error;
    FUZZ_CHECK(wg_backup_manifest_check(env, manifest, &error) == WG_OK);
    wg_backup_manifest_encode(manifest, &first);
    FUZZ_CHECK(wg_backup_manifest_decode(env, wg_bytes_of(first.ptr, first.len), &again, &error) ==
               WG_OK);
    FUZZ_CHECK(same(manifest, &again));
    wg_backup_manifest_encode(&again, &second);
    FUZZ_CHECK(first.len == second.len && memcmp(first.ptr, second.ptr, first.len) == 0);
    json_t *tree = json_loadb(first.ptr, first.len, JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(tree != NULL);
    json_decref(tree);
    wg_backup_manifest_done(&again);
    wg_text_free(&first);
    wg_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_env *env = test_env_new();
    struct wg_backup_manifest manifest;
    struct wg_manifest_error error = {WG_MANIFEST_NONE, 0, NULL};
    if (wg_backup_manifest_decode(env, wg_bytes_of(data, size), &manifest, &error) == WG_OK) {
        json_error_t reason;
        json_t *tree = json_loadb((const char *)data, size, JSON_ALLOW_NUL, &reason);
        /* Two things in JSON that jansson has no place for; both are in fields that we ignore. */
        FUZZ_CHECK(tree != NULL || json_error_code(&reason) == json_error_numeric_overflow ||
                   json_error_code(&reason) == json_error_null_byte_in_key);
        json_decref(tree);
        check(env, &manifest);
        wg_backup_manifest_done(&manifest);
    } else {
        FUZZ_CHECK(error.code != WG_MANIFEST_NONE && error.what != NULL && error.offset <= size);
    }
    test_env_free(env);
    return 0;
}
