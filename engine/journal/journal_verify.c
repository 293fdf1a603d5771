/* Offline reading of a journal's segment files. It follows the rules of journal_recover.c with code
 * of its own, so that each can be tested against the other:
 *
 * - a segment whose descriptor is damaged or which does not begin where the one before ended is no
 *   part of the log, nor are those behind it;
 * - the first place in a segment that is no sound frame with the next index ends the segment;
 * - what is left must reach last_flushed.
 *
 * Beyond recovery it looks into the entries: records must decode, stand in the order of positions
 * that their entry promises, and hold one well-formed MessagePack map each. */
#include "journal/journal_verify.h"

#include "base/crc32c.h"
#include "codec/batch.h"
#include "codec/msgpack.h"

enum {
    HEADER_AT = 1,         /* of the frame's metadata: template 1, schema 7 */
    CHECKSUM_AT = 9,
    LENGTH_AT = 17,
    RECORD_AT = 21,        /* header of the record data: template 2, schema 7 */
    ENTRY_LENGTH_AT = 45,
    ENTRY_AT = 49,         /* header of the raft entry: template 1, schema 8 */
    KIND_APPLICATION = 0
};

struct verify {
    const struct wg_verify_source *source;
    struct wg_verify_result *result;
    uint32_t file;
    struct wg_bytes bytes;   /* of that file */
    uint32_t max_bytes;      /* as its descriptor says */
    wg_index file_first;     /* likewise */
    wg_index last;           /* index of the last sound entry so far */
    uint32_t at;             /* offset of the next frame */
};

static void tell(struct verify *v, uint64_t offset, const char *what, bool ends_file) {
    struct wg_verify_finding finding = {v->file, offset, what, ends_file};
    v->result->findings++;
    if (v->source->finding != NULL) {
        v->source->finding(v->source->ctx, &finding);
    }
}

static bool header_is(const uint8_t *at, uint16_t template_id, uint16_t schema) {
    return wg_load_le(at + 2, 2) == template_id && wg_load_le(at + 4, 2) == schema;
}

/* --- descriptor ------------------------------------------------------------------------------- */

/* The file for the next segment is created ahead of time: all zeros, and last. */
static bool is_prepared(const struct verify *v) {
    uint32_t zeros = 0;
    while (zeros < v->bytes.len && v->bytes.ptr[zeros] == 0) {
        zeros++;
    }
    return v->file + 1 == v->source->files && zeros == v->bytes.len;
}

/* Why the descriptor was refused. */
static void explain_descriptor(struct verify *v, wg_status status) {
    if (status == WG_TRUNCATED) {
        tell(v, v->bytes.len, "the file ends inside the segment descriptor", true);
    } else if (v->bytes.ptr[0] == 0) {
        tell(v, 0, "no segment descriptor here", true);
    } else if (status == WG_UNSUPPORTED) {
        tell(v, 0, "unsupported version of the segment descriptor (2 is known)", true);
    } else if (!header_is(v->bytes.ptr + 1, 4, 7) || wg_load_le(v->bytes.ptr + 1, 2) != 8) {
        tell(v, 1, "not a segment descriptor: block 8, template 4 of schema 7 are expected", true);
    } else if (!header_is(v->bytes.ptr + 17, 3, 7)) {
        tell(v, 17, "the segment descriptor's fields: template 3 of schema 7 is expected", true);
    } else {
        tell(v, 9, "the checksum here does not match the segment descriptor", true);
    }
}

static bool read_descriptor(struct verify *v) {
    struct wg_segment_descriptor descriptor;
    uint32_t bytes = 0;
    wg_status status = wg_segment_descriptor_decode(v->bytes, &descriptor, &bytes);
    if (status != WG_OK) {
        explain_descriptor(v, status);
        return false;
    }
    if (descriptor.max_bytes < bytes) {
        tell(v, 41, "the maximum size in the segment descriptor is too small", true);
        return false;
    }
    v->max_bytes = descriptor.max_bytes;
    v->file_first = descriptor.index;
    v->at = bytes;
    return true;
}

/* --- records ---------------------------------------------------------------------------------- */

static bool is_one_map(struct wg_bytes value) {
    struct wg_reader r = wg_reader_on(value);
    struct wg_reader head = r;
    struct wg_mp_token token;
    struct wg_bytes raw;
    return wg_mp_read(&head, &token) && token.kind == WG_MP_MAP && wg_mp_skip(&r, &raw) &&
           wg_reader_left(&r) == 0;
}

static void check_records(struct verify *v, const struct wg_verify_entry *entry) {
    const struct wg_frame *frame = &entry->frame;
    uint64_t start = entry->offset + frame->data_offset;
    wg_position expected = frame->lowest;
    uint32_t at = 0;
    while (at < frame->data_len) {
        struct wg_record record;
        uint32_t used;
        struct wg_bytes rest =
            wg_bytes_of(entry->bytes.ptr + frame->data_offset + at, frame->data_len - at);
        if (wg_log_entry_decode_record(rest, &record, &used) != WG_OK) {
            tell(v, start + at, "no log entry can be read here, though the checksum is right",
                 false);
            return;
        }
        if (record.position != expected) {
            tell(v, start + at + 16, "the record's position is not the next one", false);
        }
        if (!is_one_map(record.value)) {
            uint64_t value_at = entry->offset + (uint64_t)(record.value.ptr - entry->bytes.ptr);
            tell(v, value_at, "the record's value is not one well-formed MessagePack map", false);
        }
        expected = record.position + 1;
        v->result->records++;
        at += used;
    }
    if (expected != frame->highest + 1) {
        tell(v, entry->offset + 82, "the entry's highest position is not its last record's", false);
    }
}

/* --- frames ----------------------------------------------------------------------------------- */

/* Why there is no sound frame at v->at, where `left` bytes of the file are. */
static void explain_frame(struct verify *v, const uint8_t *frame, uint64_t left, uint64_t room) {
    if (left < WG_FRAME_HEADER_BYTES) {
        tell(v, v->at + left, "the file ends inside a frame", true);
    } else if (!header_is(frame + HEADER_AT, 1, 7)) {
        tell(v, v->at + HEADER_AT, "not a frame: template 1 of schema 7 is expected", true);
    } else if (wg_load_le(frame + HEADER_AT, 2) != 12) {
        tell(v, v->at + HEADER_AT, "the frame's metadata block is not 12 bytes long", true);
    } else if (RECORD_AT + wg_load_le(frame + LENGTH_AT, 4) > room) {
        tell(v, v->at + LENGTH_AT, "the frame is longer than the rest of its segment", true);
    } else if (RECORD_AT + wg_load_le(frame + LENGTH_AT, 4) > left) {
        tell(v, v->at + left, "the file ends inside a frame", true);
    } else if (wg_load_le(frame + CHECKSUM_AT, 8) !=
               wg_crc32c(0, frame + RECORD_AT, wg_load_le(frame + LENGTH_AT, 4))) {
        tell(v, v->at + CHECKSUM_AT, "the checksum here does not match the record data", true);
    } else if (!header_is(frame + RECORD_AT, 2, 7)) {
        tell(v, v->at + RECORD_AT, "not record data: template 2 of schema 7 is expected", true);
    } else if (!header_is(frame + ENTRY_AT, 1, 8)) {
        tell(v, v->at + ENTRY_AT, "not a raft entry: template 1 of schema 8 is expected", true);
    } else {
        tell(v, v->at + ENTRY_LENGTH_AT, "the raft entry in the frame cannot be read", true);
    }
}

/* false: the segment ends here. */
static bool read_frame(struct verify *v) {
    uint64_t room = v->max_bytes - v->at;
    uint64_t left = v->bytes.len > v->at ? v->bytes.len - v->at : 0;
    const uint8_t *frame = v->bytes.ptr + v->at;
    if (room < WG_FRAME_HEADER_BYTES || left == 0 || frame[0] == 0) {
        return false;
    }
    struct wg_verify_entry entry = {.file = v->file, .offset = v->at};
    uint64_t total =
        left < WG_FRAME_HEADER_BYTES ? 0 : RECORD_AT + wg_load_le(frame + LENGTH_AT, 4);
    bool fits = total >= WG_FRAME_HEADER_BYTES && total <= room && total <= left;
    entry.bytes = wg_bytes_of(frame, fits ? total : 0);
    if (!fits || wg_frame_decode(entry.bytes, true, &entry.frame) != WG_OK ||
        entry.frame.total != total) {
        explain_frame(v, frame, left, room);
        return false;
    }
    if (entry.frame.index != v->last + 1) {
        tell(v, v->at + 29, "a sound frame has an index that is not the next one", true);
        return false;
    }
    if (v->source->entry != NULL) {
        v->source->entry(v->source->ctx, &entry);
    }
    if (entry.frame.kind == KIND_APPLICATION) {
        check_records(v, &entry);
    }
    v->result->entries++;
    v->last++;
    v->at += (uint32_t)total;
    return true;
}

/* Whether the file is part of the log. */
static bool read_segment(struct verify *v) {
    v->bytes = v->source->content(v->source->ctx, v->file);
    if (is_prepared(v) || !read_descriptor(v)) {
        return false;
    }
    if (v->file == 0) {
        v->result->first = v->file_first;
        v->last = v->file_first - 1;
    }
    if (v->file_first != v->last + 1) {
        tell(v, 33, "the segment does not begin where the one before ends", true);
        return false;
    }
    while (read_frame(v)) {
    }
    return true;
}

void wg_journal_verify(const struct wg_verify_source *source, wg_index last_flushed,
                       struct wg_verify_result *ret_result) {
    *ret_result = (struct wg_verify_result){.first = 1};
    struct verify v = {.source = source, .result = ret_result};
    while (v.file < source->files && read_segment(&v)) {
        ret_result->last = v.last;
        ret_result->end = v.at;
        ret_result->files = ++v.file;
    }
    if (ret_result->files == 0) {
        ret_result->first = 1;
        ret_result->last = 0;
    }
    ret_result->refused = last_flushed > ret_result->last;
}
