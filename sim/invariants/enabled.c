/* Which exporters are to run where (see enabled.h). */
#include "sim/invariants/enabled.h"

#include "sim/invariants/bench.h"

#include <stdlib.h>
#include <string.h>

/* The record under way, and one for each note that may lie before the news in the director's mailbox: of
 * a commit, to go on, of a timer. Notes of a kind lie there once; after each record the director looks into
 * its mailbox again, if there is anything in it. */
#define LAST_CALLS 4u
#define SETTINGS_PATH "configuration/exporters"

void judge_enabled_init(struct sim_judges *b) {
    size_t exporters = b->setup->exporter_count;
    size_t partitions = b->setup->partition_count;
    struct judge_enabled *e = &b->enabled;
    e->settings = judge_alloc(partitions * b->setup->brokers * exporters * sizeof *e->settings);
    e->streams = judge_alloc(partitions * exporters * sizeof *e->streams);
    e->mail = judge_alloc(partitions * b->setup->brokers * sizeof *e->mail);
    e->sources = judge_alloc(exporters * sizeof *e->sources);
    for (size_t i = 0; i < partitions * exporters; i++) {
        e->streams[i].settled_at = WG_POSITION_NONE;
    }
}

void judge_enabled_free(struct sim_judges *b) {
    free(b->enabled.settings);
    free(b->enabled.streams);
    free(b->enabled.mail);
    free(b->enabled.sources);
}

static struct judge_setting *setting_of(const struct sim_judges *b, wg_node_id node,
                                        wg_partition_id p, uint32_t exporter) {
    uint32_t replica = judge_replica_number(b, node, p);
    return &b->enabled.settings[(size_t)replica * b->setup->exporter_count + exporter];
}

static struct judge_stream *stream_of(const struct sim_judges *b, wg_partition_id p,
                                      uint32_t exporter) {
    return &b->enabled.streams[(size_t)(p - 1) * b->setup->exporter_count + exporter];
}

const struct judge_setting *judge_enabled_on(const struct sim_judges *b, wg_node_id node,
                                             wg_partition_id p, uint32_t exporter) {
    return setting_of(b, node, p, exporter);
}

bool judge_enabled_runs(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                        uint32_t exporter) {
    const struct judge_setting *setting = setting_of(b, node, p, exporter);
    return !setting->disabled && !setting->absent;
}

bool judge_enabled_owes(const struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    const struct judge_stream *stream = stream_of(b, p, exporter);
    return !stream->unwanted && !stream->unsettled;
}

bool judge_enabled_changed(const struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    return stream_of(b, p, exporter)->changed;
}

bool judge_enabled_wanted(const struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    const struct judge_stream *stream = stream_of(b, p, exporter);
    return !stream->unwanted && !stream->in_doubt;
}

bool judge_enabled_copied(const struct sim_judges *b, uint32_t exporter, uint32_t source) {
    return (b->enabled.sources[exporter] >> source & 1) != 0;
}

bool judge_skips(const struct sim_judges *b, wg_position position) {
    uint32_t i = 0;
    while (i < b->setup->skip_record_count && b->setup->skip_records[i] < position) {
        i++;
    }
    return i < b->setup->skip_record_count && b->setup->skip_records[i] == position;
}

/* --- from when on it is owed ------------------------------------------------------------------ */

static bool agree(const struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    const struct judge_stream *stream = stream_of(b, p, exporter);
    const struct wg_partition_options *members = judge_members(b, p);
    uint64_t version = setting_of(b, members->members[0], p, exporter)->version;
    for (uint32_t i = 0; i < members->member_count; i++) {
        const struct judge_setting *setting = setting_of(b, members->members[i], p, exporter);
        if (setting->absent || setting->disabled != stream->unwanted || setting->opens_soon ||
            setting->version != version) {
            return false;
        }
    }
    return true;
}

static void settle(struct sim_judges *b, wg_partition_id p, uint32_t exporter) {
    struct judge_stream *stream = stream_of(b, p, exporter);
    bool was_unsettled = stream->unsettled;
    if (stream->in_doubt) {
        stream->unwanted = setting_of(b, judge_members(b, p)->members[0], p, exporter)->disabled;
    }
    stream->unsettled = !agree(b, p, exporter);
    stream->changed |= stream->unsettled || stream->unwanted;
    if (stream->unsettled || !was_unsettled || stream->unwanted) {
        return;
    }
    wg_position last = judge_canon(b, p)->last_position;
    if (stream->copies && stream->opens == 1) {
        stream->settled_at = last;
    } else {
        judge_ledger_excuse(b, p, exporter, last);
    }
    stream->copies = false;
}

/* --- what lies in a director's mailbox --------------------------------------------------------- */

/* Broadcasts of positions, and what an operator wants: each lies there for itself. */
void judge_enabled_mail(struct sim_judges *b, const struct sim_fact *fact) {
    bool counts = fact->kind == SIM_FACT_ADMIN
                      ? fact->b == WG_ADMIN_PAUSE_EXPORTING || fact->b == WG_ADMIN_RESUME_EXPORTING ||
                            fact->b == WG_ADMIN_SOFT_PAUSE_EXPORTING
                      : fact->b == WG_MSG_EXPORTER_STATE;
    if (counts && judge_knows(b, fact->node, fact->partition)) {
        b->enabled.mail[judge_replica_number(b, fact->node, fact->partition)]++;
    }
}

/* What was there before a leader's director came was taken by the one before it, which had to close. */
void judge_enabled_role(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    if (claim->a == WG_ROLE_LEADER && judge_replica(b, node, claim->partition)->director != 1) {
        b->enabled.mail[judge_replica_number(b, node, claim->partition)] = 0;
    }
}

/* An active director opens it. */
void judge_enabled_call(struct sim_judges *b, const struct sim_fact *fact) {
    if (!judge_knows(b, fact->node, fact->partition) || fact->b >= b->setup->exporter_count) {
        return;
    }
    uint32_t exporter = (uint32_t)fact->b;
    struct judge_setting *setting = setting_of(b, fact->node, fact->partition, exporter);
    setting->calls += fact->c == WG_PLUGIN_EXPORT;
    setting->open = fact->c == WG_PLUGIN_OPEN ||
                    (setting->open && fact->c != WG_PLUGIN_CLOSE && fact->c != WG_PLUGIN_DESTROY);
    if (fact->c != WG_PLUGIN_OPEN) {
        return;
    }
    struct judge_stream *stream = stream_of(b, fact->partition, exporter);
    const struct judge_slot *slot =
        &judge_ledger(b, fact->partition, exporter)->slots[fact->node];
    stream->opens++;
    setting->opens_soon = false;
    if (stream->unsettled) {
        bool exact = stream->copies && stream->opens == 1 && slot->has_start;
        judge_ledger_excuse(b, fact->partition, exporter,
                            exact ? slot->start
                                  : judge_canon(b, fact->partition)->last_position);
    } else if (stream->settled_at != WG_POSITION_NONE) {
        /* A follower knew less. */
        judge_ledger_excuse(b, fact->partition, exporter, stream->settled_at);
        stream->settled_at = WG_POSITION_NONE;
    }
    settle(b, fact->partition, exporter);
}

/* What opens next starts with everything that is enabled. */
static void opens_nothing(struct sim_judges *b, wg_node_id node, wg_partition_id p) {
    for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
        struct judge_setting *setting = setting_of(b, node, p, e);
        if (setting->opens_soon) {
            setting->opens_soon = false;
            settle(b, p, e);
        }
    }
}

void judge_enabled_director(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    opens_nothing(b, node, claim->partition);
}

/* --- what is said ----------------------------------------------------------------------------- */

static bool changes_exporters(const struct sim_fact *fact) {
    return fact->b == WG_ADMIN_ENABLE_EXPORTER || fact->b == WG_ADMIN_DISABLE_EXPORTER;
}

static void note_source(struct sim_judges *b, uint32_t exporter, uint32_t source) {
    if (source > 0 && source <= b->setup->exporter_count) {
        b->enabled.sources[exporter] |= UINT64_C(1) << (source - 1);
    }
}

void judge_enabled_asked(struct sim_judges *b, const struct sim_fact *fact) {
    uint32_t exporter = (uint32_t)(fact->d >> 32);
    if (changes_exporters(fact) && exporter < b->setup->exporter_count) {
        b->enabled.asked = (struct judge_asked){.any = true,
                                                .enables = fact->b == WG_ADMIN_ENABLE_EXPORTER,
                                                .node = fact->node,
                                                .exporter = exporter,
                                                .source = (uint32_t)fact->d};
    }
}

/* The file of settings gets its name: what broker 0 was asked for may be in it. */
void judge_enabled_renamed(struct sim_judges *b, const struct sim_fact *fact) {
    static const char both[] = SETTINGS_PATH ".tmp\0" SETTINGS_PATH;
    const struct judge_asked *asked = &b->enabled.asked;
    if (asked->any && fact->node == asked->node && fact->ptr != NULL && fact->len == sizeof both - 1 &&
        memcmp(fact->ptr, both, sizeof both - 1) == 0) {
        b->enabled.asked.stored = true;
    }
}

/* The request under way has ended without success. */
static void take_no_answer(struct sim_judges *b) {
    struct judge_asked asked = b->enabled.asked;
    b->enabled.asked = (struct judge_asked){.any = false};
    if (!asked.any || !asked.stored) {
        return;
    }
    if (asked.enables) {
        note_source(b, asked.exporter, asked.source);
    }
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        struct judge_stream *stream = stream_of(b, p, asked.exporter);
        stream->in_doubt |= stream->unwanted == asked.enables;
        stream->copies = false;
        settle(b, p, asked.exporter);
    }
}

/* Refused before anything was written. */
static bool is_refusal(uint64_t status) {
    return status == WG_INVALID || status == WG_NOT_FOUND || status == WG_EXISTS ||
           status == WG_STALE || status == WG_NOT_LEADER || status == WG_CLOSED;
}

static void take_answer(struct sim_judges *b, const struct sim_fact *fact) {
    uint32_t exporter = (uint32_t)(fact->d >> 32), source = (uint32_t)fact->d;
    bool enables = fact->b == WG_ADMIN_ENABLE_EXPORTER;
    if (fact->c != WG_OK && !is_refusal(fact->c)) {
        take_no_answer(b);
    }
    b->enabled.asked = (struct judge_asked){.any = false};
    if (fact->c != WG_OK || exporter >= b->setup->exporter_count) {
        return;
    }
    if (enables) {
        note_source(b, exporter, source);
    }
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        struct judge_stream *stream = stream_of(b, p, exporter);
        stream->unwanted = !enables;
        stream->in_doubt = false;
        stream->copies = enables && source > 0;
        stream->opens = 0;
        stream->settled_at = WG_POSITION_NONE;
        stream->unsettled = true; /* until the last broker has said so */
        settle(b, p, exporter);
    }
}

static void take_process(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
         p++) {
        b->enabled.mail[judge_replica_number(b, fact->node, p)] = 0;
        for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
            struct judge_setting *setting = setting_of(b, fact->node, p, e);
            bool absent = (fact->b >> e & 1) != 0;
            setting->open = false;
            setting->calls = setting->allowed = 0;
            if (absent != setting->absent) {
                setting->absent = absent;
                setting->since = b->now;
                settle(b, p, e);
            }
        }
    }
}

/* Whether the file in which a broker keeps the settings was harmed while it was down: then it starts with
 * what stands in its configuration, until another broker tells it. */
static bool harms_settings(const struct sim_judges *b, const struct sim_fact *fact) {
    static const char path[] = SETTINGS_PATH;
    return fact->kind == SIM_FACT_DISK_DAMAGED && fact->node < b->setup->brokers &&
           !b->brokers[fact->node].up && fact->ptr != NULL && fact->len == sizeof path - 1 &&
           memcmp(fact->ptr, path, sizeof path - 1) == 0;
}

static void forget(struct sim_judges *b, const struct sim_fact *fact) {
    for (wg_partition_id p = 1; p <= b->setup->partition_count; p++) {
        for (uint32_t e = 0; e < b->setup->exporter_count; e++) {
            struct judge_setting *setting = setting_of(b, fact->node, p, e);
            *setting = (struct judge_setting){.absent = setting->absent, .since = b->now};
            settle(b, p, e);
        }
    }
}

void judge_enabled_fact(struct sim_judges *b, const struct sim_fact *fact) {
    if (fact->kind == SIM_FACT_BROKER_START) {
        take_process(b, fact);
    } else if (fact->kind == SIM_FACT_BROKER_END) {
        if (fact->node == b->enabled.asked.node) {
            take_no_answer(b);
        }
        for (wg_partition_id p = 1; fact->node < b->setup->brokers && p <= b->setup->partition_count;
             p++) {
            opens_nothing(b, fact->node, p);
        }
    } else if (harms_settings(b, fact) || (fact->kind == SIM_FACT_DISK_WIPED &&
                                           fact->node < b->setup->brokers && fact->partition == 0)) {
        forget(b, fact);
    } else if (fact->kind == SIM_FACT_ADMIN_DONE && changes_exporters(fact)) {
        take_answer(b, fact);
    }
}

void judge_enabled_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim) {
    if (claim->a >= b->setup->exporter_count) {
        return;
    }
    struct judge_setting *setting = setting_of(b, node, claim->partition, (uint32_t)claim->a);
    setting->opens_soon = claim->b == 1 && (setting->disabled || setting->version != claim->c) &&
                          judge_replica(b, node, claim->partition)->director == 1;
    setting->disabled = claim->b == 0 || (claim->b == 2 && setting->disabled);
    setting->version = claim->c;
    setting->since = b->now;
    setting->calls = 0;
    setting->allowed =
        claim->b == 2 ? 0 : LAST_CALLS + b->enabled.mail[judge_replica_number(b, node, claim->partition)];
    settle(b, claim->partition, (uint32_t)claim->a);
}
