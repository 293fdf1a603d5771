/* Raft messages and configuration entries as bytes: each kind there and back, every cut and every
 * wrong number refused, longer blocks read. */
#include "golden.h"

#include "codec/configuration.h"
#include "codec/frame.h"
#include "codec/raft_wire.h"

struct fixture {
    struct wg_env *env;
    uint8_t frames[1024];
    uint32_t frame_bytes;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->env = test_env_new();
    for (wg_index index = 5; index < 8; index++) {
        struct wg_buf *frame = wg_frame_encode(f->env, index, 2, index == 6 ? 2 : 0, 1, 1,
                                               wg_bytes_of("abc", index == 6 ? 0 : 3));
        memcpy(f->frames + f->frame_bytes, frame->bytes, frame->len);
        f->frame_bytes += frame->len;
        wg_buf_unref(frame);
    }
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    test_env_free(f->env);
    free(f);
    return 0;
}

static struct wg_raft_wire message_of(const struct fixture *f, uint16_t kind) {
    struct wg_raft_wire m = {.kind = kind, .from = 2, .to = UINT32_MAX, .partition = 3,
                             .request_number = UINT64_MAX, .request_term = 9};
    if (kind == WG_MSG_APPEND_REQUEST) {
        m.append.prev_index = 4;
        m.append.prev_term = 1;
        m.append.commit = 3;
        m.append.count = 3;
        m.append.frames = wg_bytes_of(f->frames, f->frame_bytes);
    } else if (kind == WG_MSG_INSTALL_REQUEST) {
        m.install.index = 7;
        m.install.term = 2;
        m.install.processed = -1;
        m.install.exported = INT64_MAX;
        m.install.number = 1;
        m.install.total_files = 2;
        m.install.snapshot_checksum = 0xdeadbeef;
        m.install.chunk_checksum = 0xffffffff;
        m.install.offset = 1 << 20;
        m.install.file_bytes = (uint64_t)1 << 40;
        m.install.last = true;
        m.install.file = wg_bytes_str("state.bin");
        m.install.content = wg_bytes_str("content");
    } else if (kind == WG_MSG_POLL_REQUEST || kind == WG_MSG_VOTE_REQUEST) {
        m.vote.last_index = 77;
        m.vote.last_term = 8;
    } else {
        m.response.term = 10;
        m.response.failed = kind == WG_MSG_VOTE_RESPONSE;
        m.response.accepted = kind == WG_MSG_APPEND_RESPONSE;
        m.response.last_index = 6;
        m.response.snapshot_index = 5;
    }
    return m;
}

static struct wg_buf *encode(struct fixture *f, const struct wg_raft_wire *m) {
    struct wg_buf *buf;
    assert_int_equal(wg_raft_wire_encode(f->env, m, &buf), WG_OK);
    return buf;
}

static void every_kind_there_and_back(void **state) {
    struct fixture *f = *state;
    for (uint16_t kind = WG_MSG_POLL_REQUEST; kind <= WG_MSG_INSTALL_RESPONSE; kind++) {
        struct wg_raft_wire m = message_of(f, kind), got;
        struct wg_buf *buf = encode(f, &m);
        assert_non_null(wg_raft_wire_name(kind));
        assert_int_equal(wg_raft_wire_decode(wg_bytes_of(buf->bytes, buf->len), &got), WG_OK);
        assert_int_equal(got.kind, kind);
        assert_int_equal(got.from, 2);
        assert_int_equal(got.to, UINT32_MAX);
        assert_int_equal(got.partition, 3);
        assert_true(got.request_number == UINT64_MAX && got.request_term == 9);
        assert_memory_equal(&got.vote, &m.vote, sizeof m.vote);
        assert_memory_equal(&got.response, &m.response, sizeof m.response);
        assert_int_equal(got.append.count, m.append.count);
        assert_true(wg_bytes_equal(got.append.frames, m.append.frames));
        assert_int_equal(got.install.processed, m.install.processed);
        assert_true(got.install.exported == m.install.exported);
        assert_int_equal(got.install.chunk_checksum, m.install.chunk_checksum);
        assert_true(got.install.file_bytes == m.install.file_bytes);
        assert_true(wg_bytes_equal(got.install.file, m.install.file));
        assert_true(wg_bytes_equal(got.install.content, m.install.content));
        wg_buf_unref(buf);
    }
    assert_null(wg_raft_wire_name(WG_MSG_EXPORTER_STATE));
    assert_null(wg_raft_wire_name(60000));
}

static void every_cut_is_refused(void **state) {
    struct fixture *f = *state;
    for (uint16_t kind = WG_MSG_POLL_REQUEST; kind <= WG_MSG_INSTALL_RESPONSE; kind++) {
        struct wg_raft_wire m = message_of(f, kind), got;
        struct wg_buf *buf = encode(f, &m);
        for (uint32_t len = 0; len < buf->len; len++) {
            uint8_t *copy = exact_copy(buf->bytes, len);
            assert_int_equal(wg_raft_wire_decode(wg_bytes_of(copy, len), &got), WG_TRUNCATED);
            free(copy);
        }
        uint8_t *longer = malloc(buf->len + 1);
        memcpy(longer, buf->bytes, buf->len);
        longer[buf->len] = 0;
        assert_int_equal(wg_raft_wire_decode(wg_bytes_of(longer, buf->len + 1), &got), WG_CORRUPT);
        free(longer);
        wg_buf_unref(buf);
    }
}

static wg_status decode_changed(struct fixture *f, uint16_t kind, uint32_t at, uint8_t value) {
    struct wg_raft_wire m = message_of(f, kind), got;
    struct wg_buf *buf = encode(f, &m);
    uint8_t *copy = exact_copy(buf->bytes, buf->len);
    copy[at] = value;
    wg_status status = wg_raft_wire_decode(wg_bytes_of(copy, buf->len), &got);
    free(copy);
    wg_buf_unref(buf);
    return status;
}

static void wrong_numbers(void **state) {
    struct fixture *f = *state;
    assert_int_equal(decode_changed(f, WG_MSG_VOTE_REQUEST, 0, 43), WG_CORRUPT);
    assert_int_equal(decode_changed(f, WG_MSG_VOTE_REQUEST, 0, 45), WG_TRUNCATED);
    assert_int_equal(decode_changed(f, WG_MSG_VOTE_REQUEST, 2, WG_MSG_EXPORTER_STATE),
                     WG_UNSUPPORTED);
    assert_int_equal(decode_changed(f, WG_MSG_VOTE_REQUEST, 4, 8), WG_UNSUPPORTED);
    assert_int_equal(decode_changed(f, WG_MSG_VOTE_RESPONSE, 44, 4), WG_CORRUPT);
    assert_int_equal(decode_changed(f, WG_MSG_INSTALL_REQUEST, 100, 2), WG_CORRUPT);
    assert_int_equal(decode_changed(f, WG_MSG_APPEND_REQUEST, 36, 5), WG_CORRUPT); /* index */
    assert_int_equal(decode_changed(f, WG_MSG_APPEND_REQUEST, 60, 2), WG_CORRUPT); /* count */
    assert_int_equal(decode_changed(f, WG_MSG_APPEND_REQUEST, 60, 4), WG_CORRUPT);
    assert_int_equal(decode_changed(f, WG_MSG_APPEND_REQUEST, 68 + 80, 99), WG_CORRUPT); /* CRC */
}

static void encode_refuses(void **state) {
    struct fixture *f = *state;
    struct wg_buf *buf;
    struct wg_raft_wire m = message_of(f, WG_MSG_EXPORTER_STATE);
    assert_int_equal(wg_raft_wire_encode(f->env, &m, &buf), WG_INVALID);
    m = message_of(f, WG_MSG_INSTALL_REQUEST);
    m.install.file = wg_bytes_str("a-name-of-a-file-that-is-longer-than-47-bytes-is-no-name");
    assert_int_equal(wg_raft_wire_encode(f->env, &m, &buf), WG_INVALID);
}

static void longer_block_is_read(void **state) {
    struct fixture *f = *state;
    struct wg_raft_wire m = message_of(f, WG_MSG_APPEND_REQUEST), got;
    struct wg_buf *buf = encode(f, &m);
    uint8_t *copy = malloc(buf->len + 7);
    memcpy(copy, buf->bytes, 64);
    memset(copy + 64, 0xee, 7);
    memcpy(copy + 71, buf->bytes + 64, buf->len - 64);
    copy[0] = 63;
    assert_int_equal(wg_raft_wire_decode(wg_bytes_of(copy, buf->len + 7), &got), WG_OK);
    assert_int_equal(got.append.count, 3);
    assert_int_equal(got.append.commit, 3);
    free(copy);
    wg_buf_unref(buf);
}

static void configuration_there_and_back(void **state) {
    (void)state;
    static struct wg_configuration c, got;
    uint8_t memory[8192];
    c = (struct wg_configuration){.timestamp = 1700000000000};
    c.members.count = 255;
    for (uint32_t i = 0; i < 255; i++) {
        c.members.items[i] =
            (struct wg_configuration_member){(uint8_t)i, INT64_MIN + i, wg_bytes_of("12345", i % 6)};
    }
    c.old_members.count = 1;
    c.old_members.items[0] = (struct wg_configuration_member){3, -1, wg_bytes_str("0")};
    struct wg_writer w = wg_writer_on(memory, sizeof memory);
    assert_int_equal(wg_configuration_encode(&c, &w), WG_OK);
    struct wg_bytes whole = wg_writer_bytes(&w);
    assert_int_equal(wg_configuration_decode(whole, &got), WG_OK);
    assert_true(got.timestamp == c.timestamp);
    assert_int_equal(got.members.count, 255);
    assert_int_equal(got.old_members.count, 1);
    for (uint32_t i = 0; i < 255; i++) {
        assert_int_equal(got.members.items[i].type, i);
        assert_true(got.members.items[i].updated == INT64_MIN + (int64_t)i);
        assert_true(wg_bytes_equal(got.members.items[i].id, c.members.items[i].id));
    }
    for (uint32_t len = 0; len < whole.len; len += len < 64 ? 1 : 17) {
        uint8_t *copy = exact_copy(memory, len);
        assert_int_equal(wg_configuration_decode(wg_bytes_of(copy, len), &got), WG_CORRUPT);
        free(copy);
    }
    w = wg_writer_on(memory, 20);
    assert_int_equal(wg_configuration_encode(&c, &w), WG_FULL);
    c.members.count = 256;
    assert_int_equal(wg_configuration_encode(&c, &w), WG_INVALID);
    assert_string_equal(wg_configuration_member_type(3), "ACTIVE");
    assert_null(wg_configuration_member_type(4));
}

/* Version 1 had no old members; a block of a newer version may be longer. */
static void configuration_of_other_versions(void **state) {
    (void)state;
    static struct wg_configuration got;
    struct golden v1 = golden_of("0800040008000100" "0068e5cf8b010000" "0900" "01"
                                 "03" "0100000000000000" "01000000" "30");
    assert_int_equal(wg_configuration_decode(golden_bytes(&v1), &got), WG_OK);
    assert_int_equal(got.members.count, 1);
    assert_int_equal(got.old_members.count, 0);
    assert_text(got.members.items[0].id, "0");
    struct golden longer = golden_of("0a00040008000400" "0068e5cf8b010000ffff" "0a00" "01"
                                     "03" "0100000000000000ee" "01000000" "30" "0900" "00");
    assert_int_equal(wg_configuration_decode(golden_bytes(&longer), &got), WG_OK);
    assert_int_equal(got.members.items[0].updated, 1);
    longer.bytes[18] = 8; /* an element cannot be that short */
    assert_int_equal(wg_configuration_decode(golden_bytes(&longer), &got), WG_CORRUPT);
    v1.bytes[2] = 5;
    assert_int_equal(wg_configuration_decode(golden_bytes(&v1), &got), WG_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_kind_there_and_back), TEST(every_cut_is_refused), TEST(wrong_numbers),
        TEST(encode_refuses), TEST(longer_block_is_read),
        cmocka_unit_test(configuration_there_and_back),
        cmocka_unit_test(configuration_of_other_versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
