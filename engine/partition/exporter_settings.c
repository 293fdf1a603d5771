/* The document, its way through the cluster, and its file.
 *
 * Broker 0 takes a request and begins a change; each broker in turn carries it out for itself and says
 * so (Zeebe: one operation per member and partition, one after another). So at any time exactly one
 * broker may write the next version, and of two documents the one with the higher version contains the
 * other. Whoever has any but the first one sends it to all others whenever it grows and every 10 s, which
 * is also how a broker learns what it has missed while it was down, or lost with its disk.
 *
 * A broker 0 without a document asks the others before it takes a request: it may have lost it with its
 * disk, and what it then began would lose against what the others know. The request waits until a majority
 * has answered, a second at most, and is then refused.
 *
 *   configuration/exporters, little-endian:
 *   u32 magic  u16 format  u64 version  u8 change (0 none, 1 enable, 2 disable)  u32 brokers done
 *   id, source of the change  u16 count
 *   count times: id  u8 flags (1 enabled, 2 left the configuration here)  i64 metadata version  source
 *   u32 CRC-32C of all before it; id and source: u16 length, bytes; no source = empty
 * The message holds the same, without flag 2. The file is written under another name, synced and renamed.
 *
 * Invariants
 *  1. The version of a document grows by one with each write, and only the broker whose turn it is
 *     writes: broker 0 a new change when none goes on, broker `done` its part of the one that does.
 *  2. What is sent or in force is on disk: messages leave when the job that wrote the file ends, and what
 *     the directors read changes in the job after it, as they run beside it.
 *  3. Nothing is written or sent before the first request: who never asks pays nothing. */
#include "partition/exporter_settings.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "base/paths.h"

#define DIR "configuration"
#define FILE_NAME "configuration/exporters"
#define TEMPORARY_NAME "configuration/exporters.tmp"
#define TIMER_SLOT (WG_TIMER_SLOTS - 4u)

enum { MAGIC = 0x53454757, FORMAT = 1, ENABLED = 1, LEFT = 2 };
enum change_kind { NO_CHANGE, ENABLE, DISABLE };

static const wg_time SEND_EVERY = 10 * WG_SECOND;
/* A change that came before the others have said what they know waits for them, no longer than this. */
static const wg_time HEAR_WITHIN = WG_SECOND;

struct document {
    uint64_t version;    /* 0 = as configured */
    uint8_t change;      /* enum change_kind */
    uint32_t exporter;   /* of the change */
    uint32_t source;     /* WG_NO_EXPORTER = none */
    uint32_t done;       /* brokers 0 .. done - 1 have carried it out */
    struct wg_exporter_setting *rows; /* before the change */
};

struct held_request {
    bool waits;
    wg_partition_id partition;
    struct wg_admin_request request;
};

struct wg_exporter_settings {
    struct wg_partition_shared *shared;
    wg_partition_id home; /* on whose actor PARTITION the timer runs; 0 = not started */
    struct document document;
    uint64_t last_change; /* the version in which the change began that was asked for last */
    struct wg_exporter_setting *own; /* of this broker, by its document */
    struct wg_exporter_setting *in_force; /* the same as soon as it is on disk; directors read it */
    bool *heard; /* by broker: it has said what it knows since this process started */
    bool *left; /* it has left the configuration here and comes back disabled (quirk) */
    struct held_request held; /* until enough of the others are heard */
};

struct settings_message {
    struct wg_message head;
    struct wg_buf *payload;
    bool asks; /* for what the receiver has */
};

static struct wg_env *env_of(const struct wg_exporter_settings *s) { return s->shared->env; }
static uint32_t count_of(const struct wg_exporter_settings *s) {
    return s->shared->options.exporter_count;
}
static size_t rows_bytes(const struct wg_exporter_settings *s) {
    return (count_of(s) > 0 ? count_of(s) : 1) * sizeof(struct wg_exporter_setting);
}
static const struct wg_exporter_options *exporter_at(const struct wg_exporter_settings *s,
                                                     uint32_t i) {
    return &s->shared->options.exporters[i];
}
static uint32_t broker_count(const struct wg_exporter_settings *s) {
    uint32_t brokers = s->shared->options.settings_brokers;
    return brokers > 0 ? brokers : 1;
}
/* A cluster of one broker need not be called 0. */
static uint32_t own_turn(const struct wg_exporter_settings *s) {
    return s->shared->options.settings_brokers > 0 ? env_of(s)->node : 0;
}

static uint32_t find_exporter(const struct wg_exporter_settings *s, struct wg_bytes id) {
    for (uint32_t i = 0; i < count_of(s); i++) {
        if (wg_bytes_equal(wg_bytes_str(exporter_at(s, i)->id), id)) {
            return i;
        }
    }
    return WG_NO_EXPORTER;
}

/* --- life ------------------------------------------------------------------------------------- */

static struct wg_exporter_setting *new_rows(const struct wg_exporter_settings *s) {
    struct wg_exporter_setting *rows = wg_alloc(env_of(s), rows_bytes(s));
    for (uint32_t i = 0; i < count_of(s); i++) {
        rows[i] = (struct wg_exporter_setting){true, 0, WG_NO_EXPORTER};
    }
    return rows;
}

struct wg_exporter_settings *wg_exporter_settings_new(struct wg_partition_shared *shared) {
    struct wg_exporter_settings *s = wg_alloc(shared->env, sizeof *s);
    memset(s, 0, sizeof *s);
    s->shared = shared;
    s->document.rows = new_rows(s);
    s->own = new_rows(s);
    s->in_force = new_rows(s);
    s->heard = wg_alloc(shared->env, broker_count(s));
    memset(s->heard, 0, broker_count(s));
    s->left = wg_alloc(shared->env, count_of(s) + 1);
    memset(s->left, 0, count_of(s) + 1);
    for (uint32_t i = 0; i < count_of(s); i++) {
        s->own[i].enabled = s->in_force[i].enabled = !exporter_at(s, i)->absent;
    }
    shared->options.exporter_settings = s->in_force;
    return s;
}

void wg_exporter_settings_free(struct wg_exporter_settings *s) {
    if (s == NULL) {
        return;
    }
    struct wg_env *env = env_of(s);
    wg_free(env, s->document.rows, rows_bytes(s));
    wg_free(env, s->own, rows_bytes(s));
    wg_free(env, s->in_force, rows_bytes(s));
    wg_free(env, s->left, count_of(s) + 1);
    wg_free(env, s->heard, broker_count(s));
    wg_free(env, s, sizeof *s);
}

bool wg_exporter_settings_pending(const struct wg_exporter_settings *s, bool *ret_enables) {
    *ret_enables = s->document.change == ENABLE;
    return s->document.change != NO_CHANGE;
}

uint64_t wg_exporter_settings_last_change(const struct wg_exporter_settings *s) {
    return s->last_change;
}

bool wg_exporter_settings_differ(const struct wg_exporter_settings *s, uint32_t exporter,
                                 bool *ret_enables) {
    return wg_exporter_settings_pending(s, ret_enables) && s->document.exporter == exporter;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static struct wg_bytes id_of(const struct wg_exporter_settings *s, uint32_t exporter) {
    return exporter == WG_NO_EXPORTER ? wg_bytes_of(NULL, 0)
                                      : wg_bytes_str(exporter_at(s, exporter)->id);
}

static void write_id(struct wg_writer *out, struct wg_bytes id) {
    wg_write_le(out, id.len, 2);
    wg_write_bytes(out, id.ptr, id.len);
}

static uint32_t encoded_bytes(const struct wg_exporter_settings *s, const struct document *d) {
    uint32_t bytes = 4 + 2 + 8 + 1 + 4 + 2 + 4;
    bytes += 2 + id_of(s, d->change == NO_CHANGE ? WG_NO_EXPORTER : d->exporter).len;
    bytes += 2 + id_of(s, d->change == NO_CHANGE ? WG_NO_EXPORTER : d->source).len;
    for (uint32_t i = 0; i < count_of(s); i++) {
        bytes += 2 + id_of(s, i).len + 1 + 8 + 2 + id_of(s, d->rows[i].source).len;
    }
    return bytes;
}

static struct wg_buf *encode(const struct wg_exporter_settings *s, const struct document *d,
                             bool for_file) {
    struct wg_buf *buf = wg_buf_new(env_of(s), encoded_bytes(s, d));
    struct wg_writer out = wg_writer_on(buf->bytes, buf->len);
    bool none = d->change == NO_CHANGE;
    wg_write_le(&out, MAGIC, 4);
    wg_write_le(&out, FORMAT, 2);
    wg_write_le(&out, d->version, 8);
    wg_write_le(&out, d->change, 1);
    wg_write_le(&out, d->done, 4);
    write_id(&out, id_of(s, none ? WG_NO_EXPORTER : d->exporter));
    write_id(&out, id_of(s, none ? WG_NO_EXPORTER : d->source));
    wg_write_le(&out, count_of(s), 2);
    for (uint32_t i = 0; i < count_of(s); i++) {
        const struct wg_exporter_setting *row = &d->rows[i];
        write_id(&out, id_of(s, i));
        wg_write_le(&out, (row->enabled ? ENABLED : 0u) | (for_file && s->left[i] ? LEFT : 0u), 1);
        wg_write_le(&out, (uint64_t)row->version, 8);
        write_id(&out, id_of(s, row->source));
    }
    wg_write_le(&out, wg_crc32c(0, buf->bytes, buf->len - 4), 4);
    WG_ASSERT(env_of(s), !out.failed && out.at == out.end);
    return buf;
}

static struct wg_bytes read_id(struct wg_reader *in) {
    uint32_t len = (uint32_t)wg_read_le(in, 2);
    const uint8_t *id = wg_read_bytes(in, len);
    return wg_bytes_of(id, in->failed ? 0 : len);
}

static void read_row(const struct wg_exporter_settings *s, struct wg_reader *in,
                     struct document *d, bool *left) {
    uint32_t exporter = find_exporter(s, read_id(in));
    uint8_t flags = (uint8_t)wg_read_le(in, 1);
    int64_t version = (int64_t)wg_read_le(in, 8);
    uint32_t source = find_exporter(s, read_id(in));
    if (in->failed || exporter == WG_NO_EXPORTER) {
        return; /* of somebody who knows more exporters than this broker */
    }
    d->rows[exporter] =
        (struct wg_exporter_setting){(flags & ENABLED) != 0, version, source};
    if (left != NULL) {
        left[exporter] = (flags & LEFT) != 0;
    }
}

/* Into `d`, whose rows are what holds for exporters that the bytes do not name. false = malformed. */
static bool decode(const struct wg_exporter_settings *s, struct wg_bytes bytes,
                   struct document *d, bool *left) {
    struct wg_reader in = wg_reader_on(bytes);
    bool whole = bytes.len > 4 && wg_crc32c(0, bytes.ptr, bytes.len - 4) ==
                                      (uint32_t)wg_load_le(bytes.ptr + bytes.len - 4, 4);
    if (!whole || wg_read_le(&in, 4) != MAGIC || wg_read_le(&in, 2) != FORMAT) {
        return false;
    }
    d->version = wg_read_le(&in, 8);
    d->change = (uint8_t)wg_read_le(&in, 1);
    d->done = (uint32_t)wg_read_le(&in, 4);
    d->exporter = find_exporter(s, read_id(&in));
    d->source = find_exporter(s, read_id(&in));
    uint32_t count = (uint32_t)wg_read_le(&in, 2);
    for (uint32_t i = 0; i < count && !in.failed; i++) {
        read_row(s, &in, d, left);
    }
    return !in.failed && wg_reader_left(&in) == 4 && d->change <= DISABLE;
}

/* --- file ------------------------------------------------------------------------------------- */

static wg_status write_file(struct wg_env *env, struct wg_buf *buf) {
    const struct wg_disk_ops *ops = env->disk_ops;
    wg_file file;
    wg_status status = ops->open(env->disk, TEMPORARY_NAME, true, &file);
    if (status != WG_OK) {
        return status;
    }
    status = ops->resize(env->disk, file, 0);
    status = status == WG_OK ? ops->write(env->disk, file, 0, buf, 0, buf->len) : status;
    status = status == WG_OK ? ops->sync(env->disk, file) : status;
    ops->close(env->disk, file);
    return status;
}

static wg_status store(struct wg_exporter_settings *s, const struct document *d) {
    struct wg_env *env = env_of(s);
    struct wg_buf *buf = encode(s, d, true);
    wg_status status = write_file(env, buf);
    wg_buf_unref(buf);
    if (status != WG_OK) {
        (void)env->disk_ops->remove(env->disk, TEMPORARY_NAME);
        return status;
    }
    status = env->disk_ops->rename(env->disk, TEMPORARY_NAME, FILE_NAME);
    return status == WG_OK ? env->disk_ops->sync_dir(env->disk, DIR) : status;
}

static wg_status read_file(struct wg_exporter_settings *s) {
    struct wg_env *env = env_of(s);
    struct wg_path path = {0, ""};
    wg_file file;
    uint64_t size = 0;
    struct wg_disk_view view;
    if (!wg_path_next(env, FILE_NAME, &path) || strcmp(path.text, FILE_NAME) != 0) {
        return WG_OK;
    }
    wg_status status = env->disk_ops->open(env->disk, FILE_NAME, false, &file);
    if (status != WG_OK) {
        return status;
    }
    status = env->disk_ops->size(env->disk, file, &size);
    if (status == WG_OK) {
        status = env->disk_ops->view(env->disk, file, 0, (uint32_t)size, &view);
    }
    env->disk_ops->close(env->disk, file);
    if (status == WG_OK) {
        /* A damaged file is as good as none: the other brokers have the document. */
        struct document read = s->document;
        if (!decode(s, wg_bytes_of(view.ptr, view.len), &read, s->left)) {
            read.version = 0;
            read.change = NO_CHANGE;
        }
        s->document = read;
        wg_buf_unref(view.buf);
    }
    return status;
}

/* --- what is in force ------------------------------------------------------------------------- */

static struct wg_exporter_setting after(const struct document *d, uint32_t exporter) {
    struct wg_exporter_setting row = d->rows[exporter];
    if (d->change == NO_CHANGE || d->exporter != exporter) {
        return row;
    }
    return d->change == ENABLE ? (struct wg_exporter_setting){true, row.version + 1, d->source}
                               : (struct wg_exporter_setting){false, row.version, WG_NO_EXPORTER};
}

static struct wg_exporter_setting setting_here(const struct wg_exporter_settings *s, uint32_t i) {
    const struct document *d = &s->document;
    struct wg_exporter_setting setting = own_turn(s) < d->done ? after(d, i) : d->rows[i];
    setting.enabled = setting.enabled && !exporter_at(s, i)->absent && !s->left[i];
    return setting;
}

static void claim(const struct wg_exporter_settings *s, uint32_t exporter) {
    const struct wg_exporter_setting *own = &s->own[exporter];
    uint64_t how = exporter_at(s, exporter)->absent ? 2 : own->enabled ? 1 : 0;
    for (uint32_t i = 0; i < s->shared->options.partition_count; i++) {
        wg_claim(env_of(s), WG_CLAIM_EXPORTER_SETTING, s->shared->options.partitions[i].id, exporter,
                 how, (uint64_t)own->version,
                 own->source == WG_NO_EXPORTER ? 0 : (uint64_t)own->source + 1);
    }
}

/* From what the document says. */
static void decide(struct wg_exporter_settings *s) {
    for (uint32_t i = 0; i < count_of(s); i++) {
        s->own[i] = setting_here(s, i);
    }
}

/* Tells the directors what is different. */
static void put_in_force(struct wg_exporter_settings *s, bool claims_all) {
    bool changed = false;
    for (uint32_t i = 0; i < count_of(s); i++) {
        bool differs = s->own[i].enabled != s->in_force[i].enabled ||
                       s->own[i].version != s->in_force[i].version;
        s->in_force[i] = s->own[i];
        changed |= differs;
        if (differs || claims_all) {
            claim(s, i);
        }
    }
    for (uint32_t i = 0; changed && i < s->shared->options.partition_count; i++) {
        wg_emit_post(env_of(s), s->shared->options.partitions[i].id, WG_ACTOR_EXPORTER,
                     WG_POST_SETTINGS, true, 0, 0, NULL);
    }
}

/* --- between brokers -------------------------------------------------------------------------- */

static void destroy_message(struct wg_message *head) {
    struct settings_message *message = (struct settings_message *)head;
    wg_buf_unref(message->payload);
    wg_free(head->env, message, sizeof *message);
}

static void send_to(const struct wg_exporter_settings *s, struct wg_buf *payload, wg_node_id to,
                    bool asks) {
    struct wg_env *env = env_of(s);
    struct settings_message *message = wg_alloc(env, sizeof *message);
    message->head = (struct wg_message){
        .env = env,
        .refs = 1,
        .kind = WG_MSG_SETTINGS,
        .actor = WG_ACTOR_PARTITION,
        .from = env->node,
        .to = to,
        .partition = s->home,
        .wire_bytes = payload->len,
        .digest = wg_hash_bytes(payload->bytes, payload->len, WG_MSG_SETTINGS),
        .destroy = destroy_message};
    message->payload = wg_buf_ref(payload);
    message->asks = asks;
    wg_emit_send(env, &message->head);
}

static void send_to_all(const struct wg_exporter_settings *s, bool asks) {
    struct wg_buf *payload = encode(s, &s->document, false);
    for (wg_node_id to = 0; to < s->shared->options.settings_brokers; to++) {
        if (to != env_of(s)->node) {
            send_to(s, payload, to, asks);
        }
    }
    wg_buf_unref(payload);
}

static void arm(const struct wg_exporter_settings *s) {
    wg_emit_timer(env_of(s), s->home, WG_ACTOR_PARTITION, TIMER_SLOT, env_of(s)->now + SEND_EVERY);
}

/* --- changes ---------------------------------------------------------------------------------- */

/* The own part of the change, if it is this broker's turn. */
static void take_turn(const struct wg_exporter_settings *s, struct document *d) {
    if (d->change == NO_CHANGE || d->done != own_turn(s)) {
        return;
    }
    d->version++;
    d->done++;
}

/* A change that all have carried out is part of the rows. */
static void fold(const struct wg_exporter_settings *s, struct document *d) {
    if (d->change != NO_CHANGE && d->done >= broker_count(s)) {
        if (d->exporter != WG_NO_EXPORTER) {
            d->rows[d->exporter] = after(d, d->exporter);
        }
        d->change = NO_CHANGE;
        d->done = 0;
    }
}

/* `next` becomes the document, with the own part done if it is time, or nothing changes at all. `next`
 * has rows of its own, which are freed or kept. */
static wg_status adopt(struct wg_exporter_settings *s, struct document *next) {
    bool mine = next->change != NO_CHANGE && next->done == own_turn(s);
    bool comes_back = mine && next->change == ENABLE && next->exporter != WG_NO_EXPORTER;
    bool left = comes_back && s->left[next->exporter];
    take_turn(s, next);
    fold(s, next);
    if (comes_back) {
        s->left[next->exporter] = false;
    }
    wg_status status = store(s, next);
    struct wg_exporter_setting *old = status == WG_OK ? s->document.rows : next->rows;
    if (status == WG_OK) {
        s->document = *next;
    } else if (left) {
        s->left[next->exporter] = true;
    }
    wg_free(env_of(s), old, rows_bytes(s));
    if (status == WG_OK) {
        decide(s);
        wg_emit_post(env_of(s), s->home, WG_ACTOR_PARTITION, WG_POST_SETTINGS, true, 0, 0, NULL);
        send_to_all(s, false);
    }
    arm(s);
    return status;
}

static struct document copy_of(const struct wg_exporter_settings *s) {
    struct document copy = s->document;
    copy.rows = new_rows(s);
    memcpy(copy.rows, s->document.rows, rows_bytes(s));
    return copy;
}

/* --- requests --------------------------------------------------------------------------------- */

static bool same_type(const struct wg_exporter_settings *s, uint32_t a, uint32_t b) {
    const char *one = exporter_at(s, a)->type, *other = exporter_at(s, b)->type;
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

/* Zeebe's rules (PartitionEnableExporterApplier, PartitionConfigurationManager). */
static wg_status check(const struct wg_exporter_settings *s,
                       const struct wg_admin_request *request, uint32_t exporter,
                       uint32_t source) {
    bool enables = request->kind == WG_ADMIN_ENABLE_EXPORTER;
    if (own_turn(s) != 0) {
        return WG_NOT_LEADER;
    }
    if (exporter == WG_NO_EXPORTER || exporter_at(s, exporter)->absent) {
        return WG_NOT_FOUND;
    }
    if (enables && s->own[exporter].enabled) {
        return WG_EXISTS;
    }
    if (enables && request->initialize_from != NULL &&
        (source == WG_NO_EXPORTER || !s->own[source].enabled || !same_type(s, exporter, source))) {
        return WG_INVALID;
    }
    return s->document.change == NO_CHANGE ? WG_OK : WG_STALE;
}

static bool knows_enough(const struct wg_exporter_settings *s) {
    uint32_t heard = 1;
    for (uint32_t i = 0; i < broker_count(s); i++) {
        heard += s->heard[i];
    }
    return s->document.version > 0 || heard > broker_count(s) / 2;
}

/* *ret_unheard: it could be done, but not before enough of the others are heard; CLOSED. */
static wg_status carry_out(struct wg_exporter_settings *s, const struct wg_admin_request *request,
                           bool *ret_unheard) {
    bool copies = request->initialize_from != NULL && request->kind == WG_ADMIN_ENABLE_EXPORTER;
    uint32_t exporter = request->exporter == NULL
                            ? WG_NO_EXPORTER
                            : find_exporter(s, wg_bytes_str(request->exporter));
    uint32_t source =
        copies ? find_exporter(s, wg_bytes_str(request->initialize_from)) : WG_NO_EXPORTER;
    wg_status status = check(s, request, exporter, source);
    *ret_unheard = status == WG_OK && !knows_enough(s);
    if (*ret_unheard) {
        return WG_CLOSED;
    }
    if (status != WG_OK) {
        return status;
    }
    s->last_change = s->document.version + 1;
    if (request->dry_run) {
        return WG_OK;
    }
    struct document next = copy_of(s);
    next.version++;
    next.change = request->kind == WG_ADMIN_ENABLE_EXPORTER ? ENABLE : DISABLE;
    next.exporter = exporter;
    next.source = source;
    next.done = 0;
    return adopt(s, &next);
}

static void reply(const struct wg_exporter_settings *s, wg_partition_id partition, uint64_t request,
                  wg_status status) {
    struct wg_effect effect = {.kind = WG_EFFECT_ADMIN_REPLY, .partition = partition};
    effect.u.admin_reply.request_id = request;
    effect.u.admin_reply.status = (uint32_t)status;
    env_of(s)->ops->emit(env_of(s), &effect);
}

/* One may wait for the others; the next one that comes meanwhile is sent away. */
static void on_request(struct wg_exporter_settings *s, const struct wg_event *event) {
    bool unheard = false;
    wg_status status = s->home == 0 ? WG_CLOSED : carry_out(s, &event->u.admin, &unheard);
    if (unheard && !s->held.waits) {
        s->held = (struct held_request){true, event->partition, event->u.admin};
        send_to_all(s, true);
        wg_emit_timer(env_of(s), s->home, WG_ACTOR_PARTITION, TIMER_SLOT,
                      env_of(s)->now + HEAR_WITHIN);
    } else {
        reply(s, event->partition, event->u.admin.request_id, status);
    }
}

/* Others were heard, or it has waited long enough for them. */
static void answer_held(struct wg_exporter_settings *s) {
    if (s->held.waits) {
        bool unheard = false;
        s->held.waits = false;
        wg_status status = carry_out(s, &s->held.request, &unheard);
        reply(s, s->held.partition, s->held.request.request_id, status);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

static void answer(const struct wg_exporter_settings *s, wg_node_id to) {
    struct wg_buf *payload = encode(s, &s->document, false);
    send_to(s, payload, to, false);
    wg_buf_unref(payload);
}

static void on_message(struct wg_exporter_settings *s, const struct wg_message *head) {
    const struct settings_message *message = (const struct settings_message *)head;
    struct document next = copy_of(s);
    bool sound = s->home != 0 && head->from < broker_count(s) &&
                 decode(s, wg_bytes_of(message->payload->bytes, message->payload->len), &next, NULL);
    if (sound) {
        s->heard[head->from] = true;
    }
    if (sound && message->asks) {
        answer(s, head->from);
    }
    if (sound && next.version > s->document.version) {
        (void)adopt(s, &next); /* if it cannot be stored, the next one may be */
    } else {
        wg_free(env_of(s), next.rows, rows_bytes(s));
    }
    if (knows_enough(s)) {
        answer_held(s);
    }
}

static void on_timer(struct wg_exporter_settings *s) {
    answer_held(s);
    const struct document *d = &s->document;
    if (d->change != NO_CHANGE && d->done == own_turn(s)) {
        struct document next = copy_of(s);
        (void)adopt(s, &next);
        return;
    }
    if (d->version > 0) {
        send_to_all(s, false);
        arm(s);
    }
}

/* Who is not in the configuration has left it; who is back is remembered as gone only by the quirk. */
static bool note_who_left(struct wg_exporter_settings *s) {
    bool quirk = wg_has_quirk(&s->shared->options, WG_QUIRK_RETURNED_STAYS_DISABLED);
    bool changed = false;
    for (uint32_t i = 0; i < count_of(s); i++) {
        bool left = quirk && (s->left[i] || exporter_at(s, i)->absent);
        changed |= left != s->left[i];
        s->left[i] = left;
    }
    return changed;
}

static void on_start(struct wg_exporter_settings *s, wg_partition_id home) {
    s->home = home;
    wg_status status = read_file(s);
    if (status == WG_OK && note_who_left(s)) {
        status = store(s, &s->document);
    }
    s->shared->settings_status = status;
    bool default_holds = s->document.version == 0;
    for (uint32_t i = 0; i < count_of(s); i++) {
        default_holds = default_holds && !exporter_at(s, i)->absent && !s->left[i];
    }
    decide(s);
    put_in_force(s, !default_holds);
    if (s->document.version > 0) {
        on_timer(s);
    }
}

bool wg_exporter_settings_step(struct wg_exporter_settings *s, const struct wg_event *event) {
    if (event->actor != WG_ACTOR_PARTITION) {
        return false;
    }
    switch (event->kind) {
    case WG_EVENT_ADMIN:
        if (event->u.admin.kind != WG_ADMIN_ENABLE_EXPORTER &&
            event->u.admin.kind != WG_ADMIN_DISABLE_EXPORTER) {
            return false;
        }
        on_request(s, event);
        return true;
    case WG_EVENT_MESSAGE:
        if (event->u.message->kind != WG_MSG_SETTINGS) {
            return false;
        }
        on_message(s, event->u.message);
        return true;
    case WG_EVENT_TIMER:
        if (event->u.timer != TIMER_SLOT) {
            return false;
        }
        on_timer(s);
        return true;
    case WG_EVENT_POST:
        if (event->u.post.what == WG_POST_SETTINGS) {
            put_in_force(s, false);
            return true;
        }
        if (s->home == 0 && event->u.post.what == WG_POST_START) {
            on_start(s, event->partition);
        }
        return false;
    default:
        return false;
    }
}
