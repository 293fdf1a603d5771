/* Raft messages as bytes, little-endian:
 *
 *    0  2  block length   2  2  template = the kind   4  2  schema 100   6  2  version 1
 *    8  4  from   12  4  to   16  4  partition   20  8  request number   28  8  request term
 *   then, by kind, at 36:
 *   poll, vote request   36  8  last index   44  8  last term
 *   append request       36  8  previous index   44  8  previous term   52  8  commit index
 *                        60  4  number of entries
 *   install request      36  8  index   44  8  term   52  8  processed   60  8  exported
 *                        68  4  chunk number   72  4  files   76  4  snapshot checksum
 *                        80  4  chunk checksum   84  8  offset   92  8  file bytes   100  1  last
 *   any response         36  8  term   44  1  flags: 1 failed, 2 accepted
 *                        45  8  last index   53  8  snapshot index
 *   then var fields (u32 length, bytes): append request: journal frames; install request: file
 *   name, content.
 *
 * A newer writer may have made the block longer. Nothing may follow the last field. */
#include "codec/raft_wire.h"

#include "base/bytes.h"
#include "codec/frame.h"

enum {
    HEADER = 8,
    SCHEMA = 100,
    VERSION = 1,
    COMMON_BLOCK = 28,
    VOTE_BLOCK = COMMON_BLOCK + 16,
    APPEND_BLOCK = COMMON_BLOCK + 28,
    INSTALL_BLOCK = COMMON_BLOCK + 65,
    RESPONSE_BLOCK = COMMON_BLOCK + 25,
    FAILED = 1,
    ACCEPTED = 2
};

const char *wg_raft_wire_name(uint16_t kind) {
    static const char *const names[WG_MSG_KIND_COUNT] = {
        [WG_MSG_POLL_REQUEST] = "poll-request",       [WG_MSG_POLL_RESPONSE] = "poll-response",
        [WG_MSG_VOTE_REQUEST] = "vote-request",       [WG_MSG_VOTE_RESPONSE] = "vote-response",
        [WG_MSG_APPEND_REQUEST] = "append-request",   [WG_MSG_APPEND_RESPONSE] = "append-response",
        [WG_MSG_INSTALL_REQUEST] = "install-request", [WG_MSG_INSTALL_RESPONSE] = "install-response"};
    return kind < WG_MSG_KIND_COUNT ? names[kind] : NULL;
}

/* Length of a kind's block, 0 for what is no raft message. */
static uint32_t block_of(uint16_t kind) {
    switch (kind) {
    case WG_MSG_POLL_REQUEST:
    case WG_MSG_VOTE_REQUEST:
        return VOTE_BLOCK;
    case WG_MSG_APPEND_REQUEST:
        return APPEND_BLOCK;
    case WG_MSG_INSTALL_REQUEST:
        return INSTALL_BLOCK;
    case WG_MSG_POLL_RESPONSE:
    case WG_MSG_VOTE_RESPONSE:
    case WG_MSG_APPEND_RESPONSE:
    case WG_MSG_INSTALL_RESPONSE:
        return RESPONSE_BLOCK;
    default:
        return 0;
    }
}

/* --- encode ---------------------------------------------------------------------------------- */

static void write_var(struct wg_writer *w, struct wg_bytes bytes) {
    wg_write_le(w, bytes.len, 4);
    wg_write_bytes(w, bytes.ptr, bytes.len);
}

static void write_common(struct wg_writer *w, const struct wg_raft_wire *m) {
    wg_write_le(w, block_of(m->kind), 2);
    wg_write_le(w, m->kind, 2);
    wg_write_le(w, SCHEMA, 2);
    wg_write_le(w, VERSION, 2);
    wg_write_le(w, m->from, 4);
    wg_write_le(w, m->to, 4);
    wg_write_le(w, m->partition, 4);
    wg_write_le(w, m->request_number, 8);
    wg_write_le(w, m->request_term, 8);
}

static void write_append(struct wg_writer *w, const struct wg_raft_wire *m) {
    wg_write_le(w, m->append.prev_index, 8);
    wg_write_le(w, m->append.prev_term, 8);
    wg_write_le(w, m->append.commit, 8);
    wg_write_le(w, m->append.count, 4);
    write_var(w, m->append.frames);
}

static void write_install(struct wg_writer *w, const struct wg_raft_wire *m) {
    wg_write_le(w, m->install.index, 8);
    wg_write_le(w, m->install.term, 8);
    wg_write_le(w, (uint64_t)m->install.processed, 8);
    wg_write_le(w, (uint64_t)m->install.exported, 8);
    wg_write_le(w, m->install.number, 4);
    wg_write_le(w, m->install.total_files, 4);
    wg_write_le(w, m->install.snapshot_checksum, 4);
    wg_write_le(w, m->install.chunk_checksum, 4);
    wg_write_le(w, m->install.offset, 8);
    wg_write_le(w, m->install.file_bytes, 8);
    wg_write_le(w, m->install.last, 1);
    write_var(w, m->install.file);
    write_var(w, m->install.content);
}

static void write_response(struct wg_writer *w, const struct wg_raft_wire *m) {
    wg_write_le(w, m->response.term, 8);
    wg_write_le(w, (m->response.failed ? FAILED : 0) | (m->response.accepted ? ACCEPTED : 0), 1);
    wg_write_le(w, m->response.last_index, 8);
    wg_write_le(w, m->response.snapshot_index, 8);
}

wg_status wg_raft_wire_encode(struct wg_env *env, const struct wg_raft_wire *message,
                              struct wg_buf **ret_buf) {
    uint32_t block = block_of(message->kind);
    uint64_t vars = 0;
    if (message->kind == WG_MSG_APPEND_REQUEST) {
        vars = 4 + (uint64_t)message->append.frames.len;
    } else if (message->kind == WG_MSG_INSTALL_REQUEST) {
        vars = 8 + (uint64_t)message->install.file.len + message->install.content.len;
    }
    if (block == 0 || message->install.file.len > WG_RAFT_WIRE_MAX_FILE ||
        HEADER + block + vars > INT32_MAX) {
        return WG_INVALID;
    }
    struct wg_buf *buf = wg_buf_new(env, (uint32_t)(HEADER + block + vars));
    struct wg_writer w = wg_writer_on(buf->bytes, buf->len);
    write_common(&w, message);
    if (message->kind == WG_MSG_APPEND_REQUEST) {
        write_append(&w, message);
    } else if (message->kind == WG_MSG_INSTALL_REQUEST) {
        write_install(&w, message);
    } else if (block == VOTE_BLOCK) {
        wg_write_le(&w, message->vote.last_index, 8);
        wg_write_le(&w, message->vote.last_term, 8);
    } else {
        write_response(&w, message);
    }
    *ret_buf = buf;
    return WG_OK;
}

/* --- decode ---------------------------------------------------------------------------------- */

static struct wg_bytes read_var(struct wg_reader *r) {
    uint32_t len = (uint32_t)wg_read_le(r, 4);
    const uint8_t *at = wg_read_bytes(r, len);
    return wg_bytes_of(at, at == NULL ? 0 : len);
}

/* Whether `frames` are what the numbers of the request say. */
static bool frames_fit(const struct wg_raft_wire *m) {
    struct wg_bytes rest = m->append.frames;
    wg_index next = m->append.prev_index;
    for (uint32_t i = 0; i < m->append.count; i++) {
        struct wg_frame frame;
        if (wg_frame_decode(rest, true, &frame) != WG_OK || frame.index != ++next) {
            return false;
        }
        rest = wg_bytes_of(rest.ptr + frame.total, rest.len - frame.total);
    }
    return rest.len == 0;
}

static bool read_append(struct wg_reader *block, struct wg_reader *r, struct wg_raft_wire *m) {
    m->append.prev_index = wg_read_le(block, 8);
    m->append.prev_term = wg_read_le(block, 8);
    m->append.commit = wg_read_le(block, 8);
    m->append.count = (uint32_t)wg_read_le(block, 4);
    m->append.frames = read_var(r);
    return r->failed || frames_fit(m);
}

static bool read_install(struct wg_reader *block, struct wg_reader *r, struct wg_raft_wire *m) {
    m->install.index = wg_read_le(block, 8);
    m->install.term = wg_read_le(block, 8);
    m->install.processed = (wg_position)wg_read_le(block, 8);
    m->install.exported = (wg_position)wg_read_le(block, 8);
    m->install.number = (uint32_t)wg_read_le(block, 4);
    m->install.total_files = (uint32_t)wg_read_le(block, 4);
    m->install.snapshot_checksum = (uint32_t)wg_read_le(block, 4);
    m->install.chunk_checksum = (uint32_t)wg_read_le(block, 4);
    m->install.offset = wg_read_le(block, 8);
    m->install.file_bytes = wg_read_le(block, 8);
    uint64_t last = wg_read_le(block, 1);
    m->install.last = last != 0;
    m->install.file = read_var(r);
    m->install.content = read_var(r);
    return last <= 1 && m->install.file.len <= WG_RAFT_WIRE_MAX_FILE;
}

static bool read_response(struct wg_reader *block, struct wg_raft_wire *m) {
    m->response.term = wg_read_le(block, 8);
    uint64_t flags = wg_read_le(block, 1);
    m->response.failed = (flags & FAILED) != 0;
    m->response.accepted = (flags & ACCEPTED) != 0;
    m->response.last_index = wg_read_le(block, 8);
    m->response.snapshot_index = wg_read_le(block, 8);
    return flags <= (FAILED | ACCEPTED);
}

static void read_common(struct wg_reader *block, struct wg_raft_wire *m) {
    m->from = (wg_node_id)wg_read_le(block, 4);
    m->to = (wg_node_id)wg_read_le(block, 4);
    m->partition = (wg_partition_id)wg_read_le(block, 4);
    m->request_number = wg_read_le(block, 8);
    m->request_term = wg_read_le(block, 8);
}

wg_status wg_raft_wire_decode(struct wg_bytes bytes, struct wg_raft_wire *ret_message) {
    struct wg_reader r = wg_reader_on(bytes);
    const uint8_t *header = wg_read_bytes(&r, HEADER);
    if (header == NULL) {
        return WG_TRUNCATED;
    }
    uint32_t block_len = (uint32_t)wg_load_le(header, 2);
    struct wg_raft_wire message = {.kind = (uint16_t)wg_load_le(header + 2, 2)};
    uint32_t least = block_of(message.kind);
    if (wg_load_le(header + 4, 2) != SCHEMA || least == 0) {
        return WG_UNSUPPORTED;
    }
    if (block_len < least) {
        return WG_CORRUPT;
    }
    const uint8_t *block_at = wg_read_bytes(&r, block_len);
    if (block_at == NULL) {
        return WG_TRUNCATED;
    }
    struct wg_reader block = wg_reader_on(wg_bytes_of(block_at, block_len));
    read_common(&block, &message);
    bool good = true;
    if (message.kind == WG_MSG_APPEND_REQUEST) {
        good = read_append(&block, &r, &message);
    } else if (message.kind == WG_MSG_INSTALL_REQUEST) {
        good = read_install(&block, &r, &message);
    } else if (least == VOTE_BLOCK) {
        message.vote.last_index = wg_read_le(&block, 8);
        message.vote.last_term = wg_read_le(&block, 8);
    } else {
        good = read_response(&block, &message);
    }
    if (r.failed) {
        return WG_TRUNCATED;
    }
    if (!good || wg_reader_left(&r) > 0) {
        return WG_CORRUPT;
    }
    *ret_message = message;
    return WG_OK;
}
