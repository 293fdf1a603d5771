/* Streams of choices: independence, distributions, recording, replay, refusal of bad files. */
#include "world_env.h"

#include "sim/kernel/choice.h"

static void test_bounds_and_determinism(void **state) {
    (void)state;
    struct sim_choices *a = sim_choices_new(42);
    struct sim_choices *b = sim_choices_new(42);
    struct sim_stream sa, sb;
    sim_stream_init(&sa, a, SIM_CONCERN_DISK, 3);
    sim_stream_init(&sb, b, SIM_CONCERN_DISK, 3);
    for (uint32_t i = 1; i < 5000; i++) {
        uint32_t bound = i % 7 == 0 ? UINT32_MAX - i : i;
        uint32_t value = sim_choose(&sa, 1, bound);
        assert_true(value < bound);
        assert_int_equal(value, sim_choose(&sb, 2, bound)); /* sites do not matter */
    }
    sim_choices_free(a);
    sim_choices_free(b);
}

static void test_streams_are_independent(void **state) {
    (void)state;
    uint32_t alone[100];
    for (int other = 0; other < 2; other++) {
        struct sim_choices *choices = sim_choices_new(7);
        struct sim_stream link, disk;
        if (other == 1) {
            sim_stream_init(&disk, choices, SIM_CONCERN_DISK, 1);
        }
        sim_stream_init(&link, choices, SIM_CONCERN_LINK, 1);
        for (int i = 0; i < 100; i++) {
            uint32_t value = sim_choose(&link, 1, 1000);
            if (other == 0) {
                alone[i] = value;
            } else {
                assert_int_equal(value, alone[i]);
                sim_choose(&disk, 1, 10);
            }
        }
        sim_choices_free(choices);
    }
}

static void test_same_key_again_goes_on(void **state) {
    (void)state;
    struct sim_choices *choices = sim_choices_new(7);
    struct sim_stream first, second;
    sim_stream_init(&first, choices, SIM_CONCERN_ENGINE, 1);
    sim_stream_init(&second, choices, SIM_CONCERN_ENGINE, 1);
    int equal = 0;
    for (int i = 0; i < 100; i++) {
        equal += sim_choose(&first, 1, 1000) == sim_choose(&second, 1, 1000);
    }
    assert_true(equal < 10);
    sim_choices_free(choices);
}

static void test_distributions(void **state) {
    (void)state;
    struct sim_choices *choices = sim_choices_new(99);
    struct sim_stream stream;
    sim_stream_init(&stream, choices, SIM_CONCERN_CLIENT, 1);
    uint32_t buckets[10] = {0};
    int64_t sum = 0, most = 0;
    uint32_t hits = 0, above = 0;
    const int64_t mean = 3 * 1000 * 1000;
    for (int i = 0; i < 200000; i++) {
        buckets[sim_choose(&stream, 1, 10)]++;
        hits += sim_chance(&stream, 2, 50000);
        int64_t value = sim_exponential(&stream, 3, mean);
        assert_true(value >= 0 && value <= 8 * mean);
        sum += value;
        most = value > most ? value : most;
        above += value > 2 * mean;
    }
    for (int i = 0; i < 10; i++) {
        assert_in_range(buckets[i], 19300, 20700);
    }
    assert_in_range(hits, 9500, 10500);
    assert_in_range(sum / 200000, mean * 98 / 100, mean * 102 / 100);
    assert_true(most > 7 * mean);
    assert_in_range(above, 26000, 28200); /* e^-2 of them: 27,067 */
    sim_choices_free(choices);
}

static void test_between(void **state) {
    (void)state;
    struct sim_choices *choices = sim_choices_new(5);
    struct sim_stream stream;
    sim_stream_init(&stream, choices, SIM_CONCERN_CLIENT, 1);
    bool low = false, high = false;
    for (int i = 0; i < 1000; i++) {
        int64_t value = sim_between(&stream, 1, -3, 3);
        assert_true(value >= -3 && value <= 3);
        low |= value == -3;
        high |= value == 3;
        int64_t wide = sim_between(&stream, 2, INT64_MIN, INT64_MAX);
        int64_t hours = sim_between(&stream, 3, 1000000000, 3600000000000);
        assert_true(hours >= 1000000000 && hours <= 3600000000000);
        (void)wide;
    }
    assert_true(low && high);
    assert_int_equal(sim_between(&stream, 1, 5, 5), 5);
    assert_int_equal(sim_between(&stream, 1, 5, 4), 5);
    sim_choices_free(choices);
}

struct trail {
    uint64_t numbers[400];
    uint32_t count;
};

static void take(struct trail *trail, uint64_t number) { trail->numbers[trail->count++] = number; }

/* The same use of two streams every time; `swap` draws them in another order. */
static struct trail use_streams(struct sim_choices *choices, bool swap) {
    struct sim_stream streams[2];
    sim_stream_init(&streams[0], choices, SIM_CONCERN_LINK, (uint64_t)1 << 40 | 2);
    sim_stream_init(&streams[1], choices, SIM_CONCERN_SINK, 0);
    struct trail trail = {.count = 0};
    for (int half = 0; half < 2; half++) {
        struct sim_stream *stream = &streams[swap ? 1 - half : half];
        for (uint32_t i = 0; i < 50; i++) {
            take(&trail, sim_choose(stream, i, 1 + i * 3));
            take(&trail, (uint64_t)sim_exponential(stream, 7, 1000000));
            take(&trail, sim_chance(stream, 8, 300000));
            take(&trail, (uint64_t)sim_between(stream, 9, 10, 100000000000));
        }
    }
    return trail;
}

static void save_recording(const char *path, struct trail *ret_trail) {
    struct sim_choices *choices = sim_choices_new(1234);
    sim_choices_record(choices);
    *ret_trail = use_streams(choices, false);
    assert_true(sim_choices_save(choices, path));
    sim_choices_free(choices);
}

static void test_replay_equals_recording(void **state) {
    (void)state;
    char path[64], message[128] = "";
    test_temp_path(path, sizeof path);
    struct trail recorded;
    save_recording(path, &recorded);
    struct sim_choices *replay = sim_choices_new(999); /* another seed */
    assert_true(sim_choices_load(replay, path, message, sizeof message));
    struct trail replayed = use_streams(replay, false);
    assert_memory_equal(&recorded, &replayed, sizeof recorded);
    sim_choices_free(replay);

    /* Each stream has its own list: another order between streams changes nothing in them. */
    replay = sim_choices_new(0);
    assert_true(sim_choices_load(replay, path, message, sizeof message));
    struct trail swapped = use_streams(replay, true);
    assert_memory_equal(recorded.numbers, swapped.numbers + 200, 200 * sizeof(uint64_t));
    assert_memory_equal(recorded.numbers + 200, swapped.numbers, 200 * sizeof(uint64_t));
    sim_choices_free(replay);
    unlink(path);
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_exhausted_is_dull_and_bounds_hold(void **state) {
    (void)state;
    char path[64], message[128] = "";
    test_temp_path(path, sizeof path);
    write_text(path, "# a comment\n\nclient 5 77 1000 999\nclient 5 77 10 4\n");
    struct sim_choices *choices = sim_choices_new(3);
    struct sim_stream client, disk;
    sim_stream_init(&client, choices, SIM_CONCERN_CLIENT, 5); /* before load: bound all the same */
    assert_true(sim_choices_load(choices, path, message, sizeof message));
    sim_stream_init(&disk, choices, SIM_CONCERN_DISK, 5);
    assert_int_equal(sim_choose(&client, 1, 1), 0);    /* no choice: takes nothing */
    assert_int_equal(sim_choose(&client, 1, 100), 99); /* 999 % 100 */
    assert_int_equal(sim_choose(&client, 1, 10), 4);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(sim_choose(&client, 1, 10), 0);
        assert_int_equal(sim_choose(&disk, 1, 10), 0);
        assert_int_equal(sim_exponential(&disk, 1, 1000000), 0);
        assert_int_equal(sim_between(&disk, 1, 7, 90), 7);
        assert_false(sim_chance(&disk, 1, 999999));
        assert_true(sim_chance(&disk, 1, 1000000));
    }
    sim_choices_free(choices);
    unlink(path);
}

static void test_bad_files_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"link 1 2 3\n",   "nothing 1 2 3 0\n", "link 1 2 0 0\n",
                                      "link x 2 3 0\n", "link 1 2 3 0 9\n",  "\nlink 1 2 3 y\n"};
    char path[64];
    test_temp_path(path, sizeof path);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text(path, bad[i]);
        char message[128] = "";
        struct sim_choices *choices = sim_choices_new(1);
        assert_false(sim_choices_load(choices, path, message, sizeof message));
        assert_non_null(strstr(message, i == 5 ? ":2: " : ":1: "));
        sim_choices_free(choices);
    }
    struct sim_choices *choices = sim_choices_new(1);
    char message[128] = "";
    assert_false(sim_choices_load(choices, "/nonexistent/file", message, sizeof message));
    assert_true(message[0] != '\0');
    assert_false(sim_choices_save(choices, "/nonexistent/file"));
    sim_choices_free(choices);
    unlink(path);
}

static void test_many_streams(void **state) {
    (void)state;
    struct sim_choices *choices = sim_choices_new(11);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        struct sim_stream stream;
        sim_stream_init(&stream, choices, SIM_CONCERN_PLUGIN, i);
        assert_int_equal(stream.id, i);
        sum += sim_choose(&stream, 1, 1000);
    }
    assert_in_range(sum / 3000, 470, 530);
    sim_choices_free(choices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_and_determinism),
        cmocka_unit_test(test_streams_are_independent),
        cmocka_unit_test(test_same_key_again_goes_on),
        cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_replay_equals_recording),
        cmocka_unit_test(test_exhausted_is_dull_and_bounds_hold),
        cmocka_unit_test(test_bad_files_are_refused),
        cmocka_unit_test(test_many_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
