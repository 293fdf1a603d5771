/* What a full disk is due to: asked by the run driver before it puts one down to the configuration. Takes
 * the judges' own account of logs, exporters and snapshots. Of the engine it believes only what would make
 * it guilty, and two things that others judge: how far a replica knows the log to be committed
 * (committed-durable, committed-stable), and when its services were installed. */
#include "sim/invariants/bench.h"
#include "sim/invariants/paths.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_ENTRIES 100u /* raft keeps them below the bound (engine 7) */
#define LOOK_EVERY WG_SECOND
#define MOST_SAMPLES 1024u

/* --- what happened ------------------------------------------------------------------------------ */

void judge_room_init(struct sim_judges *b) {
    uint32_t replicas = b->setup->brokers * b->setup->partition_count;
    b->rooms = judge_alloc(replicas * sizeof *b->rooms);
    for (uint32_t i = 0; i < replicas; i++) {
        b->rooms[i].known.elem = sizeof(struct judge_room_sample);
    }
}

void judge_room_free(struct sim_judges *b) {
    for (uint32_t i = 0; i < b->setup->brokers * b->setup->partition_count; i++) {
        judge_deque_free(&b->rooms[i].known);
    }
    free(b->rooms);
}

static struct judge_room *room_of(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    return &b->rooms[judge_replica_number(b, node, p)];
}

void judge_room_fact(struct sim_judges *b, const struct sim_fact *fact) {
    wg_partition_id p = judge_mirror_taking(b, fact->node, fact->a);
    if (p != 0) {
        struct judge_room *room = room_of(b, fact->node, p);
        room->refused = b->now;
        room->was_refused = true;
    }
}

static void note_commit(const struct sim_judges *b, struct judge_room *room, wg_index commit) {
    if (b->now >= room->next_look) {
        room->next_look = b->now + LOOK_EVERY;
        if (room->known.count == MOST_SAMPLES) {
            judge_deque_pop_front(&room->known, 1);
        }
        ((struct judge_room_sample *)judge_deque_push(&room->known))->until = room->next_look;
    }
    struct judge_room_sample *last = judge_deque_at(&room->known, room->known.count - 1);
    last->commit = commit;
}

void judge_room_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct judge_room *room = room_of(b, node, claim->partition);
    if (claim->kind == WG_CLAIM_COMMIT) {
        note_commit(b, room, claim->a);
    } else if (claim->kind == WG_CLAIM_TRANSITION) {
        room->installed = b->now;
    } else {
        room->was_refused = false;
    }
}

/* --- what it means ------------------------------------------------------------------------------ */

/* What the replica knew to be committed one bound ago; 0 = nothing, or too long ago. */
static wg_index known_then(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    const struct judge_deque *known = &room_of(b, node, p)->known;
    wg_time then = inv_retention_bound_ago(b);
    wg_index commit = 0;
    for (uint32_t i = 0; i < known->count; i++) {
        const struct judge_room_sample *sample = judge_deque_at(known, i);
        commit = sample->until <= then ? sample->commit : commit;
    }
    return commit;
}

/* The highest command whose results are in the log up to `index`: who has replayed that far has processed it.
 * WG_POSITION_NONE = none, or forgotten: no disk holds an entry that low. */
static wg_position processed_by(const struct judge_canon *canon, wg_index index) {
    for (; judge_canon_at(canon, index) != NULL; index--) {
        const struct judge_canon_entry *entry = judge_canon_at(canon, index);
        wg_position first = entry->highest - (wg_position)entry->count + 1;
        const struct judge_canon_record *record = judge_canon_record(canon, first);
        if (entry->count > 0 && record != NULL && record->back > 0) {
            return first - (wg_position)record->back;
        }
    }
    return WG_POSITION_NONE;
}

/* The entry that a snapshot of that replica stands for by now, if there was room for it; 0 = none. */
static wg_index due_on(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    if (room_of(b, node, p)->installed > inv_retention_bound_ago(b)) {
        return 0; /* the period began anew */
    }
    wg_position processed = processed_by(judge_canon(b, p), known_then(b, node, p));
    wg_index own = processed <= 0 ? 0 : inv_retention_entry_before(b, p, processed);
    wg_index due = inv_retention_due(b, p);
    return own < due ? own : due;
}

uint32_t sim_judges_cuttable(const struct sim_judges *judges, wg_node_id node,
                             wg_partition_id partition) {
    const struct judge_mirror *mirror = judge_mirror(judges, node, partition);
    wg_index due = due_on(judges, node, partition);
    uint32_t count = 0;
    for (uint32_t i = 1; i < mirror->segments.count; i++) { /* all before segment i may go */
        const struct judge_mirror_segment *segment =
            (const struct judge_mirror_segment *)(const void *)mirror->segments.data +
            mirror->segments.head + i;
        if (segment->first == 0 || segment->first + KEPT_ENTRIES > due) {
            break;
        }
        count = i;
    }
    return count;
}

bool sim_judges_had_no_room(const struct sim_judges *judges, wg_node_id node,
                            wg_partition_id partition) {
    const struct judge_room *room = room_of(judges, node, partition);
    return room->was_refused && room->refused >= inv_retention_bound_ago(judges);
}

static bool is_of(const struct judge_path *path, const struct judge_snapshot *snapshot) {
    return snapshot->valid && snapshot->index == path->index && snapshot->processed == path->processed &&
           snapshot->exported == path->exported;
}

static bool is_of_a_snapshot(const struct judge_path *path) {
    return path->kind == JUDGE_PATH_SNAPSHOT || path->kind == JUDGE_PATH_SNAPSHOT_METADATA ||
           path->kind == JUDGE_PATH_SNAPSHOT_STATE;
}

bool sim_judges_is_waste(const struct sim_judges *judges, wg_node_id node, const char *text) {
    struct judge_path path = judge_path_read(text, (uint32_t)strlen(text));
    if (!judge_knows(judges, node, path.partition) || judges->brokers[node].call_failed) {
        return false;
    }
    const struct judge_replica *replica = judge_replica(judges, node, path.partition);
    return path.kind == JUDGE_PATH_DELETED ||
           (is_of_a_snapshot(&path) && replica->snapshot.valid && !is_of(&path, &replica->snapshot) &&
            !is_of(&path, &replica->previous) && !is_of(&path, &replica->unclaimed) &&
            !is_of(&path, &replica->damaged));
}

bool sim_judges_waits_for_commit(const struct sim_judges *judges, wg_node_id node,
                                 wg_partition_id partition) {
    return judge_replica(judges, node, partition)->role == WG_ROLE_LEADER &&
           judge_mirror_last(judge_mirror(judges, node, partition)) >
               judge_canon_last(judge_canon(judges, partition));
}

bool sim_judges_export_stands_still(struct sim_judges *judges, wg_partition_id partition) {
    return inv_disk_space_withholds(judges, partition) &&
           judge_ledger_refuser(judges, partition) < 0;
}
