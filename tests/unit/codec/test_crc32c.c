/* CRC32C: the known check value, both ways agree, checksums can be continued. */
#include "golden.h"

#include "base/crc32c.h"

static void known_values(void **state) {
    (void)state;
    assert_int_equal(wg_crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(wg_crc32c_table(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(wg_crc32c(0, "", 0), 0);
    assert_int_equal(wg_crc32c_table(0, "", 0), 0);
}

static void both_agree_and_continue(void **state) {
    (void)state;
    uint8_t bytes[300];
    uint64_t random = 1;
    for (uint32_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)test_random(&random);
    }
    for (uint32_t len = 0; len < sizeof bytes; len++) {
        uint32_t whole = wg_crc32c(0, bytes, len);
        assert_int_equal(whole, wg_crc32c_table(0, bytes, len));
        uint32_t cut = len / 3;
        assert_int_equal(whole, wg_crc32c(wg_crc32c(0, bytes, cut), bytes + cut, len - cut));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_values),
                                       cmocka_unit_test(both_agree_and_continue)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
