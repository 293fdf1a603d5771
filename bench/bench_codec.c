/* What the record codec does per second on one core, as JSON lines: decode after the full check
 * (frame, CRC32C, metadata, MessagePack of the value well-formed), encode of typed values to
 * frames, and JSON. Beside it memcpy of the same bytes and msgpack-c's decode of the same values.
 * Wall clock on purpose; the best of several rounds counts. */
#include "codec/batch.h"
#include "codec/frame.h"
#include "codec/msgpack.h"
#include "codec/record_json.h"
#include "codec/values.h"
#include "tests/lib/test_env.h"

#ifdef WG_MSGPACK_C
#include <msgpack.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAMES = 2048, RECORDS_PER_FRAME = 4, RECORDS = FRAMES * RECORDS_PER_FRAME, ROUNDS = 40 };

union typed {
    struct wg_value_job job;
    struct wg_value_process_instance instance;
    struct wg_value_variable variable;
};

struct bench {
    struct wg_env *env;
    union typed typed[RECORDS];
    struct wg_record records[RECORDS];
    struct wg_buf *frames[FRAMES];
    uint8_t *values;     /* all values one after another */
    size_t value_bytes;
    uint8_t *file;       /* all frames back to back, as in a segment */
    size_t file_bytes;
    uint64_t checksum;   /* of results, so that no work can be left out */
};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct wg_bytes text(const char *chars) { return wg_bytes_str(chars); }

/* Records as a one-task process writes them: instance events, jobs, a variable of 200 bytes. */
static void fill(struct bench *bench, uint32_t i) {
    static uint8_t document[220];
    struct wg_writer w = wg_writer_on(document, sizeof document);
    wg_mp_write_map(&w, 1);
    wg_mp_write_str(&w, text("orderId"));
    wg_mp_write_str(&w, text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                             "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    int64_t key = INT64_C(2251799813685249) + i;
    union typed *typed = &bench->typed[i];
    struct wg_record *record = &bench->records[i];
    wg_record_init(record);
    record->position = i + 1;
    record->source_position = i;
    record->key = key;
    record->timestamp_ms = INT64_C(1700000000000) + i;
    record->record_type = WG_EVENT;
    static const uint8_t types[] = {WG_VT_JOB, WG_VT_VARIABLE, WG_VT_PROCESS_INSTANCE,
                                    WG_VT_PROCESS_INSTANCE};
    record->value_type = types[i % 4];
    record->intent = i % 4 < 2 ? 0 : (uint8_t)(i % 4 + 1);
    if (wg_value_init(record->value_type, typed) != WG_OK) {
        abort();
    }
    if (record->value_type == WG_VT_JOB) {
        typed->job.type = text("payment-service");
        typed->job.retries = 3;
        typed->job.variables = wg_writer_bytes(&w);
        typed->job.bpmn_process_id = text("order-process");
        typed->job.element_id = text("collect-money");
        typed->job.process_instance_key = typed->job.element_instance_key = key;
    } else if (record->value_type == WG_VT_VARIABLE) {
        typed->variable.name = text("order");
        typed->variable.value = wg_writer_bytes(&w);
        typed->variable.scope_key = typed->variable.process_instance_key = key;
        typed->variable.bpmn_process_id = text("order-process");
    } else {
        typed->instance.bpmn_element_type = text("SERVICE_TASK");
        typed->instance.element_id = text("collect-money");
        typed->instance.bpmn_process_id = text("order-process");
        typed->instance.process_instance_key = typed->instance.flow_scope_key = key;
        typed->instance.process_definition_key = key;
    }
}

/* Typed values to frames. */
static void encode_all(struct bench *bench) {
    struct wg_writer w = wg_writer_on(bench->values, bench->value_bytes);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint8_t *start = w.at;
        struct wg_record *record = &bench->records[i];
        if (wg_value_encode(record->value_type, &bench->typed[i], &w) != WG_OK) {
            abort();
        }
        record->value = wg_bytes_of(start, (size_t)(w.at - start));
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct wg_record *first = &bench->records[i * RECORDS_PER_FRAME];
        struct wg_buf *batch = wg_batch_encode(bench->env, first, RECORDS_PER_FRAME);
        wg_buf_unref(bench->frames[i]);
        bench->frames[i] = wg_frame_encode(bench->env, i + 1, 1, 0, first->position,
                                           first->position + RECORDS_PER_FRAME - 1,
                                           wg_bytes_of(batch->bytes, batch->len));
        wg_buf_unref(batch);
    }
}

static void decode_all(struct bench *bench) {
    size_t at = 0;
    while (at < bench->file_bytes) {
        struct wg_frame frame;
        struct wg_bytes rest = wg_bytes_of(bench->file + at, bench->file_bytes - at);
        if (wg_frame_decode(rest, true, &frame) != WG_OK) {
            abort();
        }
        uint32_t inner = 0;
        while (inner < frame.data_len) {
            struct wg_record record;
            struct wg_bytes raw;
            uint32_t used;
            struct wg_bytes entry = wg_bytes_of(bench->file + at + frame.data_offset + inner,
                                                frame.data_len - inner);
            if (wg_log_entry_decode_record(entry, &record, &used) != WG_OK) {
                abort();
            }
            struct wg_reader r = wg_reader_on(record.value);
            if (!wg_mp_skip(&r, &raw)) {
                abort();
            }
            bench->checksum += raw.len + (uint64_t)record.position;
            inner += used;
        }
        at += frame.total;
    }
}

static void decode_values(struct bench *bench) {
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct wg_reader r = wg_reader_on(bench->records[i].value);
        struct wg_bytes raw;
        bench->checksum += wg_mp_skip(&r, &raw) ? raw.len : 0;
    }
}

static void decode_typed(struct bench *bench) {
    for (uint32_t i = 0; i < RECORDS; i++) {
        union wg_any_typed_value value;
        bench->checksum +=
            wg_value_decode(bench->records[i].value_type, bench->records[i].value, &value) == WG_OK;
    }
}

#ifdef WG_MSGPACK_C
static void decode_msgpack_c(struct bench *bench) {
    msgpack_unpacked object;
    msgpack_unpacked_init(&object);
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct wg_bytes value = bench->records[i].value;
        size_t used = 0;
        (void)msgpack_unpack_next(&object, (const char *)value.ptr, value.len, &used);
        bench->checksum += used;
    }
    msgpack_unpacked_destroy(&object);
}
#endif

static void copy_all(struct bench *bench) {
    static uint8_t *target;
    target = target == NULL ? malloc(bench->file_bytes) : target;
    memcpy(target, bench->file, bench->file_bytes);
    bench->checksum += target[bench->file_bytes / 2];
}

static struct wg_text json;

static void json_all(struct bench *bench) {
    json.env = bench->env;
    json.len = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        if (wg_record_json(&bench->records[i], 1, &json) != WG_OK) {
            abort();
        }
    }
    bench->checksum += json.len;
}

static void measure(struct bench *bench, const char *what, void (*all)(struct bench *),
                    const size_t *bytes) {
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double started = seconds();
        all(bench);
        double spent = seconds() - started;
        best = spent < best ? spent : best;
    }
    printf("{\"bench\":\"codec\",\"what\":\"%s\",\"gb_per_s\":%.3f,\"records_per_s\":%.0f}\n", what,
           (double)*bytes / best / 1e9, RECORDS / best);
}

int main(void) {
    struct bench *bench = calloc(1, sizeof *bench);
    enum { VALUE_ROOM = RECORDS * 1024 };
    if (bench == NULL) {
        return 1;
    }
    bench->env = test_env_new();
    bench->values = malloc(VALUE_ROOM);
    bench->value_bytes = VALUE_ROOM;
    for (uint32_t i = 0; i < RECORDS; i++) {
        fill(bench, i);
    }
    encode_all(bench);
    bench->file = malloc((size_t)RECORDS * 2048);
    if (bench->file == NULL) {
        return 1;
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        memcpy(bench->file + bench->file_bytes, bench->frames[i]->bytes, bench->frames[i]->len);
        bench->file_bytes += bench->frames[i]->len;
    }
    size_t value_bytes = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        value_bytes += bench->records[i].value.len;
    }
    measure(bench, "memcpy", copy_all, &bench->file_bytes);
    measure(bench, "decode, all checked", decode_all, &bench->file_bytes);
    measure(bench, "encode typed values to frames", encode_all, &bench->file_bytes);
    measure(bench, "msgpack check of values", decode_values, &value_bytes);
    measure(bench, "typed decode of values", decode_typed, &value_bytes);
#ifdef WG_MSGPACK_C
    measure(bench, "msgpack-c decode of values", decode_msgpack_c, &value_bytes);
#endif
    json_all(bench);
    measure(bench, "json (bytes of text)", json_all, &json.len);
    fprintf(stderr, "%zu bytes a record, check %llu\n", bench->file_bytes / RECORDS,
            (unsigned long long)bench->checksum);
    return 0;
}
