/* See judge_world.h. */
#include "judge_world.h"

#include "sim/invariants/wire.h"
#include "sim/world/epoch.h"

#include <stdio.h>
#include <stdlib.h>

/* --- encoding -------------------------------------------------------------------------------- */

struct out {
    uint8_t *bytes;
    uint32_t len;
};

static void put(struct out *out, uint64_t number, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        out->bytes[out->len++] = (uint8_t)(number >> (8 * i));
    }
}

static void put_bytes(struct out *out, const void *bytes, uint32_t len) {
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

static void put_header(struct out *out, uint32_t block, uint32_t template_id, uint32_t schema,
                       uint32_t version) {
    put(out, block, 2);
    put(out, template_id, 2);
    put(out, schema, 2);
    put(out, version, 2);
}

static void overwrite(uint8_t *at, uint64_t number, uint32_t bytes) {
    struct out out = {at, 0};
    put(&out, number, bytes);
}

static void put_metadata(struct out *out, const struct world_record *record) {
    put_header(out, 40, 200, 0, 5);
    put(out, record->record_type, 1);
    put(out, record->request_id == 0 ? 0x80000000u : 7, 4);
    put(out, record->request_id == 0 ? UINT64_MAX : record->request_id, 8);
    put(out, 5, 2);
    put(out, record->value_type, 1);
    put(out, record->intent, 1);
    put(out, 8, 4);
    put(out, 6, 4);
    put(out, 0, 4);
    put(out, 1, 2);
    put(out, 255, 1);
    put(out, UINT64_MAX, 8);
    put(out, 0, 4);
    put(out, 1, 4);
    put(out, 0x80, 1);
}

static void put_number(struct out *out, const char *name, int64_t number) {
    if (number == 0) {
        return;
    }
    put(out, 0xa0 + strlen(name), 1);
    put_bytes(out, name, (uint32_t)strlen(name));
    put(out, 0xcf, 1);
    for (int shift = 56; shift >= 0; shift -= 8) {
        put(out, (uint64_t)number >> shift & 0xff, 1);
    }
}

static void put_value(struct out *out, const struct world_record *record) {
    put(out, 0x81u + (record->instance != 0 ? 1u : 0u) + (record->due != 0 ? 1u : 0u), 1);
    put_bytes(out, "\xa4list\x93\x01\xa1x\x80", 10);
    put_number(out, "processInstanceKey", record->instance);
    put_number(out, "dueDate", record->due);
}

static void put_record(struct out *out, const struct world_record *record, wg_position position,
                       int64_t timestamp_ms) {
    uint32_t start = out->len;
    put(out, 0, 4);
    put(out, 0, 8);
    put(out, 1, 2);
    put(out, 0, 2);
    put(out, (uint64_t)(record->position != 0 ? record->position : position), 8);
    put(out, record->source == 0 ? UINT64_MAX : (uint64_t)record->source, 8);
    put(out, (uint64_t)record->key, 8);
    put(out, (uint64_t)timestamp_ms, 8);
    uint32_t metadata_at = out->len;
    put(out, 0, 4);
    put_metadata(out, record);
    overwrite(out->bytes + metadata_at, out->len - metadata_at - 4, 4);
    put_value(out, record);
    overwrite(out->bytes + start, out->len - start, 4);
    while ((out->len - start) % 8 != 0) {
        put(out, 0xee, 1);
    }
}

static void put_entry(struct out *out, const struct world_frame *frame,
                      const struct world_record *records, uint32_t count) {
    put_header(out, 9, 1, 8, 3);
    put(out, frame->term, 8);
    put(out, count == 0 ? JUDGE_INITIAL : JUDGE_APPLICATION, 1);
    if (count == 0) {
        return;
    }
    put_header(out, 16, 2, 8, 3);
    put(out, (uint64_t)frame->lowest, 8);
    put(out, (uint64_t)frame->highest, 8);
    uint32_t length_at = out->len;
    put(out, 0, 4);
    for (uint32_t i = 0; i < count; i++) {
        put_record(out, &records[i], frame->lowest + (wg_position)i, frame->timestamp_ms);
    }
    overwrite(out->bytes + length_at, out->len - length_at - 4, 4);
}

void world_reseal(struct world_frame *frame) {
    overwrite(frame->bytes + 9, judge_crc32c(frame->bytes + 21, frame->len - 21), 8);
}

struct world_frame world_frame(struct world *w, wg_term term, const struct world_record *records,
                               uint32_t count) {
    struct world_frame frame = {.index = w->next_index,
                                .term = term,
                                .lowest = w->next_position,
                                .timestamp_ms = SIM_EPOCH_MS + w->now / WG_MS + w->wall_ms};
    frame.highest = frame.lowest + (wg_position)count - 1;
    struct out out = {frame.bytes, 0};
    put(&out, 1, 1);
    put_header(&out, 12, 1, 7, 2);
    put(&out, 0, 8);
    put(&out, 0, 4);
    put_header(&out, 16, 2, 7, 2);
    put(&out, frame.index, 8);
    put(&out, count == 0 ? UINT64_MAX : (uint64_t)frame.lowest, 8);
    put(&out, 0, 4);
    put_entry(&out, &frame, records, count);
    overwrite(frame.bytes + 17, out.len - 21, 4);
    overwrite(frame.bytes + 45, out.len - 49, 4);
    frame.len = out.len;
    world_reseal(&frame);
    return frame;
}

/* --- disks ----------------------------------------------------------------------------------- */

static void segment_path(char *path, size_t size, uint32_t number) {
    snprintf(path, size, "partitions/1/raft-%u.log", number);
}

static void list_files(void *ctx, wg_node_id node, wg_partition_id partition,
                       void (*each)(void *, const char *path, uint64_t size), void *each_ctx) {
    struct world *w = ctx;
    char path[64];
    (void)partition; /* there is but one */
    for (uint32_t i = 0; i < WORLD_SEGMENTS; i++) {
        if (w->segments[node][i].durable_exists) {
            segment_path(path, sizeof path, i + 1);
            each(each_ctx, path, WORLD_SEGMENT_BYTES);
        }
    }
    if (w->snapshots[node][0] != 0) {
        each(each_ctx, w->snapshots[node], 10);
    }
    if (w->snapshot_parts[node]) {
        int id = (int)(strlen(w->snapshots[node]) - strlen(".checksum"));
        snprintf(path, sizeof path, "%.*s/state.bin", id, w->snapshots[node]);
        each(each_ctx, path, 10);
        snprintf(path, sizeof path, "%.*s/zeebe.metadata", id, w->snapshots[node]);
        each(each_ctx, path, 10);
    }
}

static uint64_t read_file(void *ctx, wg_node_id node, const char *path, uint64_t offset, void *out,
                          uint64_t len) {
    struct world *w = ctx;
    unsigned number = 0;
    if (sscanf(path, "partitions/1/raft-%u.log", &number) != 1 || offset > WORLD_SEGMENT_BYTES) {
        return 0;
    }
    uint64_t left = WORLD_SEGMENT_BYTES - offset;
    len = len < left ? len : left;
    memcpy(out, w->segments[node][number - 1].durable + offset, len);
    return len;
}

static void tell(struct world *w, struct sim_fact fact) {
    fact.at = ++w->now;
    sim_judges_fact(w->judges, &fact);
}

static void write_bytes(struct world *w, wg_node_id node, uint32_t offset, const uint8_t *bytes,
                        uint32_t len) {
    struct world_segment *segment = &w->segments[node][w->current[node]];
    assert_true(offset + len <= WORLD_SEGMENT_BYTES);
    memcpy(segment->cache + offset, bytes, len);
    memset(segment->lost + offset, 0, len);
    tell(w, (struct sim_fact){.kind = SIM_FACT_DISK_WRITE,
                              .node = node,
                              .a = w->current[node] + 10,
                              .b = offset,
                              .c = ++segment->change,
                              .ptr = bytes,
                              .len = len});
}

static void write_descriptor(struct world *w, wg_node_id node, wg_index first) {
    uint8_t bytes[57];
    struct out out = {bytes, 0};
    put(&out, 2, 1);
    put_header(&out, 8, 4, 7, 2);
    put(&out, 0, 8);
    put_header(&out, 32, 3, 7, 2);
    put(&out, w->current[node] + 1, 8);
    put(&out, first, 8);
    put(&out, WORLD_SEGMENT_BYTES, 4);
    put(&out, 0, 8);
    put(&out, 0, 4);
    overwrite(bytes + 9, judge_crc32c(bytes + 17, 40), 8);
    write_bytes(w, node, 0, bytes, sizeof bytes);
}

void world_open_file(struct world *w, wg_node_id node, uint64_t file, const char *path) {
    tell(w, (struct sim_fact){.kind = SIM_FACT_DISK_OPEN,
                              .node = node,
                              .a = file,
                              .ptr = path,
                              .len = (uint32_t)strlen(path)});
}

static void open_segment(struct world *w, wg_node_id node, uint32_t i, wg_index first) {
    struct world_segment *segment = &w->segments[node][i];
    char path[64];
    segment_path(path, sizeof path, i + 1);
    memset(segment, 0, sizeof *segment);
    segment->exists = true;
    segment->used = 57;
    w->current[node] = i;
    world_open_file(w, node, i + 10, path);
    write_descriptor(w, node, first);
    world_sync(w, node);
}

void world_write_at(struct world *w, wg_node_id node, uint32_t offset,
                    const struct world_frame *frame) {
    struct world_segment *segment = &w->segments[node][w->current[node]];
    segment->used = offset + frame->len;
    write_bytes(w, node, offset, frame->bytes, frame->len);
}

void world_write(struct world *w, wg_node_id node, const struct world_frame *frame) {
    world_write_at(w, node, w->segments[node][w->current[node]].used, frame);
    world_claim(w, node, WG_CLAIM_APPEND, frame->index, frame->term, (uint64_t)frame->lowest,
                (uint64_t)frame->highest);
}

void world_sync(struct world *w, wg_node_id node) {
    struct world_segment *segment = &w->segments[node][w->current[node]];
    for (uint32_t i = 0; i < WORLD_SEGMENT_BYTES; i++) {
        segment->durable[i] = segment->lost[i] ? segment->durable[i] : segment->cache[i];
    }
    segment->durable_exists = true;
    world_fact(w, SIM_FACT_DISK_SYNCED, node, w->current[node] + 10, segment->change, 0, 0);
}

void world_truncate(struct world *w, wg_node_id node, uint32_t offset) {
    struct world_segment *segment = &w->segments[node][w->current[node]];
    memset(segment->cache + offset, 0, WORLD_SEGMENT_BYTES - offset);
    segment->used = offset;
    world_fact(w, SIM_FACT_DISK_RESIZE, node, w->current[node] + 10, offset, ++segment->change, 0);
}

void world_lose(struct world *w, wg_node_id node, uint32_t offset, uint32_t len) {
    memset(w->segments[node][w->current[node]].lost + offset, 1, len);
    world_fact(w, SIM_FACT_DISK_DAMAGED, node, w->current[node] + 10, offset, 0, 0);
}

void world_rot(struct world *w, wg_node_id node, uint32_t number, uint32_t offset, bool unsynced) {
    struct world_segment *segment = &w->segments[node][number - 1];
    char path[64];
    segment_path(path, sizeof path, number);
    segment->cache[offset] ^= 2;
    segment->durable[offset] ^= unsynced ? 0 : 2;
    tell(w, (struct sim_fact){.kind = SIM_FACT_DISK_DAMAGED,
                              .node = node,
                              .a = number + 9,
                              .b = offset,
                              .ptr = path,
                              .len = (uint32_t)strlen(path)});
}

void world_roll(struct world *w, wg_node_id node, wg_index first) {
    open_segment(w, node, w->current[node] + 1, first);
}

void world_remove_segment(struct world *w, wg_node_id node, uint32_t number) {
    struct world_segment *segment = &w->segments[node][number - 1];
    char paths[128];
    segment->exists = segment->durable_exists = false;
    int len = snprintf(paths, sizeof paths,
                       "partitions/1/raft-%u.log%cpartitions/1/raft-%u.log_0-deleted",
                       number, 0, number);
    tell(w, (struct sim_fact){
                .kind = SIM_FACT_DISK_RENAMED, .node = node, .ptr = paths, .len = (uint32_t)len});
}

void world_end(struct world *w, wg_node_id node, enum sim_end how) {
    world_fact(w, SIM_FACT_BROKER_END, node, w->incarnations[node], how, 0, 0);
}

void world_start(struct world *w, wg_node_id node) {
    world_fact(w, SIM_FACT_BROKER_START, node, ++w->incarnations[node], 0, 0, 0);
}

void world_power_loss(struct world *w, wg_node_id node) {
    world_end(w, node, SIM_END_POWER_LOSS);
    for (uint32_t i = 0; i < WORLD_SEGMENTS; i++) {
        struct world_segment *segment = &w->segments[node][i];
        memcpy(segment->cache, segment->durable, sizeof segment->cache);
        segment->exists = segment->durable_exists;
    }
    world_fact(w, SIM_FACT_DISK_POWER_LOST, node, 0, 0, 0, 0);
    world_start(w, node);
}

/* --- the world ------------------------------------------------------------------------------- */

void world_judges(struct world *w) {
    struct sim_disk_reader reader = {w, list_files, read_file};
    w->judges = sim_judges_new(&w->setup, &reader);
    w->next_index = 1;
    w->next_position = 1;
    for (wg_node_id node = 0; node < WORLD_BROKERS; node++) {
        world_start(w, node);
        open_segment(w, node, 0, 1);
    }
}

struct world *world_new(void) {
    struct world *w = test_calloc(1, sizeof *w);
    w->partition = (struct wg_partition_options){
        .id = 1, .member_count = 3, .members = {0, 1, 2}, .priorities = {3, 2, 1},
            .target_priority = 3};
    w->exporters[0].id = "elastic";
    w->exporters[1].id = "mine";
    w->setup = (struct sim_judge_setup){.brokers = WORLD_BROKERS,
                                        .partition_count = 1,
                                        .partitions = &w->partition,
                                        .exporter_count = WORLD_EXPORTERS,
                                        .exporters = w->exporters,
                                        .exporter_opaque = w->opaque,
                                        .exporter_lies = w->lies,
                                        .segment_bytes = WORLD_SEGMENT_BYTES,
                                        .has_process_model = true,
                                        .only_one_task = true};
    world_judges(w);
    return w;
}

void world_free(struct world *w) {
    sim_judges_free(w->judges);
    test_free(w);
}

void world_claim(struct world *w, wg_node_id node, enum wg_claim_kind kind, uint64_t a, uint64_t b,
                 uint64_t c, uint64_t d) {
    struct wg_claim claim = {(uint32_t)kind, 1, a, b, c, d};
    sim_judges_claim(w->judges, ++w->now, node, &claim);
}

void world_fact(struct world *w, enum sim_fact_kind kind, wg_node_id node, uint64_t a, uint64_t b,
                uint64_t c, uint64_t d) {
    tell(w, (struct sim_fact){
                .kind = (uint32_t)kind, .node = node, .partition = 1, .a = a, .b = b, .c = c,
                    .d = d});
}

void world_commit(struct world *w, const struct world_frame *frame) {
    for (wg_node_id node = 0; node < WORLD_BROKERS; node++) {
        if (w->late != node + 1) {
            world_write(w, node, frame);
            world_sync(w, node);
        }
    }
    for (wg_node_id node = 0; node < WORLD_BROKERS; node++) {
        if (w->late != node + 1) {
            world_claim(w, node, WG_CLAIM_COMMIT, frame->index, frame->term, frame->term, 0);
        }
    }
    w->next_index = frame->index + 1;
    w->next_position = frame->highest + 1;
}

wg_position world_entry(struct world *w, wg_term term, const struct world_record *records,
                        uint32_t count) {
    struct world_frame frame = world_frame(w, term, records, count);
    world_commit(w, &frame);
    return frame.lowest;
}

void world_commands(struct world *w, wg_term term, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct world_record command = {.record_type = WG_COMMAND,
                                       .value_type = WG_VT_JOB_BATCH,
                                       .intent = WG_JOB_BATCH_ACTIVATE,
                                       .key = -1};
        world_entry(w, term, &command, 1);
    }
}

void world_snapshot(struct world *w, wg_node_id node, wg_index index, wg_position processed,
                    wg_position exported) {
    snprintf(w->snapshots[node], sizeof w->snapshots[node],
             "partitions/1/snapshots/%llu-1-%lld-%lld.checksum", (unsigned long long)index,
             (long long)processed, (long long)exported);
    world_claim(w, node, WG_CLAIM_SNAPSHOT, index, 1, (uint64_t)processed, (uint64_t)exported);
}

/* --- exporting ------------------------------------------------------------------------------- */

void world_director(struct world *w, wg_node_id node, wg_term term) {
    world_claim(w, node, WG_CLAIM_DIRECTOR, 1, term, 0, 0);
}

void world_open(struct world *w, wg_node_id node, uint32_t exporter, uint32_t instance,
                wg_position start) {
    world_claim(w, node, WG_CLAIM_EXPORTER_START, exporter, (uint64_t)start, instance, 0);
    world_fact(w, SIM_FACT_PLUGIN_CALL, node, instance, exporter, WG_PLUGIN_CONFIGURE, 0);
    world_fact(w, SIM_FACT_PLUGIN_RETURN, node, instance, exporter,
               WG_PLUGIN_CONFIGURE << 8 | WG_PLUGIN_OK, 0);
    world_fact(w, SIM_FACT_PLUGIN_CALL, node, instance, exporter, WG_PLUGIN_OPEN, 0);
    world_fact(w, SIM_FACT_PLUGIN_RETURN, node, instance, exporter,
               WG_PLUGIN_OPEN << 8 | WG_PLUGIN_OK, 0);
}

void world_export(struct world *w, wg_node_id node, uint32_t exporter, uint32_t instance,
                  wg_position position, bool ok) {
    world_fact(w, SIM_FACT_PLUGIN_CALL, node, instance, exporter, WG_PLUGIN_EXPORT,
               (uint64_t)position);
    world_fact(w, SIM_FACT_PLUGIN_RETURN, node, instance, exporter,
               WG_PLUGIN_EXPORT << 8 | (ok ? WG_PLUGIN_OK : WG_PLUGIN_FAILED), (uint64_t)position);
}

void world_durable(struct world *w, uint32_t exporter, wg_position position) {
    world_fact(w, SIM_FACT_SINK_PUT, 0, exporter, (uint64_t)position, 77, 0);
    world_fact(w, SIM_FACT_SINK_DURABLE, 0, exporter, (uint64_t)position, 77, 0);
}

void world_ack(struct world *w, wg_node_id node, uint32_t exporter, uint32_t instance,
               wg_position position) {
    world_fact(w, SIM_FACT_PLUGIN_ACK, node, instance, exporter, (uint64_t)position, 0);
    world_claim(w, node, WG_CLAIM_EXPORTER_POSITION, exporter, (uint64_t)position, 1, 0);
}

void world_deliver_all(struct world *w, wg_node_id node, wg_term term, wg_position last) {
    world_director(w, node, term);
    for (uint32_t e = 0; e < WORLD_EXPORTERS; e++) {
        world_open(w, node, e, 100 + e, -1);
        for (wg_position i = 1; i <= last; i++) {
            world_export(w, node, e, 100 + e, i, true);
            world_durable(w, e, i);
        }
        world_ack(w, node, e, 100 + e, last);
    }
}

/* --- verdicts -------------------------------------------------------------------------------- */

uint32_t world_count(const struct world *w, const char *invariant) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < sim_judges_violation_count(w->judges); i++) {
        count += strcmp(sim_judges_violation(w->judges, i)->invariant, invariant) == 0;
    }
    return count;
}

static void print_violations(const struct world *w) {
    for (uint32_t i = 0; i < sim_judges_violation_count(w->judges); i++) {
        const struct sim_violation *violation = sim_judges_violation(w->judges, i);
        print_message("%s: %s\n", violation->invariant, violation->message);
    }
}

void world_expect_only(const struct world *w, const char *invariant) {
    uint32_t count = world_count(w, invariant);
    if (count == 0 || count != sim_judges_violation_count(w->judges)) {
        print_message("expected only %s:\n", invariant);
        print_violations(w);
        fail();
    }
}

void world_expect_silence(const struct world *w) {
    if (sim_judges_violation_count(w->judges) != 0) {
        print_violations(w);
        fail();
    }
}
