/* Names and event marks of the protocol's enums. */
#include "golden.h"

static void names(void **state) {
    (void)state;
    assert_string_equal(wg_record_type_name(WG_EVENT), "EVENT");
    assert_string_equal(wg_record_type_name(WG_COMMAND), "COMMAND");
    assert_string_equal(wg_record_type_name(WG_REJECTION), "COMMAND_REJECTION");
    assert_string_equal(wg_record_type_name(255), "NULL_VAL");
    assert_null(wg_record_type_name(3));
    assert_string_equal(wg_rejection_type_name(5), "EXCEEDED_BATCH_RECORD_SIZE");
    assert_string_equal(wg_rejection_type_name(255), "NULL_VAL");
    assert_null(wg_rejection_type_name(6));
    assert_string_equal(wg_value_type_name(WG_VT_JOB), "JOB");
    assert_string_equal(wg_value_type_name(WG_VT_CHECKPOINT), "CHECKPOINT");
    assert_string_equal(wg_value_type_name(255), "NULL_VAL");
    assert_null(wg_value_type_name(1));
    assert_null(wg_value_type_name(40));
    assert_string_equal(wg_intent_name(WG_VT_PROCESS_INSTANCE, 9), "COMPLETE_ELEMENT");
    assert_string_equal(wg_intent_name(WG_VT_JOB, 19), "MIGRATED");
    assert_string_equal(wg_intent_name(WG_VT_USER_TASK, 14), "MIGRATED");
    assert_null(wg_intent_name(WG_VT_JOB, 20));
    assert_null(wg_intent_name(1, 0));
    assert_null(wg_intent_name(255, 255));
}

/* All 146 intents; 98 of them are events, counted in the reference's table. */
static void how_many(void **state) {
    (void)state;
    uint32_t intents = 0;
    uint32_t events = 0;
    for (uint32_t type = 0; type < 256; type++) {
        for (uint32_t intent = 0; intent < 256; intent++) {
            intents += wg_intent_name((uint8_t)type, (uint8_t)intent) != NULL;
            events += wg_intent_is_event((uint8_t)type, (uint8_t)intent);
        }
    }
    assert_int_equal(intents, 146);
    assert_int_equal(events, 98);
}

static void events(void **state) {
    (void)state;
    assert_true(wg_intent_is_event(WG_VT_JOB, WG_JOB_CREATED));
    assert_false(wg_intent_is_event(WG_VT_JOB, WG_JOB_COMPLETE));
    assert_true(wg_intent_is_event(WG_VT_JOB_BATCH, WG_JOB_BATCH_ACTIVATED));
    assert_false(wg_intent_is_event(WG_VT_PROCESS_INSTANCE, WG_PI_TERMINATE_ELEMENT));
    assert_true(wg_intent_is_event(WG_VT_ERROR, 0));
    assert_false(wg_intent_is_event(255, 255));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(how_many),
                                       cmocka_unit_test(events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
