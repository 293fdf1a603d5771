/* The judges' own readers: checksums, frames, MessagePack, paths, and the dictionaries. */
#include "judge_world.h"

#include "sim/invariants/detail.h"
#include "sim/invariants/grow.h"
#include "sim/invariants/lookup.h"
#include "sim/invariants/paths.h"
#include "sim/invariants/wire.h"

static void crc32c_gives_the_published_check_values(void **state) {
    (void)state;
    uint8_t zeros[32] = {0}, ones[32];
    memset(ones, 0xff, sizeof ones);
    assert_int_equal(judge_crc32c("123456789", 9), 0xE3069283u);
    assert_int_equal(judge_crc32c(zeros, sizeof zeros), 0x8A9136AAu);
    assert_int_equal(judge_crc32c(ones, sizeof ones), 0x62A8AB43u);
    assert_int_equal(judge_crc32c("", 0), 0);
}

static struct world_frame sample(void) {
    struct world *w = world_new();
    struct world_record record = {.record_type = WG_EVENT,
                                  .value_type = WG_VT_JOB,
                                  .intent = WG_JOB_CREATED,
                                  .key = 77,
                                  .source = 3,
                                  .instance = 1234567890123};
    w->next_index = 9;
    w->next_position = 40;
    struct world_frame frame = world_frame(w, 6, &record, 1);
    world_free(w);
    return frame;
}

static void keep_last(void *ctx, const struct judge_record *record) {
    *(struct judge_record *)ctx = *record;
}

static void frame_is_read_as_it_was_written(void **state) {
    (void)state;
    struct world_frame frame = sample();
    struct judge_frame read;
    assert_int_equal(judge_frame_read((struct wg_bytes){frame.bytes, frame.len}, &read),
                     JUDGE_FRAME_OK);
    assert_int_equal(read.index, 9);
    assert_int_equal(read.term, 6);
    assert_int_equal(read.asqn, 40);
    assert_int_equal(read.highest, 40);
    assert_int_equal(read.total, frame.len);
    assert_true(judge_frame_checksum_ok(&read));
    struct judge_record record;
    assert_true(judge_batch_read(read.batch, keep_last, &record));
    assert_int_equal(record.position, 40);
    assert_int_equal(record.source, 3);
    assert_int_equal(record.key, 77);
    assert_true(record.instance == 1234567890123);
    assert_int_equal(record.record_type, WG_EVENT);
    assert_int_equal(record.value_type, WG_VT_JOB);
}

/* Whatever byte is wrong and wherever the bytes end, nothing outside is read (sanitizers see). */
static void frame_reader_survives_any_damage(void **state) {
    (void)state;
    struct world_frame frame = sample();
    for (uint32_t len = 0; len < frame.len; len++) {
        uint8_t *exact = test_malloc(len + 1);
        memcpy(exact, frame.bytes, len);
        struct judge_frame read;
        assert_int_not_equal(judge_frame_read((struct wg_bytes){exact, len}, &read),
                             JUDGE_FRAME_OK);
        test_free(exact);
    }
    for (uint32_t at = 0; at < frame.len; at++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            struct world_frame damaged = frame;
            damaged.bytes[at] ^= (uint8_t)(1u << bit);
            struct judge_frame read;
            struct judge_record record;
            if (judge_frame_read((struct wg_bytes){damaged.bytes, damaged.len}, &read) ==
                JUDGE_FRAME_OK) {
                judge_batch_read(read.batch, keep_last, &record);
            }
        }
    }
}

static void empty_frame_is_the_end(void **state) {
    (void)state;
    uint8_t zeros[64] = {0};
    struct judge_frame read;
    assert_int_equal(judge_frame_read((struct wg_bytes){zeros, sizeof zeros}, &read),
                     JUDGE_FRAME_END);
}

static void map_int_finds_numbers_of_every_width(void **state) {
    (void)state;
    static const uint8_t map[] = {0x88, 0xa1, 'a', 0x05, 0xa1, 'b', 0xff, 0xa1, 'c', 0xcc, 0xff,
                                  0xa1, 'd', 0xcd, 0x12, 0x34, 0xa1, 'e', 0xd1, 0xff, 0x00,
                                  0xd9, 0x01, 'f', 0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xfe,
                                  0xa1, 'g', 0xc4, 0x02, 0x01, 0x02, 0xa1, 'h', 0xca, 0, 0, 0, 0};
    struct wg_bytes value = {map, sizeof map};
    int64_t number = 0;
    assert_true(judge_map_int(value, "a", &number) && number == 5);
    assert_true(judge_map_int(value, "b", &number) && number == -1);
    assert_true(judge_map_int(value, "c", &number) && number == 255);
    assert_true(judge_map_int(value, "d", &number) && number == 0x1234);
    assert_true(judge_map_int(value, "e", &number) && number == -256);
    assert_true(judge_map_int(value, "f", &number) && number == -2);
    assert_false(judge_map_int(value, "g", &number));
    assert_false(judge_map_int(value, "h", &number));
    assert_false(judge_map_int(value, "i", &number));
    assert_false(judge_map_int((struct wg_bytes){map, 12}, "d", &number));
    assert_false(judge_map_int((struct wg_bytes){NULL, 0}, "a", &number));
}

static void map_int_passes_over_nested_values(void **state) {
    (void)state;
    static const uint8_t map[] = {0x82, 0xa1, 'x', 0x92, 0x81, 0xa1, 'k', 0x93, 1, 2, 3, 0xc0,
                                  0xa3, 'k', 'e', 'y', 0xcf, 0, 8, 0, 0, 0, 0, 0, 1};
    int64_t number = 0;
    assert_true(judge_map_int((struct wg_bytes){map, sizeof map}, "key", &number));
    assert_true(number == 0x0008000000000001);
}

static struct judge_path path(const char *text) {
    return judge_path_read(text, (uint32_t)strlen(text));
}

static void note_item(void *ctx, uint64_t number, struct wg_bytes item) {
    uint32_t *lengths = ctx;
    lengths[number] = item.len;
}

/* [5, [1, 2], "ab", 300] and the same without its last byte */
static void array_items_are_told_one_by_one(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x94, 5, 0x92, 1, 2, 0xa2, 'a', 'b', 0xcd, 1, 44};
    struct wg_bytes array = {bytes, sizeof bytes};
    uint32_t lengths[4] = {0};
    assert_int_equal(judge_array_items(array, note_item, lengths), 4);
    assert_int_equal(lengths[0], 1);
    assert_int_equal(lengths[1], 3);
    assert_int_equal(lengths[2], 3);
    assert_int_equal(lengths[3], 3);
    array.len--;
    assert_int_equal(judge_array_items(array, note_item, lengths), -1);
    struct wg_bytes number = {bytes + 1, 1};
    assert_int_equal(judge_array_items(number, note_item, lengths), -1);
}

/* {"name": "x", "value": bytes [7], "scopeKey": 9} */
static void details_of_a_variable_are_read(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x83, 0xa4, 'n', 'a', 'm', 'e', 0xa1, 'x', 0xa5, 'v', 'a', 'l',
                                    'u',  'e',  0xc4, 2, 0x91, 7, 0xa8, 's', 'c', 'o', 'p', 'e',
                                    'K',  'e',  'y',  9};
    static const uint8_t seven = 7, name = 'x';
    struct wg_bytes item = {&seven, 1};
    struct wg_bytes text = {&name, 1};
    struct judge_record record = {.record_type = WG_EVENT,
                                  .value_type = WG_VT_VARIABLE,
                                  .value = {bytes, sizeof bytes}};
    assert_false(judge_has_detail(&record));
    assert_true(judge_has_flow_detail(&record));
    struct judge_detail detail = judge_detail_read(&record);
    assert_int_equal(detail.scope, 9);
    assert_int_equal(detail.items, 1);
    assert_int_equal(detail.number, -1);
    assert_true(detail.name == judge_text_hash(text));
    assert_true(detail.spread == judge_spread(1, judge_text_hash(item)));
    assert_true(judge_spread(2, judge_text_hash(item)) != detail.spread);
}

static void paths_are_told_apart(void **state) {
    (void)state;
    struct judge_path segment = path("partitions/12/raft-34.log");
    assert_int_equal(segment.kind, JUDGE_PATH_SEGMENT);
    assert_int_equal(segment.partition, 12);
    assert_int_equal(segment.segment, 34);
    assert_int_equal(path("partitions/1/raft.meta").kind, JUDGE_PATH_META);
    struct judge_path snapshot = path("partitions/2/snapshots/7-3-90-9223372036854775807.checksum");
    assert_int_equal(snapshot.kind, JUDGE_PATH_SNAPSHOT);
    assert_int_equal(snapshot.index, 7);
    assert_true(snapshot.exported == WG_POSITION_MAX);
    assert_int_equal(path("partitions/2/snapshots/7-3-90-80.checksum.tmp").kind,
                     JUDGE_PATH_SNAPSHOT_MARKER);
    assert_int_equal(path("partitions/2/snapshots/7-3-90-80.checksum.tmpx").kind, JUDGE_PATH_OTHER);
    assert_int_equal(path("partitions/2/snapshots/7-3-90-80/state.bin").kind,
                     JUDGE_PATH_SNAPSHOT_STATE);
    assert_int_equal(path("partitions/2/snapshots/7-3-90-80/zeebe.metadata").kind,
                     JUDGE_PATH_SNAPSHOT_METADATA);
    assert_int_equal(path("partitions/2/pending/7-3-90-80/state.bin").kind, JUDGE_PATH_OTHER);
    assert_int_equal(path("partitions/1/raft-34.log_0-deleted").kind, JUDGE_PATH_DELETED);
    assert_int_equal(path("partitions/1/raft-34.log_-deleted").kind, JUDGE_PATH_OTHER);
    assert_int_equal(path("partitions/1/raft-34.log_0-deleted.").kind, JUDGE_PATH_OTHER);
    assert_int_equal(path("partitions/1/raft-.log").kind, JUDGE_PATH_OTHER);
    assert_int_equal(path("partitions/").kind, JUDGE_PATH_OTHER);
    assert_int_equal(path("").kind, JUDGE_PATH_OTHER);
    assert_int_equal(judge_path_read("partitions/1/raft.meta\0x", 24).kind, JUDGE_PATH_META);
}

static void map_keeps_what_is_put_and_loses_what_is_removed(void **state) {
    (void)state;
    struct judge_map map = {0};
    uint64_t value = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        judge_map_put(&map, i * i, i);
    }
    for (uint64_t i = 0; i < 2000; i += 3) {
        assert_true(judge_map_remove(&map, i * i));
        assert_false(judge_map_remove(&map, i * i));
    }
    for (uint64_t i = 0; i < 2000; i++) {
        assert_int_equal(judge_map_get(&map, i * i, &value), i % 3 != 0);
        assert_true(i % 3 == 0 || value == i);
    }
    judge_map_free(&map);
}

static void terms_keep_the_first_value_in_any_order(void **state) {
    (void)state;
    struct judge_terms terms = {0};
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(judge_terms_first(&terms, i * 7 % 50, i), i);
    }
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(judge_terms_first(&terms, i * 7 % 50, 99), i);
    }
    judge_terms_free(&terms);
}

static void bits_below_the_floor_read_as_set(void **state) {
    (void)state;
    struct judge_bits bits;
    judge_bits_init(&bits);
    assert_false(judge_bits_set(&bits, 1000));
    assert_true(judge_bits_set(&bits, 1000));
    assert_false(judge_bits_get(&bits, 999));
    judge_bits_forget(&bits, 900);
    assert_true(judge_bits_get(&bits, 800));
    assert_false(judge_bits_get(&bits, 999));
    assert_true(judge_bits_get(&bits, 1000));
    assert_false(judge_bits_get(&bits, 100000));
    judge_bits_forget(&bits, 100000);
    assert_true(judge_bits_get(&bits, 1000));
    judge_bits_free(&bits);
}

static void deque_of_steady_length_stays_small(void **state) {
    (void)state;
    struct judge_deque deque = {.elem = sizeof(uint32_t)};
    for (uint32_t i = 0; i < 100000; i++) {
        *(uint32_t *)judge_deque_push(&deque) = i;
        if (deque.count > 100) {
            judge_deque_pop_front(&deque, 1);
        }
    }
    assert_int_equal(*(uint32_t *)judge_deque_at(&deque, 0), 99900);
    assert_true(deque.cap <= 256);
    judge_deque_free(&deque);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_gives_the_published_check_values),
        cmocka_unit_test(frame_is_read_as_it_was_written),
        cmocka_unit_test(frame_reader_survives_any_damage),
        cmocka_unit_test(empty_frame_is_the_end),
        cmocka_unit_test(map_int_finds_numbers_of_every_width),
        cmocka_unit_test(map_int_passes_over_nested_values),
        cmocka_unit_test(array_items_are_told_one_by_one),
        cmocka_unit_test(details_of_a_variable_are_read),
        cmocka_unit_test(paths_are_told_apart),
        cmocka_unit_test(map_keeps_what_is_put_and_loses_what_is_removed),
        cmocka_unit_test(terms_keep_the_first_value_in_any_order),
        cmocka_unit_test(bits_below_the_floor_read_as_set),
        cmocka_unit_test(deque_of_steady_length_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
