/* A record's JSON. Bytes: value type, intent, record type, then the value. What the writer accepts
 * is JSON that jansson reads; what the importer takes back gives the same JSON from then on. */
#include "fuzz/fuzz.h"

#include "codec/record_json.h"
#include "reports/import_record.h"

/* The JSON of the record that the importer makes of `text`, in a new text; false if it refuses. */
static bool through_import(struct wg_env *env, const struct wg_text *text, struct wg_text *ret) {
    char why[WG_IMPORT_WHY_BYTES];
    struct wg_imported imported;
    json_error_t error;
    *ret = (struct wg_text){.env = env};
    json_t *object = json_loadb(text->ptr, text->len, JSON_ALLOW_NUL, &error);
    /* The one thing in our JSON that jansson has no place for. */
    bool nul_in_key = object == NULL && json_error_code(&error) == json_error_null_byte_in_key;
    FUZZ_CHECK(object != NULL || nul_in_key);
    bool taken = !nul_in_key && wg_import_record(object, &imported, why);
    json_decref(object);
    if (!taken) {
        return false;
    }
    FUZZ_CHECK(wg_record_json(&imported.record, imported.partition, ret) == WG_OK);
    wg_imported_free(&imported);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    struct wg_record record;
    wg_record_init(&record);
    record.value_type = fuzz_byte(&input);
    record.intent = fuzz_byte(&input);
    record.record_type = fuzz_byte(&input);
    record.value = input;
    struct wg_env *env = test_env_new();
    struct wg_text text = {.env = env};
    if (wg_record_json(&record, 1, &text) == WG_OK) {
        struct wg_text second, third;
        if (through_import(env, &text, &second)) {
            FUZZ_CHECK(through_import(env, &second, &third));
            FUZZ_CHECK(second.len == third.len &&
                       memcmp(second.ptr, third.ptr, second.len) == 0);
            wg_text_free(&third);
        }
        wg_text_free(&second);
    } else {
        FUZZ_CHECK(text.len == 0);
    }
    wg_text_free(&text);
    test_env_free(env);
    return 0;
}
