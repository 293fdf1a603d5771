/* A hand-made world for tests of the judges: three brokers, one partition, two exporters, disks in
 * memory. It builds real frames, with encoders of its own, and tells the bench facts and claims. */
#ifndef TESTS_JUDGE_WORLD_H
#define TESTS_JUDGE_WORLD_H

#include "sim/invariants/judge.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#define WORLD_BROKERS 3u
#define WORLD_EXPORTERS 2u
#define WORLD_SEGMENTS 5u
#define WORLD_SEGMENT_BYTES 16384u

struct world_record {
    uint8_t record_type, value_type, intent;
    wg_key key;
    wg_position source;  /* 0 = none */
    int64_t instance;    /* processInstanceKey; 0 = no such property */
    int64_t due;         /* dueDate in ms (every record is of 1000); 0 = no such property */
    uint64_t request_id; /* 0 = none */
    wg_position position; /* 0 = the next one */
};

struct world_frame {
    uint8_t bytes[4096];
    uint32_t len;
    wg_index index;
    wg_term term;
    wg_position lowest, highest;
    int64_t timestamp_ms; /* of its records: when it was made */
};

struct world_segment {
    bool exists, durable_exists;
    uint8_t cache[WORLD_SEGMENT_BYTES], durable[WORLD_SEGMENT_BYTES];
    bool lost[WORLD_SEGMENT_BYTES]; /* clean in the cache, but never stored: a sync of it failed */
    uint32_t used, change;
};

struct world {
    struct sim_judge_setup setup;
    struct wg_partition_options partition;
    struct wg_exporter_options exporters[WORLD_EXPORTERS];
    bool opaque[WORLD_EXPORTERS], lies[WORLD_EXPORTERS];
    struct sim_judges *judges;
    wg_time now;
    struct world_segment segments[WORLD_BROKERS][WORLD_SEGMENTS]; /* raft-<i+1>.log */
    uint32_t current[WORLD_BROKERS]; /* segment written to */
    char snapshots[WORLD_BROKERS][96]; /* path of the durable checksum file */
    bool snapshot_parts[WORLD_BROKERS]; /* its other files are durable as well */
    uint64_t incarnations[WORLD_BROKERS];
    wg_index next_index;
    wg_position next_position;
    int64_t wall_ms; /* what the clock of whoever makes a frame shows too much */
    uint32_t late;   /* 1 + a broker that gets no entries for now; 0 = none */
};

/* Starts the bench and the three brokers, each with segment 1. */
struct world *world_new(void);
/* The same with a bench for what w->setup says by now, in place of one that was freed. */
void world_judges(struct world *w);
void world_free(struct world *w);

/* A frame at the next index and positions (not written anywhere). No records: an initial entry. */
struct world_frame world_frame(struct world *w, wg_term term, const struct world_record *records,
                               uint32_t count);
/* Computes the frame's checksum anew after a test has changed its bytes. */
void world_reseal(struct world_frame *frame);
void world_write(struct world *w, wg_node_id node, const struct world_frame *frame);
void world_write_at(struct world *w, wg_node_id node, uint32_t offset,
                    const struct world_frame *frame);
void world_sync(struct world *w, wg_node_id node);
/* Everything from `offset` of the current segment on is zeroed. */
void world_truncate(struct world *w, wg_node_id node, uint32_t offset);
/* A sync failed and has lost what was written there; a later one does not store it either. */
void world_lose(struct world *w, wg_node_id node, uint32_t offset, uint32_t len);
/* The byte at `offset` of that segment becomes another one, in the cache and, unless `unsynced`, where
 * it is durable; told as the disk tells it. */
void world_rot(struct world *w, wg_node_id node, uint32_t number, uint32_t offset, bool unsynced);
void world_roll(struct world *w, wg_node_id node, wg_index first); /* begins the next segment */
void world_remove_segment(struct world *w, wg_node_id node, uint32_t number);
void world_power_loss(struct world *w, wg_node_id node); /* end, power lost, start */
void world_end(struct world *w, wg_node_id node, enum sim_end how);
void world_start(struct world *w, wg_node_id node);

void world_claim(struct world *w, wg_node_id node, enum wg_claim_kind kind, uint64_t a, uint64_t b,
                 uint64_t c, uint64_t d);
void world_fact(struct world *w, enum sim_fact_kind kind, wg_node_id node, uint64_t a, uint64_t b,
                uint64_t c, uint64_t d);
/* The number stands for the file of that name from now on. */
void world_open_file(struct world *w, wg_node_id node, uint64_t file, const char *path);
/* Writes and syncs the frame on brokers 0 to 2, and all of them announce it, 0 first. */
void world_commit(struct world *w, const struct world_frame *frame);
/* Builds and commits an entry of these records; its lowest position. */
wg_position world_entry(struct world *w, wg_term term, const struct world_record *records,
                        uint32_t count);
/* Commits `count` entries of one command each. */
void world_commands(struct world *w, wg_term term, uint32_t count);
/* SNAPSHOT claim and its file. */
void world_snapshot(struct world *w, wg_node_id node, wg_index index, wg_position processed,
                    wg_position exported);

/* Exporting: an active director, an instance that opens at `start`, a whole successful delivery. */
void world_director(struct world *w, wg_node_id node, wg_term term);
void world_open(struct world *w, wg_node_id node, uint32_t exporter, uint32_t instance,
                wg_position start);
void world_export(struct world *w, wg_node_id node, uint32_t exporter, uint32_t instance,
                  wg_position position, bool ok);
void world_durable(struct world *w, uint32_t exporter, wg_position position);
void world_ack(struct world *w, wg_node_id node, uint32_t exporter, uint32_t instance,
               wg_position position);
/* Delivers 1..last to both exporters and makes them durable. */
void world_deliver_all(struct world *w, wg_node_id node, wg_term term, wg_position last);

/* Violations of that invariant. */
uint32_t world_count(const struct world *w, const char *invariant);
void world_expect_only(const struct world *w, const char *invariant); /* some, and no others */
void world_expect_silence(const struct world *w);

#endif
