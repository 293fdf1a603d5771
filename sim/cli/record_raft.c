/* See record_raft.h. */
#include "sim/cli/record_raft.h"

#include "codec/batch.h"
#include "codec/frame.h"
#include "codec/json.h"
#include "codec/raft_wire.h"

static void put_number(struct wg_text *text, const char *name, int64_t number) {
    wg_text_literal(text, ",\"");
    wg_text_put(text, name, strlen(name));
    wg_text_literal(text, "\":");
    wg_text_int(text, number);
}

static void put_bool(struct wg_text *text, const char *name, bool value) {
    wg_text_literal(text, ",\"");
    wg_text_put(text, name, strlen(name));
    wg_text_put(text, value ? "\":true" : "\":false", value ? 6 : 7);
}

/* Records of a batch that cannot be read count as none; the entry itself has been checked. */
static uint32_t count_records(struct wg_bytes batch) {
    uint32_t count = 0;
    uint32_t used = 0;
    struct wg_record record;
    for (uint32_t at = 0; at < batch.len; at += used, count++) {
        if (wg_log_entry_decode_record(wg_bytes_of(batch.ptr + at, batch.len - at), &record,
                                       &used) != WG_OK) {
            break;
        }
    }
    return count;
}

static void put_entries(struct wg_text *text, const struct wg_raft_wire *m) {
    static const char *const kinds[] = {"APPLICATION", "CONFIGURATION", "INITIAL"};
    uint32_t at = 0;
    wg_text_literal(text, ",\"entries\":[");
    for (uint32_t i = 0; i < m->append.count; i++) {
        struct wg_frame frame;
        struct wg_bytes rest =
            wg_bytes_of(m->append.frames.ptr + at, m->append.frames.len - at);
        if (wg_frame_decode(rest, false, &frame) != WG_OK) {
            break; /* not reached: the message has been checked */
        }
        wg_text_put(text, i == 0 ? "{\"entry\":\"" : ",{\"entry\":\"", i == 0 ? 10 : 11);
        wg_text_put(text, kinds[frame.kind], strlen(kinds[frame.kind]));
        wg_text_literal(text, "\"");
        put_number(text, "index", (int64_t)frame.index);
        put_number(text, "term", (int64_t)frame.term);
        if (frame.kind == 0) {
            struct wg_bytes batch = wg_bytes_of(rest.ptr + frame.data_offset, frame.data_len);
            put_number(text, "records", count_records(batch));
        }
        wg_text_literal(text, "}");
        at += frame.total;
    }
    wg_text_literal(text, "]");
}

static void put_append(struct wg_text *text, const struct wg_raft_wire *m) {
    put_number(text, "prevIndex", (int64_t)m->append.prev_index);
    put_number(text, "prevTerm", (int64_t)m->append.prev_term);
    put_number(text, "commit", (int64_t)m->append.commit);
    put_entries(text, m);
}

static void put_install(struct wg_text *text, const struct wg_raft_wire *m) {
    put_number(text, "index", (int64_t)m->install.index);
    put_number(text, "term", (int64_t)m->install.term);
    put_number(text, "processed", m->install.processed);
    put_number(text, "exported", m->install.exported);
    put_number(text, "chunk", m->install.number);
    put_number(text, "files", m->install.total_files);
    wg_text_literal(text, ",\"file\":");
    wg_text_string(text, m->install.file);
    put_number(text, "offset", (int64_t)m->install.offset);
    put_number(text, "fileBytes", (int64_t)m->install.file_bytes);
    put_number(text, "bytes", m->install.content.len);
    put_number(text, "checksum", m->install.chunk_checksum);
    put_number(text, "snapshotChecksum", m->install.snapshot_checksum);
    put_bool(text, "last", m->install.last);
}

static void put_response(struct wg_text *text, const struct wg_raft_wire *m) {
    put_number(text, "term", (int64_t)m->response.term);
    put_bool(text, "failed", m->response.failed);
    put_bool(text, "accepted", m->response.accepted);
    put_number(text, "lastIndex", (int64_t)m->response.last_index);
    put_number(text, "snapshotIndex", (int64_t)m->response.snapshot_index);
}

wg_status cli_raft_message_json(struct wg_bytes bytes, struct wg_text *text) {
    struct wg_raft_wire m;
    wg_status status = wg_raft_wire_decode(bytes, &m);
    if (status != WG_OK) {
        return status;
    }
    wg_text_literal(text, "{\"message\":");
    wg_text_string(text, wg_bytes_str(wg_raft_wire_name(m.kind)));
    put_number(text, "from", m.from);
    put_number(text, "to", m.to);
    put_number(text, "partition", m.partition);
    put_number(text, "request", (int64_t)m.request_number);
    put_number(text, "requestTerm", (int64_t)m.request_term);
    if (m.kind == WG_MSG_APPEND_REQUEST) {
        put_append(text, &m);
    } else if (m.kind == WG_MSG_INSTALL_REQUEST) {
        put_install(text, &m);
    } else if (m.kind == WG_MSG_POLL_REQUEST || m.kind == WG_MSG_VOTE_REQUEST) {
        put_number(text, "lastIndex", (int64_t)m.vote.last_index);
        put_number(text, "lastTerm", (int64_t)m.vote.last_term);
    } else {
        put_response(text, &m);
    }
    wg_text_literal(text, "}");
    return WG_OK;
}
