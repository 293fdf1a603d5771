/* Raft messages and configuration entries: what is read is written in one form, which reads back as
 * the same and is written as the same bytes. First byte, of 4: 1 and 3 = the rest is a message; 2 =
 * the members of a configuration entry; 0 = it is cut into the frames of an append request. */
#include "fuzz/fuzz.h"

#include "codec/configuration.h"
#include "codec/frame.h"
#include "codec/raft_wire.h"

static bool same(const struct wg_raft_wire *a, const struct wg_raft_wire *b) {
    return a->kind == b->kind && a->from == b->from && a->to == b->to &&
           a->request_number == b->request_number && a->request_term == b->request_term &&
           memcmp(&a->vote, &b->vote, sizeof a->vote) == 0 &&
           a->append.commit == b->append.commit && a->append.count == b->append.count &&
           wg_bytes_equal(a->append.frames, b->append.frames) &&
           a->install.exported == b->install.exported && a->install.last == b->install.last &&
           wg_bytes_equal(a->install.file, b->install.file) &&
           wg_bytes_equal(a->install.content, b->install.content) &&
           a->response.failed == b->response.failed &&
           a->response.snapshot_index == b->response.snapshot_index;
}

static void check(struct wg_env *env, struct wg_bytes bytes) {
    struct wg_raft_wire message, again;
    struct wg_buf *first, *second;
    if (wg_raft_wire_decode(bytes, &message) != WG_OK) {
        return;
    }
    FUZZ_CHECK(wg_raft_wire_name(message.kind) != NULL);
    FUZZ_CHECK(wg_raft_wire_encode(env, &message, &first) == WG_OK);
    struct wg_bytes written = wg_bytes_of(first->bytes, first->len);
    FUZZ_CHECK(wg_raft_wire_decode(written, &again) == WG_OK && same(&message, &again));
    FUZZ_CHECK(wg_raft_wire_encode(env, &again, &second) == WG_OK);
    FUZZ_CHECK(wg_bytes_equal(written, wg_bytes_of(second->bytes, second->len)));
    wg_buf_unref(first);
    wg_buf_unref(second);
}

/* An append request with frames of the input's bytes, and the input's idea of how many. */
static void check_frames(struct wg_env *env, struct wg_bytes input) {
    static uint8_t frames[1 << 16];
    struct wg_writer out = wg_writer_on(frames, sizeof frames);
    struct wg_raft_wire message = {.kind = WG_MSG_APPEND_REQUEST, .to = 1, .partition = 1};
    uint32_t entries = 0;
    message.append.count = fuzz_byte(&input);
    message.append.prev_index = fuzz_byte(&input);
    while (input.len > 0 && !out.failed && entries < 64) {
        struct wg_bytes data = fuzz_take(&input, fuzz_byte(&input));
        wg_index index = message.append.prev_index + ++entries;
        struct wg_buf *frame = wg_frame_encode(env, index, 1, 0, entries, entries, data);
        wg_write_bytes(&out, frame->bytes, frame->len);
        wg_buf_unref(frame);
    }
    message.append.frames = wg_writer_bytes(&out);
    struct wg_raft_wire again;
    struct wg_buf *buf;
    FUZZ_CHECK(wg_raft_wire_encode(env, &message, &buf) == WG_OK);
    wg_status status = wg_raft_wire_decode(wg_bytes_of(buf->bytes, buf->len), &again);
    FUZZ_CHECK((status == WG_OK) == (message.append.count == entries));
    check(env, wg_bytes_of(buf->bytes, buf->len));
    wg_buf_unref(buf);
}

static void check_configuration(struct wg_bytes input) {
    static struct wg_configuration configuration, again;
    static uint8_t memory[2][1 << 17];
    struct wg_writer first = wg_writer_on(memory[0], sizeof memory[0]);
    struct wg_writer second = wg_writer_on(memory[1], sizeof memory[1]);
    if (wg_configuration_decode(input, &configuration) != WG_OK) {
        return;
    }
    FUZZ_CHECK(wg_configuration_encode(&configuration, &first) == WG_OK);
    FUZZ_CHECK(wg_configuration_decode(wg_writer_bytes(&first), &again) == WG_OK);
    FUZZ_CHECK(configuration.members.count == again.members.count &&
               configuration.old_members.count == again.old_members.count);
    FUZZ_CHECK(wg_configuration_encode(&again, &second) == WG_OK);
    FUZZ_CHECK(wg_bytes_equal(wg_writer_bytes(&first), wg_writer_bytes(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    struct wg_env *env = test_env_new();
    uint8_t mode = fuzz_byte(&input) & 3u;
    if ((mode & 1u) != 0) {
        check(env, input);
    } else if (mode == 2) {
        check_configuration(input);
    } else {
        check_frames(env, input);
    }
    test_env_free(env);
    return 0;
}
