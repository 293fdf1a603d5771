/* A record's JSON. Bytes: value type, intent, record type, rejection type, length of what follows as
 * authorization, authorization, value. What the writer accepts is JSON that jansson reads; what the
 * importer takes back gives the same JSON from then on; the exact form gives back the record. */
#include "fuzz/fuzz.h"

#include "codec/record_json.h"
#include "reports/import_exact.h"
#include "reports/import_record.h"

/* The JSON as a tree; NULL for the one thing in it that jansson has no place for. */
static json_t *parse(const struct wg_text *text) {
    json_error_t error;
    json_t *object = json_loadb(text->ptr, text->len, JSON_ALLOW_NUL, &error);
    FUZZ_CHECK(object != NULL || json_error_code(&error) == json_error_null_byte_in_key);
    return object;
}

/* The JSON of the record that the importer makes of `text`, in a new text; false if it refuses. */
static bool through_import(struct wg_env *env, const struct wg_text *text, struct wg_text *ret) {
    char why[WG_IMPORT_WHY_BYTES];
    struct wg_imported imported;
    *ret = (struct wg_text){.env = env};
    json_t *object = parse(text);
    bool taken = object != NULL && wg_import_record(object, &imported, why);
    json_decref(object);
    if (!taken) {
        return false;
    }
    FUZZ_CHECK(wg_record_json(&imported.record, imported.partition, ret) == WG_OK);
    wg_imported_free(&imported);
    return true;
}

static void check_exact(struct wg_env *env, const struct wg_record *record) {
    char why[WG_IMPORT_WHY_BYTES];
    struct wg_imported imported;
    struct wg_text text = {.env = env};
    FUZZ_CHECK(wg_record_json_exact(record, 1, &text) == WG_OK);
    json_t *object = parse(&text);
    if (object != NULL) {
        FUZZ_CHECK(wg_import_record(object, &imported, why));
        FUZZ_CHECK(fuzz_same_record(record, &imported.record));
        wg_imported_free(&imported);
    }
    json_decref(object);
    wg_text_free(&text);
}

static void check_fixpoint(struct wg_env *env, const struct wg_text *text) {
    struct wg_text second, third;
    if (through_import(env, text, &second)) {
        FUZZ_CHECK(through_import(env, &second, &third));
        FUZZ_CHECK(second.len == third.len && memcmp(second.ptr, third.ptr, second.len) == 0);
        wg_text_free(&third);
    }
    wg_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    struct wg_record record;
    wg_record_init(&record);
    record.value_type = fuzz_byte(&input);
    record.intent = fuzz_byte(&input);
    record.record_type = fuzz_byte(&input);
    record.rejection_type = fuzz_byte(&input);
    record.authorization = fuzz_take(&input, fuzz_byte(&input));
    record.value = input;
    struct wg_env *env = test_env_new();
    struct wg_text text = {.env = env};
    if (wg_record_json(&record, 1, &text) == WG_OK) {
        check_fixpoint(env, &text);
        check_exact(env, &record);
    } else {
        FUZZ_CHECK(text.len == 0);
    }
    wg_text_free(&text);
    test_env_free(env);
    return 0;
}
