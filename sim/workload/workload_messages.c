/* Messages for instances whose process waits for some. Every new instance gets a correlation key, and
 * for each message that it waits for somebody publishes one: some at once, before the instance can
 * wait, the others later; some twice with the same id, which the engine has to refuse.
 *
 *   to publish --answered: published, or known--> [to publish again with the same id]
 *              --> waits for the time to live --not seen to have come--> to publish with a new id
 *   anywhere --seen to have come--> done
 *
 * Clients see what has come from exported records. An instance that took another way, or was never
 * created, takes no message: after the workload was quiesced a message is published three times more
 * and given up then. */
#include "sim/workload/workload_internal.h"

#include "codec/msgpack.h"
#include "codec/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATER_LEAST (200 * WG_MS)
#define LATER_MOST (10 * WG_SECOND)
#define REPEAT_MOST (2 * WG_SECOND)
#define PUBLISHED_LATE_MOST 3u
#define PATIENCE_LEAST (5 * WG_SECOND) /* also with a shorter time to live */
#define PATIENCE_LATE (20 * WG_SECOND) /* when the workload was quiesced, also with a longer one */

enum { SITE_EARLY = 1, SITE_LATER, SITE_REPEAT, SITE_REPEAT_AT, SITE_SHARE };

void workload_messages_init(struct sim_workload *w, struct sim_choices *choices) {
    bool any = false;
    for (uint32_t i = 0; i < w->process_count; i++) {
        any |= w->processes[i].message_count > 0;
    }
    sim_stream_init(&w->message_stream, choices, SIM_CONCERN_WORKLOAD, 3);
    w->free_message = NO_SLOT;
    if (!any) {
        return;
    }
    w->messages = workload_alloc(MESSAGE_SLOTS * sizeof *w->messages);
    for (uint32_t i = MESSAGE_SLOTS; i > 0; i--) {
        w->messages[i - 1].next_free = w->free_message;
        w->free_message = i - 1;
    }
}

void workload_messages_done(struct sim_workload *w) { free(w->messages); }

void workload_note_message(struct workload_process *p, const char *message, const char *key) {
    if (p->message_count < PROCESS_MESSAGES_MAX) {
        p->messages[p->message_count] = message;
        p->keys[p->message_count++] = key;
    }
}

/* --- one message ------------------------------------------------------------------------------ */

static void wake_at(struct sim_workload *w, uint32_t slot, wg_time at) {
    w->messages[slot].wake = at;
    w->ports.set_timer(w->ports.ctx, TIMER_ID(TIMER_MESSAGE, slot), at);
}

static void done(struct sim_workload *w, uint32_t slot) {
    w->messages[slot].used = false;
    w->messages[slot].next_free = w->free_message;
    w->free_message = slot;
    w->messages_used--;
}

static void key_text(char *out, uint64_t key) {
    snprintf(out, MESSAGE_TEXT_MAX, "k-%llu", (unsigned long long)key);
}

/* As every client of Zeebe works it out: a sum over the signed bytes, each step times 31, in 32 bits. */
static wg_partition_id partition_of(const struct sim_workload *w, const char *key) {
    uint32_t sum = 0;
    for (; *key != '\0'; key++) {
        sum = sum * 31 + (uint32_t)(unsigned char)*key; /* our keys are ASCII */
    }
    int64_t value = sum >= 0x80000000u ? (int64_t)sum - 0x100000000 : (int64_t)sum;
    int64_t rest = value % (int64_t)w->cluster->partitions;
    return (wg_partition_id)(rest < 0 ? -rest : rest) + 1;
}

static void want(struct sim_workload *w, uint32_t process, uint32_t message, uint64_t key,
                 wg_time now) {
    const struct sim_message_options *options = &w->processes[process].options->messages;
    uint32_t slot = w->free_message;
    if (slot == NO_SLOT) {
        return; /* then this instance waits for ever */
    }
    struct message_slot *m = &w->messages[slot];
    w->free_message = m->next_free;
    w->messages_used++;
    w->messages_highest = slot + 1 > w->messages_highest ? slot + 1 : w->messages_highest;
    *m = (struct message_slot){.used = true, .process = process, .message = message, .key = key};
    bool early = sim_chance(&w->message_stream, SITE_EARLY, options->early_per_million);
    wake_at(w, slot,
            early ? now + 1
                  : now + sim_between(&w->message_stream, SITE_LATER, LATER_LEAST, LATER_MOST));
}

uint32_t workload_want_messages(struct sim_workload *w, uint32_t process, struct wg_writer *out,
                                wg_time now) {
    struct workload_process *p = &w->processes[process];
    char text[MESSAGE_TEXT_MAX];
    uint32_t written = 0;
    if (p->message_count == 0) {
        return 0;
    }
    bool shares = p->last_key != 0 && sim_chance(&w->message_stream, SITE_SHARE,
                                                 p->options->messages.share_per_million);
    p->last_key = shares ? p->last_key : ++w->next_key;
    key_text(text, p->last_key);
    for (uint32_t i = 0; i < p->message_count; i++) {
        bool again = false;
        for (uint32_t j = 0; j < i; j++) {
            again = again || strcmp(p->keys[i], p->keys[j]) == 0;
        }
        if (!again) {
            wg_mp_write_str(out, wg_bytes_str(p->keys[i]));
            wg_mp_write_str(out, wg_bytes_str(text));
            written++;
        }
        want(w, process, i, p->last_key, now);
    }
    return written;
}

/* --- publishing ------------------------------------------------------------------------------- */

static bool publish(struct sim_workload *w, uint32_t slot, wg_time now) {
    const struct message_slot *m = &w->messages[slot];
    const struct workload_process *p = &w->processes[m->process];
    struct wg_value_message value;
    char key[MESSAGE_TEXT_MAX];
    char id[2 * MESSAGE_TEXT_MAX];
    if (wg_value_init(WG_VT_MESSAGE, &value) != WG_OK) {
        return false;
    }
    key_text(key, m->key);
    snprintf(id, sizeof id, "m-%u-%u", slot, m->copies);
    value.name = wg_bytes_str(p->messages[m->message]);
    value.correlation_key = wg_bytes_str(key);
    value.message_id = wg_bytes_str(id);
    value.time_to_live = p->options->messages.ttl / WG_MS;
    return workload_send(w, now, PURPOSE_PUBLISH, partition_of(w, key), slot, WG_VT_MESSAGE,
                         WG_MESSAGE_PUBLISH, WG_KEY_NONE,
                         workload_encoded(w, WG_VT_MESSAGE, &value));
}

void workload_message_timer(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct message_slot *m = &w->messages[slot];
    if (!m->used || m->sending || m->wake != now) {
        return;
    }
    if (m->late == PUBLISHED_LATE_MOST) {
        done(w, slot);
        return;
    }
    m->late += w->quiesced;
    m->sending = publish(w, slot, now);
    if (!m->sending) {
        wake_at(w, slot, now + LATER_LEAST);
    }
}

/* Published, or known to be: again with the same id, or not before it may be over. */
static void published(struct sim_workload *w, uint32_t slot, wg_time now) {
    struct message_slot *m = &w->messages[slot];
    const struct sim_message_options *options = &w->processes[m->process].options->messages;
    w->last_work = now;
    if (m->repeats++ == 0 &&
        sim_chance(&w->message_stream, SITE_REPEAT, options->repeat_per_million)) {
        wake_at(w, slot, now + sim_between(&w->message_stream, SITE_REPEAT_AT, 1, REPEAT_MOST));
        return;
    }
    m->repeats = 0;
    m->copies++;
    wg_time patience = options->ttl > PATIENCE_LEAST ? options->ttl : PATIENCE_LEAST;
    wake_at(w, slot, now + (w->quiesced && patience > PATIENCE_LATE ? PATIENCE_LATE : patience));
}

void workload_message_answered(struct sim_workload *w, uint32_t slot, const struct wg_reply *reply,
                               wg_time now) {
    struct message_slot *m = &w->messages[slot];
    m->sending = false;
    if (m->taken) {
        done(w, slot);
    } else if (reply == NULL || reply->error != WG_ERR_NONE) {
        wg_partition_id partition = reply == NULL ? 1 : reply->partition;
        wake_at(w, slot, now + 1 + workload_backoff(w, partition, reply));
    } else {
        published(w, slot, now);
    }
}

void workload_messages_quiesce(struct sim_workload *w, wg_time now) {
    for (uint32_t i = 0; i < w->messages_highest; i++) {
        const struct message_slot *m = &w->messages[i];
        if (m->used && !m->sending && m->wake > now + PATIENCE_LATE) {
            wake_at(w, i, now + PATIENCE_LATE);
        }
    }
}

/* --- what has come ---------------------------------------------------------------------------- */

/* Exporters, and leaders after each other, export a record more than once. */
static bool seen_before(struct sim_workload *w, wg_key message) {
    uint32_t known = w->seen_count < MESSAGES_SEEN ? w->seen_count : MESSAGES_SEEN;
    for (uint32_t i = 0; i < known; i++) {
        if (w->seen[i] == message) {
            return true;
        }
    }
    w->seen[w->seen_count++ % MESSAGES_SEEN] = message;
    return false;
}

void sim_workload_message_taken(struct sim_workload *w, struct wg_bytes name,
                                struct wg_bytes correlation_key, wg_key message, wg_time now) {
    if (w->messages == NULL || seen_before(w, message)) {
        return;
    }
    for (uint32_t i = 0; i < w->messages_highest; i++) {
        struct message_slot *m = &w->messages[i];
        char key[MESSAGE_TEXT_MAX];
        if (!m->used || m->taken) {
            continue;
        }
        key_text(key, m->key);
        if (!wg_bytes_equal(wg_bytes_str(w->processes[m->process].messages[m->message]), name) ||
            !wg_bytes_equal(wg_bytes_str(key), correlation_key)) {
            continue;
        }
        w->last_work = now;
        m->taken = m->sending;
        if (!m->sending) {
            done(w, i);
        }
        return;
    }
}
