/* The bench: hands each fact and claim to those who care, keeps the verdicts.
 *
 * Takes world facts and engine claims in the order in which they happened; gives violations and
 * export statistics. What must hold of the input: facts of one job come in the order of its calls;
 * a SINK_DURABLE comes before the PLUGIN_ACK that relies on it; a broker's facts and claims lie
 * between its BROKER_START and BROKER_END (DISK_POWER_LOST may come later).
 *
 * The tables below are the whole wiring: models first, then judges; a kind without a row costs one
 * load and one test. */
#include "sim/invariants/judge.h"

#include "sim/invariants/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_PER_RULE 20u
#define MOST_HANDLERS 12

static const struct judge_rule *const rules[INV_COUNT] = {
#define RULE_ENTRY(name, id, file) [INV_##name] = &inv_##file##_rule,
    JUDGE_RULE_MAP(RULE_ENTRY)
#undef RULE_ENTRY
};

/* --- verdicts -------------------------------------------------------------------------------- */

static struct sim_violation *new_violation(struct sim_judges *b) {
    if (b->violation_count == b->violation_cap) {
        b->violation_cap = b->violation_cap == 0 ? 8 : b->violation_cap * 2;
        b->violations = judge_realloc(b->violations, b->violation_cap * sizeof *b->violations);
    }
    struct sim_violation *violation = &b->violations[b->violation_count++];
    memset(violation, 0, sizeof *violation);
    return violation;
}

void judge_violate(struct sim_judges *b, enum judge_rule_number rule, uint32_t blame,
                   wg_partition_id partition, int32_t exporter, const char *format, ...) {
    struct judge_filed *filed = &b->filed[rule][blame];
    if (filed->count++ >= KEPT_PER_RULE) {
        bool first = filed->count == KEPT_PER_RULE + 1;
        filed->partition = first || filed->partition == partition ? partition : 0;
        filed->exporter = first || filed->exporter == exporter ? exporter : -1;
        return;
    }
    struct sim_violation *violation = new_violation(b);
    violation->invariant = rules[rule]->id;
    violation->blame = blame;
    violation->at = b->now;
    violation->partition = partition;
    violation->exporter = exporter;
    va_list args;
    va_start(args, format);
    vsnprintf(violation->message, sizeof violation->message, format, args);
    va_end(args);
}

static void tell_unkept(struct sim_judges *b) {
    for (uint32_t i = 0; i < INV_COUNT * JUDGE_BLAMES; i++) {
        const struct judge_filed *filed = &b->filed[i / JUDGE_BLAMES][i % JUDGE_BLAMES];
        if (filed->count <= KEPT_PER_RULE) {
            continue;
        }
        struct sim_violation *violation = new_violation(b);
        violation->invariant = rules[i / JUDGE_BLAMES]->id;
        violation->blame = i % JUDGE_BLAMES;
        violation->at = b->now;
        violation->partition = filed->partition;
        violation->exporter = filed->exporter;
        snprintf(violation->message, sizeof violation->message,
                 "%u further violations of this invariant are not listed",
                 filed->count - KEPT_PER_RULE);
    }
}

void sim_judges_report(struct sim_judges *judges, const struct sim_violation *violation) {
    *new_violation(judges) = *violation;
}

/* --- life ------------------------------------------------------------------------------------ */

static uint32_t copies_of(const struct sim_judges *b, uint32_t scope) {
    uint32_t partitions = b->setup->partition_count;
    uint32_t counts[JUDGE_SCOPE_COUNT] = {
        [JUDGE_PER_RUN] = 1,
        [JUDGE_PER_PARTITION] = partitions,
        [JUDGE_PER_REPLICA] = partitions * b->setup->brokers,
        [JUDGE_PER_STREAM] = partitions * b->setup->exporter_count,
        [JUDGE_PER_REPLICA_STREAM] = partitions * b->setup->brokers * b->setup->exporter_count};
    return counts[scope];
}

void *judge_state(const struct sim_judges *b, enum judge_rule_number rule, uint32_t i) {
    return (uint8_t *)b->states[rule] + (size_t)i * rules[rule]->bytes;
}

const char *judge_exporter_id(const struct sim_judges *b, uint32_t exporter) {
    const char *id = b->setup->exporters[exporter].id;
    return id != NULL ? id : "?";
}

uint32_t judge_exporter_number(const struct sim_judges *b, struct wg_bytes id) {
    uint32_t e = 0;
    for (; e < b->setup->exporter_count; e++) {
        const char *own = judge_exporter_id(b, e);
        if (strlen(own) == id.len && memcmp(own, id.ptr, id.len) == 0) {
            break;
        }
    }
    return e;
}

static void make_models(struct sim_judges *b) {
    uint32_t replicas = copies_of(b, JUDGE_PER_REPLICA);
    uint32_t streams = copies_of(b, JUDGE_PER_STREAM);
    uint32_t partitions = b->setup->partition_count;
    b->brokers = judge_alloc(b->setup->brokers * sizeof *b->brokers);
    b->replicas = judge_alloc(replicas * sizeof *b->replicas);
    b->mirrors = judge_alloc(replicas * sizeof *b->mirrors);
    b->canons = judge_alloc(partitions * sizeof *b->canons);
    b->ledgers = judge_alloc(streams * sizeof *b->ledgers);
    b->verify_from = judge_alloc(partitions * sizeof *b->verify_from);
    b->backlog_excused = judge_alloc(partitions * sizeof *b->backlog_excused);
    judge_calm_init(b);
    judge_pace_init(b);
    judge_room_init(b);
    judge_enabled_init(b);
    for (uint32_t i = 0; i < b->setup->brokers; i++) {
        b->brokers[i].files.elem = sizeof(uint64_t);
    }
    for (uint32_t i = 0; i < replicas; i++) {
        judge_mirror_init(&b->mirrors[i]);
    }
    for (uint32_t i = 0; i < partitions; i++) {
        judge_canon_init(&b->canons[i]);
        b->canons[i].follows_flow = b->setup->multi_count > 0;
        b->verify_from[i] = WG_POSITION_NONE;
    }
    for (uint32_t i = 0; i < streams; i++) {
        judge_ledger_init(&b->ledgers[i], b->setup->brokers);
    }
}

struct sim_judges *sim_judges_new(const struct sim_judge_setup *setup,
                                  const struct sim_disk_reader *disks) {
    struct sim_judges *b = judge_alloc(sizeof *b);
    b->setup = setup;
    b->disks = *disks;
    make_models(b);
    for (uint32_t rule = 0; rule < INV_COUNT; rule++) {
        b->states[rule] = judge_alloc((size_t)copies_of(b,
                                                        rules[rule]->scope) * rules[rule]->bytes);
    }
    return b;
}

static void free_models(struct sim_judges *b) {
    for (uint32_t i = 0; i < copies_of(b, JUDGE_PER_REPLICA); i++) {
        judge_mirror_free(&b->mirrors[i]);
    }
    for (uint32_t i = 0; i < b->setup->partition_count; i++) {
        judge_canon_free(&b->canons[i]);
    }
    for (uint32_t i = 0; i < copies_of(b, JUDGE_PER_STREAM); i++) {
        judge_ledger_free(&b->ledgers[i]);
    }
    for (uint32_t i = 0; i < b->setup->brokers; i++) {
        judge_deque_free(&b->brokers[i].files);
    }
    free(b->brokers);
    free(b->replicas);
    free(b->mirrors);
    free(b->canons);
    free(b->ledgers);
    free(b->verify_from);
    free(b->backlog_excused);
    judge_calm_free(b);
    judge_pace_free(b);
    judge_room_free(b);
    judge_enabled_free(b);
}

void sim_judges_free(struct sim_judges *judges) {
    if (judges == NULL) {
        return;
    }
    for (uint32_t rule = 0; rule < INV_COUNT; rule++) {
        uint32_t copies = rules[rule]->release == NULL ? 0 : copies_of(judges, rules[rule]->scope);
        for (uint32_t i = 0; i < copies; i++) {
            rules[rule]->release(judge_state(judges, rule, i));
        }
        free(judges->states[rule]);
    }
    free_models(judges);
    free(judges->violations);
    free(judges);
}

/* --- what brokers and replicas do ------------------------------------------------------------ */

static void on_phase(struct sim_judges *b, const struct sim_fact *fact) {
    b->phase = (uint32_t)fact->a;
    for (uint32_t i = 0; i < b->setup->partition_count && fact->a == SIM_PHASE_VERIFY; i++) {
        b->verify_from[i] = b->canons[i].last_position;
    }
}

static void on_broker_start(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node < b->setup->brokers) {
        b->brokers[fact->node].up = true;
        b->brokers[fact->node].incarnation = fact->a;
    }
}

static void on_partition_failed(struct sim_judges *b, wg_node_id node,
                                const struct wg_claim *claim) {
    judge_replica(b, node, claim->partition)->given_up = true;
}

static void on_broker_end(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->node >= b->setup->brokers) {
        return;
    }
    struct judge_broker *broker = &b->brokers[fact->node];
    broker->up = false;
    broker->last_end = (uint32_t)fact->b;
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        struct judge_replica *replica = judge_replica(b, fact->node, p);
        replica->role = WG_ROLE_INACTIVE;
        replica->director = 0;
        replica->commit = 0;
        replica->waiting = 0; /* announced to nobody: void */
        replica->received = false;
        replica->given_up = false;
        struct judge_mirror *mirror = judge_mirror(b, fact->node, p);
        if (mirror->reset_cover != 0) {
            mirror->reset_cover = 0;
            inv_committed_stable_recount(b, p);
        }
    }
}

void judge_wiped(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    struct judge_replica *replica = judge_replica(b, node, p);
    memset(replica, 0, sizeof *replica);
    inv_single_vote_wiped(b, node, p);
    inv_export_position_wiped(b, node, p);
}

static void on_role(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct judge_replica *replica = judge_replica(b, node, claim->partition);
    replica->role = (uint32_t)claim->a;
    replica->term = claim->b;
}

static void on_snapshot(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    struct judge_replica *replica = judge_replica(b, node, claim->partition);
    replica->previous = replica->snapshot;
    replica->snapshot = (struct judge_snapshot){true, claim->a, claim->b, (wg_position)claim->c,
                                                (wg_position)claim->d, 0};
    judge_snapshot_inherits(&replica->snapshot, &replica->previous);
    replica->unclaimed.valid = false;
    if (claim->kind == WG_CLAIM_SNAPSHOT_RECEIVED) {
        replica->received = true;
        judge_mirror(b, node, claim->partition)->reset_cover = 0;
    }
}

static void on_transition(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    judge_replica(b, node, claim->partition)->given_up = false;
    if (claim->a == WG_ROLE_LEADER) {
        judge_replica(b, node, claim->partition)->processing_term = claim->b;
    }
}

static void on_director(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    judge_replica(b, node, claim->partition)->director = (uint32_t)claim->a;
}

/* --- dispatch -------------------------------------------------------------------------------- */

/* Rows end with NULL. */
static const judge_fact_fn fact_handlers[SIM_FACT_COUNT][MOST_HANDLERS + 1] = {
    [SIM_FACT_PHASE] = {on_phase, judge_calm_fact},
    [SIM_FACT_BROKER_START] = {inv_giving_up_start, on_broker_start, judge_calm_fact,
                               judge_unclaimed_started, judge_enabled_fact,
                               inv_export_position_started},
    [SIM_FACT_BROKER_END] = {inv_single_vote_fact, inv_leader_append_only_end, on_broker_end,
                             judge_calm_fact, inv_export_order_end, inv_pause_fidelity_end,
                             inv_recovery_end, inv_export_position_end, judge_enabled_fact,
                             inv_processing_pause_end},
    [SIM_FACT_BROKER_OLD_END] = {inv_processing_pause_end},
    [SIM_FACT_MESSAGE_LOST] = {judge_calm_fact},
    [SIM_FACT_FAULT_BEGIN] = {judge_calm_fact},
    [SIM_FACT_FAULT_END] = {judge_calm_fact},
    [SIM_FACT_ADMIN] = {judge_calm_fact, inv_pause_fidelity_admin, judge_enabled_mail,
                        judge_enabled_asked,
                        inv_processing_pause_admin},
    [SIM_FACT_ADMIN_DONE] = {judge_calm_fact, inv_pause_fidelity_admin, judge_enabled_fact,
                             inv_processing_pause_admin},
    [SIM_FACT_DISK_SPACE] = {inv_disk_space_changed, judge_calm_fact, inv_giving_up_disk},
    [SIM_FACT_DISK_ERROR] = {judge_calm_fact, judge_mirror_failed, inv_giving_up_disk},
    [SIM_FACT_DISK_REFUSED] = {judge_room_fact},
    [SIM_FACT_CLOCK] = {judge_calm_fact},
    [SIM_FACT_BROKER_PAUSED] = {judge_calm_fact},
    [SIM_FACT_BROKER_RESUMED] = {judge_calm_fact},
    [SIM_FACT_DISK_WIPED] = {judge_calm_fact, inv_pause_fidelity_end, inv_giving_up_disk,
                             judge_enabled_fact,
                             inv_processing_pause_end},
    [SIM_FACT_MESSAGE_SENT] = {inv_single_vote_fact},
    [SIM_FACT_MESSAGE_DELIVERED] = {judge_enabled_mail},
    [SIM_FACT_DISK_OPEN] = {judge_mirror_open},
    [SIM_FACT_DISK_WRITE] = {judge_mirror_write},
    [SIM_FACT_DISK_RESIZE] = {judge_mirror_resize},
    [SIM_FACT_DISK_SYNCED] = {judge_mirror_synced},
    [SIM_FACT_DISK_RENAMED] = {judge_mirror_renamed, judge_unclaimed_renamed, judge_enabled_renamed},
    [SIM_FACT_DISK_REMOVED] = {judge_mirror_removed, judge_unclaimed_removed},
    [SIM_FACT_DISK_POWER_LOST] = {judge_mirror_power_lost},
    [SIM_FACT_DISK_DAMAGED] = {judge_mirror_damaged, inv_giving_up_disk, judge_enabled_fact},
    [SIM_FACT_PLUGIN_CALL] = {inv_export_committed_call, inv_single_director_call,
                              judge_ledger_call, inv_export_order_call,
                              inv_exporter_lifecycle_call, inv_exporter_isolation_call,
                              inv_pause_fidelity_call, inv_disk_space_call,
                              judge_enabled_call, inv_configuration_fidelity_call,
                              inv_export_position_call},
    [SIM_FACT_PLUGIN_RETURN] = {judge_ledger_return, inv_export_order_return,
                                inv_exporter_lifecycle_return, inv_disk_space_return,
                                inv_export_position_return},
    [SIM_FACT_PLUGIN_ACK] = {judge_ledger_ack, inv_ack_soundness_ack, inv_export_position_ack,
                             inv_exporter_isolation_ack, inv_pause_fidelity_ack},
    [SIM_FACT_PLUGIN_BREACH] = {inv_plugin_contract_breach},
    [SIM_FACT_PLUGIN_FILTER] = {judge_ledger_filter},
    [SIM_FACT_SINK_PUT] = {inv_export_committed_put},
    [SIM_FACT_SINK_DURABLE] = {judge_ledger_durable},
    [SIM_FACT_REQUEST] = {inv_client_model_request, inv_disk_space_request,
                          inv_refused_requests_request},
    [SIM_FACT_REPLY] = {inv_client_model_reply, inv_refused_requests_reply},
    [SIM_FACT_REQUEST_TIMEOUT] = {inv_client_model_timeout, inv_refused_requests_timeout}};

static const judge_claim_fn claim_handlers[WG_CLAIM_COUNT][MOST_HANDLERS + 1] = {
    [WG_CLAIM_ROLE] = {on_role, judge_calm_claim, judge_enabled_role, inv_election_safety_role},
    [WG_CLAIM_VOTE] = {inv_single_vote_vote},
    [WG_CLAIM_COMMIT] = {inv_commit_monotone_commit, judge_room_claim, judge_canon_commit},
    [WG_CLAIM_COMPACT] = {inv_compaction_claim},
    [WG_CLAIM_PROCESSED] = {inv_replay_equal_processed, inv_recovery_processed,
                              inv_processing_pause_processed, judge_pace_processed},
    [WG_CLAIM_SNAPSHOT] = {inv_snapshot_claim, on_snapshot, inv_export_position_snapshot,
                           inv_pause_fidelity_snapshot, judge_room_claim},
    [WG_CLAIM_SNAPSHOT_RECEIVED] = {inv_snapshot_claim, on_snapshot, inv_export_position_snapshot,
                                    judge_calm_claim, judge_room_claim},
    [WG_CLAIM_SNAPSHOT_SEND] = {inv_snapshot_install_send},
    [WG_CLAIM_PARTITION_FAILED] = {on_partition_failed, judge_calm_claim, inv_giving_up_claim},
    [WG_CLAIM_TRANSITION] = {on_transition, judge_calm_claim, inv_recovery_transition,
                             inv_export_position_transition, judge_room_claim},
    [WG_CLAIM_DIRECTOR] = {on_director, judge_calm_claim, inv_single_director_claim,
                           inv_pause_fidelity_director, inv_recovery_director,
                           judge_enabled_director},
    [WG_CLAIM_EXPORTER_SETTING] = {judge_enabled_claim, judge_calm_claim,
                                   inv_pause_fidelity_setting},
    [WG_CLAIM_EXPORTING_PHASE] = {inv_pause_fidelity_phase},
    [WG_CLAIM_PROCESSING] = {inv_processing_pause_claim},
    [WG_CLAIM_EXPORTER_START] = {inv_export_position_claim, judge_ledger_start},
    [WG_CLAIM_EXPORTER_POSITION] = {inv_export_position_claim, judge_ledger_stored,
                                    inv_pause_fidelity_position, inv_retention_stored},
    [WG_CLAIM_EXPORTER_REMOVED] = {inv_export_position_claim, inv_pause_fidelity_setting}};

static void on_old_position(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    (void)node;
    if (claim->a < b->setup->exporter_count) {
        struct judge_ledger *ledger = judge_ledger(b, claim->partition, (uint32_t)claim->a);
        wg_position position = (wg_position)claim->b;
        ledger->stored_highest =
            position > ledger->stored_highest ? position : ledger->stored_highest;
    }
}

static void on_old_snapshot(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    inv_export_position_adopted(b, node, claim->partition);
}

/* Of a process beside which a newer one of the node runs: what it says about the partition and about
 * the disk that they share. Of itself it says nothing: the models follow the newer one. */
static const judge_claim_fn old_claim_handlers[WG_CLAIM_COUNT][MOST_HANDLERS + 1] = {
    [WG_CLAIM_VOTE] = {inv_single_vote_vote},
    [WG_CLAIM_COMMIT] = {judge_canon_commit},
    [WG_CLAIM_SNAPSHOT] = {on_snapshot, on_old_snapshot},
    [WG_CLAIM_SNAPSHOT_RECEIVED] = {on_snapshot, on_old_snapshot},
    [WG_CLAIM_EXPORTER_POSITION] = {on_old_position}};

void sim_judges_fact(struct sim_judges *judges, const struct sim_fact *fact) {
    if (fact->kind >= SIM_FACT_COUNT) {
        return;
    }
    judges->now = fact->at;
    const judge_fact_fn *handler = fact_handlers[fact->kind];
    if (*handler == NULL) {
        return;
    }
    for (; handler[1] != NULL; handler++) {
        (*handler)(judges, fact);
    }
    (*handler)(judges, fact); /* the last, nearly always the only one: a jump */
}

/* Claims of the raft actor: one more of a later moment shows that its earlier job has ended. */
static bool is_from_raft(uint32_t kind) {
    return kind == WG_CLAIM_ROLE || kind == WG_CLAIM_VOTE || kind == WG_CLAIM_APPEND ||
           kind == WG_CLAIM_TRUNCATE || kind == WG_CLAIM_LOG_RESET || kind == WG_CLAIM_COMMIT ||
           kind == WG_CLAIM_COMPACT;
}

void sim_judges_claim(struct sim_judges *judges, wg_time at, wg_node_id node,
                      const struct wg_claim *claim) {
    if (claim->kind >= WG_CLAIM_COUNT || !judge_knows(judges, node, claim->partition)) {
        return;
    }
    judges->now = at;
    if (judges->open_cases > 0 && is_from_raft(claim->kind)) {
        inv_single_vote_raft(judges, node, claim);
        inv_leader_append_only_raft(judges, node, claim);
    }
    for (const judge_claim_fn *handler = claim_handlers[claim->kind]; *handler != NULL; handler++) {
        (*handler)(judges, node, claim);
    }
}

void sim_judges_old_claim(struct sim_judges *judges, wg_time at, wg_node_id node,
                          const struct wg_claim *claim) {
    if (claim->kind >= WG_CLAIM_COUNT || !judge_knows(judges, node, claim->partition)) {
        return;
    }
    judges->now = at;
    for (const judge_claim_fn *handler = old_claim_handlers[claim->kind]; *handler != NULL;
         handler++) {
        (*handler)(judges, node, claim);
    }
}

void sim_judges_finish(struct sim_judges *judges, wg_time at) {
    if (judges->finished) {
        return;
    }
    judges->finished = true;
    judges->now = at;
    inv_durable_log_finish(judges);
    inv_export_at_least_once_finish(judges);
    inv_client_model_finish(judges);
    inv_timers_finish(judges);
    inv_message_correlation_finish(judges);
    inv_distribution_finish(judges);
    inv_disk_space_finish(judges);
    inv_pause_fidelity_finish(judges);
    inv_processing_pause_finish(judges);
    tell_unkept(judges);
}

/* --- shared reckoning ------------------------------------------------------------------------ */

static bool equals_canon(const struct judge_canon *canon, const struct judge_mirror *mirror,
                         wg_index index) {
    const struct judge_mirror_frame *frame = judge_mirror_at(mirror, index);
    const struct judge_canon_entry *entry = judge_canon_at(canon, index);
    if (entry == NULL) {
        return index < canon->first; /* forgotten: it was equal when it was not */
    }
    return frame->term == entry->term && frame->checksum == entry->checksum;
}

/* A snapshot that the last process had no time to tell of is the next one's. */
static wg_index snapshot_cover(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    const struct judge_replica *replica = judge_replica(b, node, p);
    wg_index told = replica->snapshot.valid ? replica->snapshot.index : 0;
    bool untold = replica->unclaimed.valid && !b->brokers[node].up;
    return untold && replica->unclaimed.index > told ? replica->unclaimed.index : told;
}

wg_index judge_cover(const struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    const struct judge_mirror *mirror = judge_mirror(b, node, p);
    const struct judge_canon *canon = judge_canon(b, p);
    wg_index last = judge_canon_last(canon);
    wg_index cover = snapshot_cover(b, node, p);
    cover = cover > mirror->reset_cover ? cover : mirror->reset_cover;
    cover = cover < last ? cover : last;
    wg_index top = mirror->durable < last ? mirror->durable : last;
    top = mirror->damaged != 0 && mirror->damaged <= top ? mirror->damaged - 1 : top;
    if (mirror->frames.count == 0 || mirror->first > cover + 1) {
        return cover;
    }
    while (top >= mirror->first && top > cover && !equals_canon(canon, mirror, top)) {
        top--;
    }
    return top > cover ? top : cover;
}

wg_index judge_majority_cover(const struct sim_judges *b, wg_partition_id p) {
    const struct wg_partition_options *members = judge_members(b, p);
    wg_index covers[WG_MAX_REPLICAS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < members->member_count && i < WG_MAX_REPLICAS; i++) {
        wg_node_id node = members->members[i];
        wg_index cover = node < b->setup->brokers ? judge_cover(b, node, p) : 0;
        uint32_t at = count++;
        for (; at > 0 && covers[at - 1] < cover; at--) {
            covers[at] = covers[at - 1];
        }
        covers[at] = cover;
    }
    return count == 0 ? 0 : covers[count / 2];
}

void judge_forget(struct sim_judges *b, wg_partition_id p) {
    struct judge_canon *canon = judge_canon(b, p);
    const struct wg_partition_options *members = judge_members(b, p);
    wg_index index = judge_canon_last(canon);
    for (uint32_t i = 0; i < members->member_count; i++) {
        const struct judge_mirror *mirror = judge_mirror(b, members->members[i], p);
        if (mirror->frames.count > 0 && mirror->first < index) {
            index = mirror->first;
        }
    }
    const struct judge_canon_entry *before = index == 0 ? NULL : judge_canon_at(canon, index - 1);
    wg_position below = before == NULL ? 0 : before->highest + 1;
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        if (!judge_enabled_owes(b, p, e)) {
            continue; /* nobody waits for the rest */
        }
        wg_position prefix = judge_ledger(b, p, e)->prefix;
        below = prefix + 1 < below ? prefix + 1 : below;
    }
    judge_canon_forget(canon, index, below);
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        judge_ledger_forget(judge_ledger(b, p, e), below);
    }
    inv_replay_equal_forget(b, p, below);
    inv_exporter_isolation_forget(b, p, below);
}

/* --- answers --------------------------------------------------------------------------------- */

uint32_t sim_judges_violation_count(const struct sim_judges *judges) {
    return judges->violation_count;
}

const struct sim_violation *sim_judges_violation(const struct sim_judges *judges, uint32_t i) {
    return &judges->violations[i];
}

uint64_t sim_judges_committed(const struct sim_judges *judges, wg_partition_id partition) {
    uint64_t sum = 0;
    for (wg_partition_id p = 1; p <= judges->setup->partition_count; p++) {
        sum += partition == 0 || partition == p ? judge_canon(judges, p)->committed : 0;
    }
    return sum;
}

wg_position sim_judges_last_position(const struct sim_judges *judges, wg_partition_id partition) {
    return judge_canon(judges, partition)->last_position;
}

bool sim_judges_all_delivered(const struct sim_judges *judges, wg_partition_id partition,
                              uint32_t exporter) {
    return !judge_enabled_owes(judges, partition, exporter) ||
           judge_ledger(judges, partition, exporter)->prefix ==
               judge_canon(judges, partition)->last_position;
}

bool sim_judges_owes(const struct sim_judges *judges, wg_partition_id partition,
                     uint32_t exporter) {
    return judge_enabled_owes(judges, partition, exporter);
}

bool sim_judges_commits_lag(const struct sim_judges *judges, wg_partition_id partition) {
    return judge_pace_lags(judges, partition);
}

void sim_judges_excuse_backlog(struct sim_judges *judges, wg_partition_id partition) {
    judges->backlog_excused[partition - 1] = true;
}

int32_t sim_judges_refuser(const struct sim_judges *judges, wg_partition_id partition) {
    return judge_ledger_refuser(judges, partition);
}

void sim_judges_export_stats(const struct sim_judges *judges, uint32_t exporter,
                             wg_partition_id partition, struct sim_export_stats *ret_stats) {
    const struct judge_ledger *ledger = judge_ledger(judges, partition, exporter);
    const struct judge_canon *canon = judge_canon(judges, partition);
    *ret_stats = ledger->stats;
    ret_stats->sink_highest = ledger->sink_highest;
    ret_stats->acked_missing = ledger->prefix < canon->last_position &&
                               judge_ledger_is_vouched(ledger, ledger->prefix + 1);
    if (judge_enabled_owes(judges, partition, exporter)) {
        judge_ledger_count(judges, partition, exporter, ret_stats);
    }
}
