/* The offline reader: each kind of damage is named at its byte, and what recovery would keep is told
 * (that recovery does keep it is what the fuzz target journal_recover compares). */
#include "base/bytes.h"
#include "base/crc32c.h"
#include "codec/batch.h"
#include "journal/journal_verify.h"
#include "tests/lib/test_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 1024, FILES = 2, DESCRIPTOR = 57, KEPT_FINDINGS = 4 };

struct bench {
    uint8_t files[FILES][FILE_BYTES];
    uint32_t sizes[FILES], file_count;
    uint32_t starts[8], frame_bytes[8]; /* of the frames in the first file */
    struct wg_verify_finding findings[KEPT_FINDINGS];
    uint32_t finding_count, entry_count;
    struct wg_verify_result result;
};

static void describe(uint8_t *file, uint64_t id, wg_index index) {
    struct wg_segment_descriptor descriptor = {id, index, FILE_BYTES, 0, 0};
    wg_segment_descriptor_encode(&descriptor, file);
}

/* Two files: an initial entry and two batches of one record in the first, nothing yet in the
 * second. */
static void make(struct bench *b) {
    static const uint8_t empty_map = 0x80;
    struct wg_env *env = test_env_new();
    uint32_t at = DESCRIPTOR;
    memset(b, 0, sizeof *b);
    for (uint32_t i = 0; i < 3; i++) {
        struct wg_record record;
        wg_record_init(&record);
        record.position = i;
        record.value = wg_bytes_of(&empty_map, 1);
        struct wg_buf *batch = wg_batch_encode(env, &record, 1);
        struct wg_buf *frame = wg_frame_encode(env, i + 1, 1, i == 0 ? 2 : 0, i, i,
                                               wg_bytes_of(batch->bytes, i == 0 ? 0 : batch->len));
        b->starts[i] = at;
        b->frame_bytes[i] = frame->len;
        memcpy(b->files[0] + at, frame->bytes, frame->len);
        at += frame->len;
        wg_buf_unref(batch);
        wg_buf_unref(frame);
    }
    b->starts[3] = at;
    describe(b->files[0], 1, 1);
    describe(b->files[1], 2, 4);
    b->sizes[0] = b->sizes[1] = FILE_BYTES;
    b->file_count = FILES;
    test_env_free(env);
}

static void seal_frame(struct bench *b, uint32_t frame) {
    uint8_t *at = b->files[0] + b->starts[frame];
    wg_store_le(at + 9, wg_crc32c(0, at + 21, b->frame_bytes[frame] - 21), 8);
}

static struct wg_bytes content(void *ctx, uint32_t file) {
    struct bench *b = ctx;
    return wg_bytes_of(b->files[file], b->sizes[file]);
}

static void on_finding(void *ctx, const struct wg_verify_finding *finding) {
    struct bench *b = ctx;
    if (b->finding_count < KEPT_FINDINGS) {
        b->findings[b->finding_count] = *finding;
    }
    b->finding_count++;
}

static void on_entry(void *ctx, const struct wg_verify_entry *entry) {
    struct bench *b = ctx;
    assert_int_equal(entry->bytes.len, entry->frame.total);
    b->entry_count++;
}

static void verify(struct bench *b, wg_index last_flushed) {
    struct wg_verify_source source = {b, b->file_count, content, on_entry, on_finding};
    b->finding_count = b->entry_count = 0;
    wg_journal_verify(&source, last_flushed, &b->result);
    assert_int_equal(b->result.findings, b->finding_count);
    assert_int_equal(b->result.entries, b->entry_count);
    uint32_t findings = b->finding_count;
    source.entry = NULL; /* both are optional */
    source.finding = NULL;
    wg_journal_verify(&source, last_flushed, &b->result);
    assert_int_equal(b->result.findings, findings);
}

static void expect_kept(const struct bench *b, wg_index last, uint32_t files) {
    assert_int_equal(b->result.last, last);
    assert_int_equal(b->result.files, files);
}

static void sound(void **state) {
    struct bench b;
    (void)state;
    make(&b);
    verify(&b, 3);
    assert_int_equal(b.finding_count, 0);
    assert_int_equal(b.result.records, 2);
    assert_int_equal(b.result.first, 1);
    assert_int_equal(b.result.end, DESCRIPTOR);
    assert_false(b.result.refused);
    expect_kept(&b, 3, 2);
    verify(&b, 4);
    assert_true(b.result.refused);
    memset(b.files[1], 0, FILE_BYTES); /* prepared, not used */
    verify(&b, 3);
    assert_int_equal(b.finding_count, 0);
    expect_kept(&b, 3, 1);
    assert_int_equal(b.result.end, b.starts[3]);
    b.file_count = 0;
    verify(&b, 0);
    assert_int_equal(b.result.first, 1);
    expect_kept(&b, 0, 0);
}

/* One byte of the first file changed. `frame` -1: of the descriptor. */
struct damage {
    int frame;
    uint32_t at;
    uint8_t value;
    bool sealed;     /* checksum made right again */
    uint32_t offset; /* where it is found, from the start of the frame */
    const char *what;
    wg_index last;
    uint32_t files;
};

static void each_kind_is_named(void **state) {
    (void)state;
    static const struct damage damages[] = {
        {-1, 0, 0, false, 0, "no segment descriptor", 0, 0},
        {-1, 0, 1, false, 0, "unsupported version", 0, 0},
        {-1, 1, 9, false, 1, "not a segment descriptor", 0, 0},
        {-1, 3, 5, false, 1, "not a segment descriptor", 0, 0},
        {-1, 19, 9, false, 17, "the segment descriptor's fields", 0, 0},
        {-1, 25, 7, false, 9, "the checksum here", 0, 0},
        {1, 1, 13, false, 1, "the frame's metadata block", 1, 1},
        {1, 3, 9, false, 1, "not a frame", 1, 1},
        {1, 5, 9, false, 1, "not a frame", 1, 1},
        {1, 9, 0, false, 9, "the checksum here", 1, 1},
        {1, 18, 0xff, false, 17, "the frame is longer", 1, 1},
        {1, 200, 0xff, false, 9, "the checksum here", 1, 1},
        {1, 23, 7, true, 21, "not record data", 1, 1},
        {1, 51, 7, true, 49, "not a raft entry", 1, 1},
        {1, 65, 9, true, 45, "the raft entry in the frame", 1, 1},
        {1, 29, 9, true, 29, "a sound frame has an index", 1, 1},
        {1, 94, 1, true, 94, "no log entry can be read", 3, 2},
        {1, 110, 9, true, 110, "the record's position", 3, 2},
        {1, 74, 0, true, 110, "the record's position", 3, 2},
        {1, 82, 9, true, 82, "the entry's highest position", 3, 2},
        {1, 94 + 52 + 82, 0xc1, true, 94 + 52 + 82, "the record's value", 3, 2},
        {1, 94 + 52 + 82, 0x90, true, 94 + 52 + 82, "the record's value", 3, 2},
    };
    for (uint32_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        const struct damage *damage = &damages[i];
        struct bench b;
        make(&b);
        uint32_t start = damage->frame < 0 ? 0 : b.starts[damage->frame];
        b.files[0][start + damage->at] = damage->value;
        if (damage->sealed) {
            seal_frame(&b, (uint32_t)damage->frame);
        }
        verify(&b, 0);
        if (b.finding_count == 0 || b.findings[0].offset != start + damage->offset ||
            strncmp(b.findings[0].what, damage->what, strlen(damage->what)) != 0) {
            fail_msg("damage %u: found at %llu: %s", i,
                     (unsigned long long)(b.findings[0].offset - start), b.findings[0].what);
        }
        assert_int_equal(b.findings[0].file, 0);
        expect_kept(&b, damage->last, damage->files);
    }
}

static void cut_and_gaps(void **state) {
    struct bench b;
    (void)state;
    make(&b);
    b.sizes[0] = 30;
    verify(&b, 0);
    assert_int_equal(b.findings[0].offset, 30);
    expect_kept(&b, 0, 0);
    b.sizes[0] = b.starts[1] + 20; /* inside of a frame's head */
    verify(&b, 0);
    assert_int_equal(b.findings[0].offset, b.sizes[0]);
    expect_kept(&b, 1, 1);
    b.sizes[0] = b.starts[1] + 100; /* inside of its data */
    verify(&b, 0);
    assert_int_equal(b.findings[0].offset, b.sizes[0]);
    expect_kept(&b, 1, 1);
    b.sizes[0] = b.starts[3]; /* a file may end with its last frame */
    verify(&b, 0);
    assert_int_equal(b.finding_count, 0);
    describe(b.files[1], 2, 6);
    verify(&b, 3);
    assert_int_equal(b.findings[0].file, 1);
    assert_int_equal(b.findings[0].offset, 33);
    expect_kept(&b, 3, 1);
    assert_false(b.result.refused);
    struct wg_segment_descriptor small = {1, 1, 20, 0, 0};
    wg_segment_descriptor_encode(&small, b.files[0]);
    verify(&b, 0);
    assert_int_equal(b.findings[0].offset, 41);
    small.max_bytes = b.starts[1]; /* full to the last byte */
    wg_segment_descriptor_encode(&small, b.files[0]);
    describe(b.files[1], 2, 2);
    verify(&b, 0);
    assert_int_equal(b.finding_count, 0);
    expect_kept(&b, 1, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sound),
                                       cmocka_unit_test(each_kind_is_named),
                                       cmocka_unit_test(cut_and_gaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
