/* Backup manifests: both dialects there and back, byte for byte; every refusal by its stable code;
 * times; random manifests of both dialects. */
#include "golden.h"

#include "codec/backup_manifest.h"
#include "codec/json_instant.h"

struct fixture {
    struct wg_env *env;
    struct wg_text text;
    struct wg_backup_manifest manifest;
    struct wg_manifest_error error;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->env = test_env_new();
    f->text.env = f->env;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    wg_text_free(&f->text);
    test_env_free(f->env);
    free(f);
    return 0;
}

#define ID "\"id\":{\"nodeId\":1,\"partitionId\":2,\"checkpointId\":3}"
#define DESCRIPTOR                                                                                 \
    "\"descriptor\":{\"snapshotId\":\"7-1-9-8\",\"checkpointPosition\":9,"                         \
    "\"numberOfPartitions\":3,\"brokerVersion\":\"8.6.0\"}"
#define S3_TIMES "\"createdAt\":1700000000.123456789,\"modifiedAt\":1700000001.000000000"
#define ISO_TIMES "\"createdAt\":\"2023-11-14T22:13:20Z\",\"modifiedAt\":\"2024-02-29T23:59:59.500Z\""
#define S3_FILES                                                                                   \
    "\"snapshotFiles\":{\"files\":{\"zeebe.metadata\":{},\"1.sst\":{\"compressionAlgorithm\":"      \
    "\"zstd\"}}},\"segmentFiles\":{\"files\":{\"r-1.log\":{}}}"
#define STORE_FILES                                                                                \
    "\"snapshot\":{\"files\":[{\"name\":\"a\"},{\"name\":\"b\"}]},\"segments\":{\"files\":[]}"

static const char s3_completed[] =
    "{\"statusCode\":\"completed\"," ID "," DESCRIPTOR "," S3_FILES "," S3_TIMES "}";
static const char s3_failed[] =
    "{\"statusCode\":\"failed\"," ID ",\"descriptor\":null,\"snapshotFiles\":{\"files\":{}},"
    "\"segmentFiles\":{\"files\":{}}," S3_TIMES ",\"failureReason\":\"at \\\"x\\\"\\n\xc3\xa9\"}";
static const char store_progress[] =
    "{" ID "," DESCRIPTOR ",\"statusCode\":\"IN_PROGRESS\"," STORE_FILES "," ISO_TIMES "}";
static const char store_failed[] = "{" ID ",\"statusCode\":\"FAILED\"," ISO_TIMES "}";

static wg_status decode(struct fixture *f, const char *text) {
    f->error = (struct wg_manifest_error){WG_MANIFEST_NONE, 0, ""};
    uint8_t *copy = exact_copy((const uint8_t *)text, (uint32_t)strlen(text));
    wg_status status = wg_backup_manifest_decode(f->env, wg_bytes_of(copy, strlen(text)),
                                                 &f->manifest, &f->error);
    free(copy); /* nothing of it may be borrowed */
    return status;
}

static const char *encode(struct fixture *f) {
    f->text.len = 0;
    assert_int_equal(wg_backup_manifest_check(f->env, &f->manifest, &f->error), WG_OK);
    wg_backup_manifest_encode(&f->manifest, &f->text);
    *wg_text_room(&f->text, 1) = '\0';
    return f->text.ptr;
}

static void golden_texts(void **state) {
    struct fixture *f = *state;
    static const char *const texts[] = {s3_completed, s3_failed, store_progress, store_failed};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(decode(f, texts[i]), WG_OK);
        assert_int_equal(f->manifest.dialect, i < 2 ? WG_MANIFEST_S3 : WG_MANIFEST_STORE);
        assert_string_equal(encode(f), texts[i]);
        wg_backup_manifest_done(&f->manifest);
    }
}

static void fields_of_s3(void **state) {
    struct fixture *f = *state;
    assert_int_equal(decode(f, s3_completed), WG_OK);
    const struct wg_backup_manifest *m = &f->manifest;
    assert_int_equal(m->status, WG_BACKUP_COMPLETED);
    assert_int_equal(m->node_id, 1);
    assert_int_equal(m->partition_id, 2);
    assert_int_equal(m->checkpoint_id, 3);
    assert_true(m->has_descriptor);
    assert_text(m->snapshot_id, "7-1-9-8");
    assert_int_equal(m->checkpoint_position, 9);
    assert_int_equal(m->number_of_partitions, 3);
    assert_text(m->broker_version, "8.6.0");
    assert_int_equal(m->snapshot.count, 2);
    assert_text(m->snapshot.files[1].name, "1.sst");
    assert_text(m->snapshot.files[1].compression, "zstd");
    assert_int_equal(m->snapshot.files[0].compression.len, 0);
    assert_int_equal(m->segments.count, 1);
    assert_int_equal(m->created_at.seconds, 1700000000);
    assert_int_equal(m->created_at.nanos, 123456789);
    assert_false(m->has_failure_reason);
    wg_backup_manifest_done(&f->manifest);
}

/* Lists of names as 8.1 wrote them, unknown fields, any order, space: all in today's form then. */
static void older_form_of_s3(void **state) {
    struct fixture *f = *state;
    static const char old[] =
        " { \"createdAt\" : 1.5 , \"more\":[{\"x\":null}], \"segmentFileNames\":[ \"b\" , \"c\" ],"
        "\"snapshotFileNames\":[], \"modifiedAt\":2," ID ",\"failureReason\":null,"
        "\"descriptor\":{\"brokerVersion\":\"8.1.0\",\"snapshotId\":null,\"numberOfPartitions\":1,"
        "\"checkpointPosition\":9223372036854775807},\"statusCode\":\"in_progress\"}\n";
    assert_int_equal(decode(f, old), WG_OK);
    assert_string_equal(
        encode(f),
        "{\"statusCode\":\"in_progress\"," ID ",\"descriptor\":{\"snapshotId\":null,"
        "\"checkpointPosition\":9223372036854775807,\"numberOfPartitions\":1,\"brokerVersion\":"
        "\"8.1.0\"},\"snapshotFiles\":{\"files\":{}},\"segmentFiles\":{\"files\":{\"b\":{},\"c\":{}}},"
        "\"createdAt\":1.500000000,\"modifiedAt\":2.000000000}");
    wg_backup_manifest_done(&f->manifest);
}

/* A sound text of either dialect with one piece replaced by another. */
static const char *replaced(char *memory, size_t room, const char *text, const char *from,
                            const char *to) {
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(memory, room, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return memory;
}

static const struct {
    const char *text, *from, *to;
    enum wg_manifest_error_code code;
} refusals[] = {
    {s3_completed, "}}}", "}}", WG_MANIFEST_SYNTAX},
    {s3_completed, "{\"nodeId\"", "[\"nodeId\"", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"nodeId\":1", "\"nodeId\":1.0", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"nodeId\":1", "\"nodeId\":\"1\"", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"zeebe.metadata\":{}", "\"zeebe.metadata\":null", WG_MANIFEST_SYNTAX},
    {s3_completed, "1700000000.123456789", "\"2023-11-14T22:13:20Z\"", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"8.6.0\"}", "\"8.6.0\"}, ", WG_MANIFEST_SYNTAX},
    {s3_completed, ID, "\"id\":7", WG_MANIFEST_SYNTAX},
    {s3_completed, DESCRIPTOR, "\"descriptor\":7", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"snapshotId\":\"7-1-9-8\"", "\"snapshotId\":7", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"brokerVersion\":\"8.6.0\"", "\"brokerVersion\":7", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"numberOfPartitions\":3", "\"numberOfPartitions\":\"3\"", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"zstd\"", "7", WG_MANIFEST_SYNTAX},
    {s3_completed, "{\"files\":{\"r-1.log\":{}}}", "7", WG_MANIFEST_SYNTAX},
    {s3_completed, "{\"files\":{\"r-1.log\":{}}}", "{\"files\":[]}", WG_MANIFEST_SYNTAX},
    {s3_failed, "\"failureReason\":", "\"failureReason\":7,\"x\":", WG_MANIFEST_SYNTAX},
    {s3_completed, "\"statusCode\":\"completed\"",
     "\"statusCode\":\"completed\",\"snapshotFileNames\":[7]", WG_MANIFEST_SYNTAX},
    {store_progress, "{\"name\":\"a\"}", "7", WG_MANIFEST_SYNTAX},
    {store_progress, "{\"name\":\"a\"}", "{\"name\":7}", WG_MANIFEST_SYNTAX},
    {store_progress, "\"2023-11-14T22:13:20Z\"", "7", WG_MANIFEST_SYNTAX},
    {store_progress, "{\"name\":\"a\"}", "{\"name\":\"a\",\"name\":\"a\"}", WG_MANIFEST_TWICE},
    {store_progress, "{\"files\":[]}", "{\"files\":[],\"files\":[]}", WG_MANIFEST_TWICE},
    {s3_completed, "\"brokerVersion\":\"8.6.0\"",
     "\"brokerVersion\":\"8.6.0\",\"brokerVersion\":\"8\"", WG_MANIFEST_TWICE},
    {s3_completed, "{\"compressionAlgorithm\":\"zstd\"}",
     "{\"compressionAlgorithm\":null,\"compressionAlgorithm\":null}", WG_MANIFEST_TWICE},
    {store_progress, "2023-11-14", "2023-1x-14", WG_MANIFEST_TIME},
    {store_progress, "2023-11-14", "2023-13-14", WG_MANIFEST_TIME},
    {store_progress, "2023-11-14", "2023-11-00", WG_MANIFEST_TIME},
    {store_progress, "2023-11-14T22:13:20Z", "2023", WG_MANIFEST_TIME},
    {store_progress, "2023-11-14T22:13:20Z", "20", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "22:60:20Z", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "22:13:60Z", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "22:13:20ZZ", WG_MANIFEST_TIME},
    {s3_completed, "1700000000.123456789", "1700000000.5e3", WG_MANIFEST_TIME},
    {s3_completed, "\"completed\"", "7", WG_MANIFEST_MISSING},
    {s3_completed, "\"statusCode\"", "\"status\"", WG_MANIFEST_MISSING},
    {s3_completed, "\"nodeId\":1,", "", WG_MANIFEST_MISSING},
    {s3_completed, ",\"checkpointId\":3", "", WG_MANIFEST_MISSING},
    {s3_completed, "\"checkpointPosition\":9,", "", WG_MANIFEST_MISSING},
    {s3_completed, "\"createdAt\"", "\"made\"", WG_MANIFEST_MISSING},
    {s3_completed, DESCRIPTOR, "\"descriptor\":null", WG_MANIFEST_MISSING},
    {s3_completed, "\"segmentFiles\":{\"files\":{\"r-1.log\":{}}}", "\"segmentFiles\":null",
     WG_MANIFEST_MISSING},
    {s3_completed, "{\"files\":{\"r-1.log\":{}}}", "{}", WG_MANIFEST_MISSING},
    {store_progress, "{\"name\":\"a\"}", "{}", WG_MANIFEST_MISSING},
    {s3_completed, "\"nodeId\":1", "\"nodeId\":1,\"more\":1", WG_MANIFEST_UNKNOWN},
    {s3_completed, "\"snapshotId\"", "\"snapshot\"", WG_MANIFEST_UNKNOWN},
    {s3_completed, "compressionAlgorithm", "algorithm", WG_MANIFEST_UNKNOWN},
    {s3_completed, "{\"files\":{\"r-1.log\":{}}}", "{\"files\":{},\"more\":1}",
     WG_MANIFEST_UNKNOWN},
    {store_progress, "\"statusCode\"", "\"more\":1,\"statusCode\"", WG_MANIFEST_UNKNOWN},
    {store_progress, "{\"name\":\"a\"}", "{\"name\":\"a\",\"more\":1}", WG_MANIFEST_UNKNOWN},
    {s3_completed, "\"nodeId\":1", "\"nodeId\":1,\"nodeId\":1", WG_MANIFEST_TWICE},
    {s3_completed, "\"createdAt\":1", "\"createdAt\":1,\"createdAt\":1", WG_MANIFEST_TWICE},
    {s3_completed, "\"1.sst\"", "\"zeebe.metadata\"", WG_MANIFEST_TWICE},
    {s3_completed, "\"createdAt\"", "\"segmentFileNames\":[],\"createdAt\"", WG_MANIFEST_TWICE},
    {s3_completed, "\"snapshotFiles\"", "\"snapshotFileNames\":[],\"snapshotFiles\"",
     WG_MANIFEST_TWICE},
    {store_progress, "\"b\"", "\"\\u0061\"", WG_MANIFEST_TWICE},
    {s3_completed, "\"completed\"", "\"done\"", WG_MANIFEST_STATUS},
    {store_progress, "IN_PROGRESS", "IN-PROGRESS", WG_MANIFEST_STATUS},
    {store_progress, "IN_PROGRESS", "", WG_MANIFEST_STATUS},
    {s3_completed, "\"nodeId\":1", "\"nodeId\":-1", WG_MANIFEST_RANGE},
    {s3_completed, "\"partitionId\":2", "\"partitionId\":0", WG_MANIFEST_RANGE},
    {s3_completed, "\"partitionId\":2", "\"partitionId\":8193", WG_MANIFEST_RANGE},
    {s3_completed, "\"checkpointId\":3", "\"checkpointId\":0", WG_MANIFEST_RANGE},
    {s3_completed, "Position\":9", "Position\":0", WG_MANIFEST_RANGE},
    {s3_completed, "Partitions\":3", "Partitions\":0", WG_MANIFEST_RANGE},
    {s3_completed, "1700000000.123456789", "1700000000.1234567890", WG_MANIFEST_TIME},
    {s3_completed, "1700000000.123456789", "-1", WG_MANIFEST_TIME},
    {s3_completed, "1700000000.123456789", "1e9", WG_MANIFEST_TIME},
    {s3_completed, "1700000000.123456789", "253402300800", WG_MANIFEST_TIME},
    {store_progress, "2023-11-14", "2023-02-29", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "22:13:20", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "24:00:00Z", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "22:13:20.Z", WG_MANIFEST_TIME},
    {store_progress, "22:13:20Z", "22:13:20.1234567890Z", WG_MANIFEST_TIME},
    {store_progress, "2023-11-14", "1969-12-31", WG_MANIFEST_TIME},
    {s3_completed, "1.sst", "../x", WG_MANIFEST_NAME},
    {s3_completed, "1.sst", "..", WG_MANIFEST_NAME},
    {s3_completed, "1.sst", ".", WG_MANIFEST_NAME},
    {s3_completed, "1.sst", "", WG_MANIFEST_NAME},
    {s3_completed, "1.sst", "a\\u0000b", WG_MANIFEST_NAME},
    {s3_completed, "1.sst", "a\\\\b", WG_MANIFEST_NAME},
    {store_progress, "\"createdAt\"", "\"failureReason\":\"no\",\"createdAt\"",
     WG_MANIFEST_REASON},
};

static void every_refusal_has_its_code(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char text[2048];
        replaced(text, sizeof text, refusals[i].text, refusals[i].from, refusals[i].to);
        if (decode(f, text) != WG_CORRUPT || f->error.code != refusals[i].code) {
            fail_msg("%s: %s, not %s", text, wg_manifest_error_name(f->error.code),
                     wg_manifest_error_name(refusals[i].code));
        }
        assert_true(f->error.offset <= strlen(text) && f->error.what[0] != '\0');
    }
    assert_int_equal(decode(f, ""), WG_CORRUPT);
    assert_int_equal(decode(f, "[]"), WG_CORRUPT);
    assert_string_equal(wg_manifest_error_name(f->error.code), "manifest-syntax");
    assert_string_equal(wg_manifest_error_name((enum wg_manifest_error_code)99),
                        "manifest-unknown-code");
}

/* The place of an error is where reading stopped. */
static void errors_have_a_place(void **state) {
    struct fixture *f = *state;
    assert_int_equal(decode(f, "{\"statusCode\":\"completed\",x"), WG_CORRUPT);
    assert_int_equal(f->error.offset, 26);
    assert_int_equal(decode(f, "{\"statusCode\":\"nope\"}"), WG_CORRUPT);
    assert_int_equal(f->error.offset, 20);
}

static void every_cut_is_refused(void **state) {
    struct fixture *f = *state;
    static const char *const texts[] = {s3_completed, s3_failed, store_progress, store_failed};
    for (size_t i = 0; i < 4; i++) {
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            char cut[2048];
            snprintf(cut, sizeof cut, "%.*s", (int)len, texts[i]);
            assert_int_equal(decode(f, cut), WG_CORRUPT);
            assert_int_equal(f->error.code, WG_MANIFEST_SYNTAX);
        }
    }
}

static void check_refuses_what_decode_would(void **state) {
    struct fixture *f = *state;
    static char long_text[WG_MANIFEST_MAX_NAME + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    static const struct wg_backup_file twice[] = {{{(const uint8_t *)"a", 1}, {NULL, 0}},
                                                  {{(const uint8_t *)"a", 1}, {NULL, 0}}};
    static const struct wg_backup_file broken = {{(const uint8_t *)"\xff", 1}, {NULL, 0}};
    static const struct wg_backup_file packed = {{(const uint8_t *)"a", 1},
                                                 {(const uint8_t *)"z", 1}};
    assert_int_equal(decode(f, store_progress), WG_OK);
    struct wg_backup_manifest sound = f->manifest;
#define REFUSED(change, expected)                                                                  \
    do {                                                                                           \
        struct wg_backup_manifest m = sound;                                                       \
        change;                                                                                    \
        assert_int_equal(wg_backup_manifest_check(f->env, &m, &f->error), WG_INVALID);             \
        assert_int_equal(f->error.code, expected);                                                 \
    } while (0)
    REFUSED(m.status = WG_BACKUP_DOES_NOT_EXIST, WG_MANIFEST_STATUS);
    REFUSED(m.created_at.nanos = 1000000000, WG_MANIFEST_TIME);
    REFUSED(m.modified_at.seconds = -1, WG_MANIFEST_TIME);
    REFUSED(m.node_id = UINT32_MAX, WG_MANIFEST_RANGE);
    REFUSED(m.has_descriptor = false, WG_MANIFEST_MISSING);
    REFUSED(m.number_of_partitions = 0, WG_MANIFEST_RANGE);
    REFUSED(m.broker_version = wg_bytes_str("\xff"), WG_MANIFEST_TEXT);
    REFUSED(m.snapshot_id = wg_bytes_str(long_text), WG_MANIFEST_TOO_LARGE);
    REFUSED(m.has_failure_reason = true, WG_MANIFEST_REASON);
    REFUSED(m.segments.present = false, WG_MANIFEST_MISSING);
    REFUSED(m.segments.count = WG_MANIFEST_MAX_FILES + 1, WG_MANIFEST_TOO_LARGE);
    REFUSED((m.segments = (struct wg_backup_files){true, twice, 2}), WG_MANIFEST_TWICE);
    REFUSED((m.segments = (struct wg_backup_files){true, &broken, 1}), WG_MANIFEST_TEXT);
    REFUSED((m.segments = (struct wg_backup_files){true, &packed, 1}), WG_MANIFEST_UNKNOWN);
    wg_backup_manifest_done(&f->manifest);
    wg_backup_manifest_done(&f->manifest); /* again is fine */
}

static void limits(void **state) {
    struct fixture *f = *state;
    uint32_t len = WG_MANIFEST_MAX_BYTES + 1;
    uint8_t *large = malloc(len);
    memset(large, ' ', len);
    assert_int_equal(wg_backup_manifest_decode(f->env, wg_bytes_of(large, len), &f->manifest,
                                               &f->error), WG_CORRUPT);
    assert_int_equal(f->error.code, WG_MANIFEST_TOO_LARGE);
    /* As many files as there may be, and one more. */
    for (uint32_t more = 0; more < 2; more++) {
        size_t at = (size_t)sprintf((char *)large,
                                    "{\"statusCode\":\"failed\"," ID "," S3_TIMES
                                    ",\"snapshotFileNames\":[");
        for (uint32_t i = 0; i < WG_MANIFEST_MAX_FILES + more; i++) {
            at += (size_t)sprintf((char *)large + at, "%s\"f%u\"", i == 0 ? "" : ",", i);
        }
        at += (size_t)sprintf((char *)large + at, "]}");
        wg_status status =
            wg_backup_manifest_decode(f->env, wg_bytes_of(large, at), &f->manifest, &f->error);
        assert_int_equal(status, more == 0 ? WG_OK : WG_CORRUPT);
        if (more == 0) {
            assert_int_equal(f->manifest.snapshot.count, WG_MANIFEST_MAX_FILES);
            wg_backup_manifest_done(&f->manifest);
        } else {
            assert_int_equal(f->error.code, WG_MANIFEST_TOO_LARGE);
        }
    }
    free(large);
}

static void instants(void **state) {
    struct fixture *f = *state;
    static const struct {
        int64_t seconds;
        uint32_t nanos;
        const char *iso;
    } cases[] = {{0, 0, "1970-01-01T00:00:00Z"},
                 {1700000000, 500000000, "2023-11-14T22:13:20.500Z"},
                 {1700000000, 1000, "2023-11-14T22:13:20.000001Z"},
                 {1700000000, 1, "2023-11-14T22:13:20.000000001Z"},
                 {951782400, 0, "2000-02-29T00:00:00Z"},
                 {4107542400, 0, "2100-03-01T00:00:00Z"},
                 {253402300799, 999999999, "9999-12-31T23:59:59.999999999Z"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wg_instant instant = {cases[i].seconds, cases[i].nanos}, got;
        char quoted[64];
        f->text.len = 0;
        wg_text_iso_instant(&f->text, &instant);
        snprintf(quoted, sizeof quoted, "\"%s\"", cases[i].iso);
        assert_text(wg_bytes_of(f->text.ptr, f->text.len), quoted);
        assert_true(wg_instant_from_iso(wg_bytes_str(cases[i].iso), &got));
        assert_true(got.seconds == instant.seconds && got.nanos == instant.nanos);
    }
    uint64_t random = 5;
    for (uint32_t i = 0; i < 20000; i++) {
        struct wg_instant instant = {(int64_t)(test_random(&random) % 253402300800u),
                                     (uint32_t)(test_random(&random) % 1000000000u)}, got;
        f->text.len = 0;
        wg_text_iso_instant(&f->text, &instant);
        assert_true(wg_instant_from_iso(wg_bytes_of(f->text.ptr + 1, f->text.len - 2), &got));
        assert_true(got.seconds == instant.seconds && got.nanos == instant.nanos);
        f->text.len = 0;
        wg_text_number_instant(&f->text, &instant);
        assert_true(wg_instant_from_number(wg_bytes_of(f->text.ptr, f->text.len), &got));
        assert_true(got.seconds == instant.seconds && got.nanos == instant.nanos);
    }
}

/* --- random manifests, shrunk ------------------------------------------------------------------- */

enum { CHOICES = 64 };
struct choices {
    uint8_t list[CHOICES];
    uint32_t at;
};

static uint32_t choose(struct choices *c, uint32_t bound) {
    return c->at < CHOICES ? c->list[c->at++] % bound : 0;
}

static struct wg_bytes some_text(struct choices *c) {
    static const char *const texts[] = {"a", "8.6.0", "\"q\\", "\n\t\x01", "\xc3\xa9\xf0\x9f\x90\x9d",
                                        "</x>"};
    return wg_bytes_str(texts[choose(c, 6)]);
}

static void make_files(struct choices *c, struct wg_backup_files *set,
                       struct wg_backup_file *files, bool s3, bool may_lack) {
    static const char *const names[] = {"1.sst", "2.sst", "\xc3\xa9", "a b"};
    uint32_t from = choose(c, 4);
    set->present = !may_lack || choose(c, 2) == 0;
    set->files = files;
    set->count = set->present ? choose(c, 4) : 0;
    for (uint32_t i = 0; i < set->count; i++) {
        files[i].name = wg_bytes_str(names[(from + i) % 4]);
        files[i].compression = s3 && choose(c, 3) == 1 ? wg_bytes_str("zstd") : wg_bytes_of(NULL, 0);
    }
}

static void make_manifest(struct choices *c, struct wg_backup_manifest *m,
                          struct wg_backup_file files[2][4]) {
    *m = (struct wg_backup_manifest){.dialect = (enum wg_manifest_dialect)choose(c, 2)};
    m->status = (enum wg_backup_status)(3 - choose(c, 3));
    m->node_id = choose(c, 3) == 2 ? INT32_MAX : choose(c, 3);
    m->partition_id = choose(c, 3) == 2 ? 8192 : 1 + choose(c, 3);
    m->checkpoint_id = choose(c, 3) == 2 ? INT64_MAX : 1 + choose(c, 100);
    m->has_descriptor = m->status != WG_BACKUP_FAILED || choose(c, 2) == 1;
    if (m->has_descriptor) {
        m->snapshot_id = choose(c, 2) == 1 ? some_text(c) : wg_bytes_of(NULL, 0);
        m->checkpoint_position = choose(c, 3) == 2 ? INT64_MAX : 1 + choose(c, 100);
        m->number_of_partitions = 1 + choose(c, 255);
        m->broker_version = some_text(c);
    }
    bool s3 = m->dialect == WG_MANIFEST_S3;
    make_files(c, &m->snapshot, files[0], s3, m->status == WG_BACKUP_FAILED);
    make_files(c, &m->segments, files[1], s3, m->status == WG_BACKUP_FAILED);
    m->created_at = (struct wg_instant){choose(c, 255) * 1000003, choose(c, 4) * 250000001u % 1000000000u};
    m->modified_at = (struct wg_instant){choose(c, 255), choose(c, 2) * 1000000u};
    m->has_failure_reason = m->status == WG_BACKUP_FAILED && choose(c, 2) == 1;
    m->failure_reason = m->has_failure_reason ? some_text(c) : wg_bytes_of(NULL, 0);
}

/* Whether a manifest reads back as what was written, and is written as the same text again. */
static bool holds(struct fixture *f, struct choices c) {
    struct wg_backup_file files[2][4];
    struct wg_backup_manifest made, got;
    struct wg_text again = {.env = f->env};
    c.at = 0;
    make_manifest(&c, &made, files);
    f->text.len = 0;
    if (wg_backup_manifest_check(f->env, &made, &f->error) != WG_OK) {
        return false;
    }
    wg_backup_manifest_encode(&made, &f->text);
    if (wg_backup_manifest_decode(f->env, wg_bytes_of(f->text.ptr, f->text.len), &got, &f->error) !=
        WG_OK) {
        return false;
    }
    wg_backup_manifest_encode(&got, &again);
    bool same = again.len == f->text.len && memcmp(again.ptr, f->text.ptr, again.len) == 0 &&
                got.status == made.status && got.checkpoint_id == made.checkpoint_id &&
                wg_bytes_equal(got.failure_reason, made.failure_reason) &&
                got.segments.count == made.segments.count;
    wg_backup_manifest_done(&got);
    wg_text_free(&again);
    return same;
}

static void generated_manifests(void **state) {
    struct fixture *f = *state;
    uint64_t random = 17;
    for (uint32_t i = 0; i < 5000; i++) {
        struct choices c = {.at = 0};
        for (uint32_t k = 0; k < CHOICES; k++) {
            c.list[k] = (uint8_t)test_random(&random);
        }
        if (holds(f, c)) {
            continue;
        }
        for (uint32_t k = 0; k < CHOICES; k++) { /* the dullest choices that still fail */
            struct choices duller = c;
            duller.list[k] = 0;
            c = holds(f, duller) ? c : duller;
        }
        (void)holds(f, c);
        fail_msg("%s: %.*s", f->error.what, (int)f->text.len, f->text.ptr);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(golden_texts),
                                       TEST(fields_of_s3),
                                       TEST(older_form_of_s3),
                                       TEST(every_refusal_has_its_code),
                                       TEST(errors_have_a_place),
                                       TEST(every_cut_is_refused),
                                       TEST(check_refuses_what_decode_would),
                                       TEST(limits),
                                       TEST(instants),
                                       TEST(generated_manifests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
