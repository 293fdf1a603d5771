/* output-collections: a multi-instance body that completes has run once for each item of its input
 * collection, in each instance's variable stood the item of its place, and what it has collected, in its own
 * scope and in the one that gets it, is what each instance ended with, in the order of the input.
 *
 * Scope: bodies of the scenario's processes that collect results, each from ELEMENT_ACTIVATED to
 * ELEMENT_COMPLETED. A collection that something else may write over (another body, the result of a job) is
 * not judged; the models say which may. What is terminated has collected nothing.
 * Sound: the input is a variable of the process instance that clients set when they create it; an instance's
 * item, number and result are variables of its own scope; what the body hands over goes to the process
 * instance, as no scope in between knows such a variable, and that happens between COMPLETING and COMPLETED of
 * the body, in one batch.
 * Evidence: committed records PROCESS_INSTANCE and VARIABLE (flowScopeKey, elementId, scopeKey, name, value).
 * Memory: about 90 bytes per open body, and 80 per variable in the scopes named above. */
#include "sim/invariants/bench.h"

#include <stdlib.h>

#define COUNTER "loopCounter"

/* Hashes of texts; 0 = none. */
struct multi {
    uint64_t process, element, collection, item, output, result;
    bool takes_known, collects_known; /* nothing else writes the variable */
};

struct body {
    uint32_t multi, next_free;
    int64_t count, done;     /* items, instances that completed; count -1 = not known */
    uint64_t input, entered; /* spread of the collection, and of what instances began with */
    uint64_t results;        /* spread of what they ended with */
};

struct value {
    uint64_t content, spread;
    int64_t items, number;
    uint32_t next_free;
};

struct output_collections {
    struct multi *multis;         /* of the set-up, at the first entry */
    struct judge_map names;       /* of variables that matter */
    struct judge_map bodies;      /* open ones -> number in `pool` + 1 */
    struct judge_map values;      /* by scope and name -> number in `value_pool` + 1 */
    struct judge_deque pool;      /* struct body */
    struct judge_deque value_pool; /* struct value */
    uint32_t free_body, free_value; /* lists, number + 1; 0 = empty */
};

static void release(void *state) {
    struct output_collections *all = state;
    free(all->multis);
    judge_map_free(&all->names);
    judge_map_free(&all->bodies);
    judge_map_free(&all->values);
    judge_deque_free(&all->pool);
    judge_deque_free(&all->value_pool);
}

const struct judge_rule inv_output_collections_rule = {
    "output-collections", JUDGE_PER_PARTITION, sizeof(struct output_collections), release};

/* --- what the set-up says -------------------------------------------------------------------- */

static uint64_t hash_of(const char *text) {
    struct wg_bytes bytes = {(const uint8_t *)text, text == NULL ? 0 : (uint32_t)strlen(text)};
    return bytes.len == 0 ? 0 : judge_text_hash(bytes);
}

/* Whether jobs or instances of any body write a variable of that name. */
static bool is_written(const struct multi *multis, uint32_t count, uint64_t name) {
    bool written = name == hash_of(COUNTER);
    for (uint32_t i = 0; i < count; i++) {
        written = written || name == multis[i].result || name == multis[i].item;
    }
    return written;
}

static void judge_which(struct multi *multis, uint32_t count, uint32_t at) {
    struct multi *multi = &multis[at];
    bool takes = multi->collection != 0 && multi->item != 0 && multi->item != hash_of(COUNTER) &&
                 !is_written(multis, count, multi->collection);
    bool collects = multi->output != 0 && multi->result != hash_of(COUNTER) &&
                    !is_written(multis, count, multi->output);
    for (uint32_t i = 0; i < count; i++) {
        takes = takes && multis[i].output != multi->collection;
        collects = collects && multis[i].collection != multi->output &&
                   (i == at || multis[i].output != multi->output);
    }
    multi->takes_known = takes;
    multi->collects_known = collects;
}

static void prepare(const struct sim_judges *b, struct output_collections *all) {
    uint32_t count = b->setup->multi_count;
    all->multis = judge_alloc(count * sizeof *all->multis);
    all->pool.elem = sizeof(struct body);
    all->value_pool.elem = sizeof(struct value);
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_judge_multi *from = &b->setup->multis[i];
        all->multis[i] = (struct multi){.process = hash_of(from->process),
                                        .element = hash_of(from->element),
                                        .collection = hash_of(from->collection),
                                        .item = hash_of(from->item),
                                        .output = hash_of(from->output),
                                        .result = hash_of(from->result)};
        const uint64_t names[] = {all->multis[i].collection, all->multis[i].item,
                                  all->multis[i].output, all->multis[i].result, hash_of(COUNTER)};
        for (uint32_t n = 0; n < sizeof names / sizeof *names; n++) {
            judge_map_put(&all->names, names[n], 1);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        judge_which(all->multis, count, i);
    }
}

/* --- variables ------------------------------------------------------------------------------- */

static uint64_t key_of(wg_key scope, uint64_t name) {
    return ((uint64_t)scope ^ name) * UINT64_C(0xFF51AFD7ED558CCD) ^ (uint64_t)scope;
}

/* A value that nobody has set says nothing: -1, and hashes that nothing has. */
static struct value value_of(const struct output_collections *all, wg_key scope, uint64_t name) {
    uint64_t at;
    struct value unknown = {0, 0, -1, -1, 0};
    if (!judge_map_get(&all->values, key_of(scope, name), &at)) {
        return unknown;
    }
    return *(const struct value *)judge_deque_at(&all->value_pool, (uint32_t)at - 1);
}

static void set_value(struct output_collections *all, const struct judge_detail *detail) {
    uint64_t at;
    uint64_t key = key_of(detail->scope, detail->name);
    if (!judge_map_get(&all->names, detail->name, &at)) {
        return;
    }
    if (!judge_map_get(&all->values, key, &at)) {
        at = all->free_value;
        if (at != 0) {
            all->free_value =
                ((struct value *)judge_deque_at(&all->value_pool, (uint32_t)at - 1))->next_free;
        } else {
            judge_deque_push(&all->value_pool);
            at = all->value_pool.count;
        }
        judge_map_put(&all->values, key, at);
    }
    *(struct value *)judge_deque_at(&all->value_pool, (uint32_t)at - 1) = (struct value){
        detail->content, detail->spread, detail->items, detail->number, 0};
}

static void drop_value(struct output_collections *all, wg_key scope, uint64_t name) {
    uint64_t at;
    uint64_t key = key_of(scope, name);
    if (judge_map_get(&all->values, key, &at)) {
        judge_map_remove(&all->values, key);
        ((struct value *)judge_deque_at(&all->value_pool, (uint32_t)at - 1))->next_free =
            all->free_value;
        all->free_value = (uint32_t)at;
    }
}

/* --- bodies ---------------------------------------------------------------------------------- */

static struct body *body_of(const struct output_collections *all, wg_key key) {
    uint64_t at;
    return key > 0 && judge_map_get(&all->bodies, (uint64_t)key, &at)
               ? judge_deque_at(&all->pool, (uint32_t)at - 1)
               : NULL;
}

static void open_body(struct output_collections *all, const struct judge_record *record,
                      uint32_t multi) {
    uint32_t at = all->free_body;
    if (at != 0) {
        all->free_body = ((struct body *)judge_deque_at(&all->pool, at - 1))->next_free;
    } else {
        judge_deque_push(&all->pool);
        at = all->pool.count;
    }
    struct value input = value_of(all, record->instance, all->multis[multi].collection);
    *(struct body *)judge_deque_at(&all->pool, at - 1) =
        (struct body){.multi = multi, .count = input.items, .input = input.spread};
    judge_map_put(&all->bodies, (uint64_t)record->key, at);
}

static void close_body(struct output_collections *all, wg_key key) {
    struct body *body = body_of(all, key);
    uint64_t at = 0;
    if (body != NULL && judge_map_get(&all->bodies, (uint64_t)key, &at)) {
        drop_value(all, key, all->multis[body->multi].output);
        body->next_free = all->free_body;
        all->free_body = (uint32_t)at;
        judge_map_remove(&all->bodies, (uint64_t)key);
    }
}

/* The body's number in the set-up; multi_count = it is not one of them. */
static uint32_t multi_of(const struct sim_judges *b, const struct output_collections *all,
                         const struct judge_detail *detail) {
    uint32_t i = 0;
    while (i < b->setup->multi_count &&
           (all->multis[i].process != detail->process || all->multis[i].element != detail->name)) {
        i++;
    }
    return i;
}

static void misfits(struct sim_judges *b, wg_partition_id p, const struct judge_record *record,
                    const char *what) {
    judge_violate(b, INV_OUTPUT_COLLECTIONS, SIM_BLAME_ENGINE, p, -1,
                  "record %lld completes a multi-instance body (key %lld), %s",
                  (long long)record->position, (long long)record->key, what);
}

static void check_body(struct sim_judges *b, wg_partition_id p,
                       const struct output_collections *all, const struct judge_record *record,
                       const struct body *body) {
    const struct multi *multi = &all->multis[body->multi];
    if (multi->output == 0) {
        return; /* it is followed only so that what its instances hold is forgotten */
    }
    struct value own = value_of(all, record->key, multi->output);
    struct value handed = value_of(all, record->instance, multi->output);
    if (multi->takes_known && (body->done != body->count || body->entered != body->input)) {
        misfits(b, p, record,
                body->done != body->count
                    ? "but it was not run once for each item of its input collection"
                    : "but its instances did not begin with the items of its input collection");
    }
    if (multi->collects_known && (own.items != body->done || own.spread != body->results)) {
        misfits(b, p, record, "but its output collection does not hold what its instances ended "
                              "with, in the order of the input");
    } else if (multi->collects_known && handed.content != own.content) {
        misfits(b, p, record, "but the scope around it has got another output collection");
    }
}

/* An instance inside a body: what it begins and ends with is known when it has all of its variables. */
static void inner_event(struct output_collections *all, const struct judge_record *record,
                        struct body *body) {
    const struct multi *multi = &all->multis[body->multi];
    const uint64_t counter = hash_of(COUNTER);
    int64_t place = value_of(all, record->key, counter).number;
    if (record->intent == WG_PI_ELEMENT_ACTIVATED) {
        body->entered += judge_spread(place, value_of(all, record->key, multi->item).content);
    } else if (record->intent == WG_PI_ELEMENT_COMPLETED) {
        body->done++;
        body->results += judge_spread(place, value_of(all, record->key, multi->result).content);
    }
    if (record->intent == WG_PI_ELEMENT_COMPLETED || record->intent == WG_PI_ELEMENT_TERMINATED) {
        drop_value(all, record->key, multi->item);
        drop_value(all, record->key, multi->result);
        drop_value(all, record->key, counter);
    }
}

static void drop_instance(const struct sim_judges *b, struct output_collections *all,
                          wg_key instance) {
    for (uint32_t i = 0; i < b->setup->multi_count; i++) {
        const struct multi *multi = &all->multis[i];
        const uint64_t names[] = {multi->collection, multi->item, multi->output, multi->result,
                                  hash_of(COUNTER)};
        for (uint32_t n = 0; n < sizeof names / sizeof *names; n++) {
            drop_value(all, instance, names[n]);
        }
    }
}

static void element_event(struct sim_judges *b, wg_partition_id p, struct output_collections *all,
                          const struct judge_record *record, const struct judge_detail *detail) {
    bool ends = record->intent == WG_PI_ELEMENT_COMPLETED ||
                record->intent == WG_PI_ELEMENT_TERMINATED;
    struct body *around = body_of(all, detail->scope);
    if (around != NULL) {
        inner_event(all, record, around);
    }
    if (detail->body && record->intent == WG_PI_ELEMENT_ACTIVATED) {
        uint32_t multi = multi_of(b, all, detail);
        if (multi < b->setup->multi_count) {
            open_body(all, record, multi);
        }
    } else if (detail->body && ends) {
        const struct body *body = body_of(all, record->key);
        if (body != NULL && record->intent == WG_PI_ELEMENT_COMPLETED) {
            check_body(b, p, all, record, body);
        }
        close_body(all, record->key);
    }
    if (ends && record->key == record->instance) {
        drop_instance(b, all, record->instance);
    }
}

void inv_output_collections_entry(struct sim_judges *b, wg_partition_id p,
                                  const struct judge_entry *entry) {
    if (b->setup->multi_count == 0) {
        return;
    }
    struct output_collections *all = judge_state(b, INV_OUTPUT_COLLECTIONS, p - 1);
    if (all->multis == NULL) {
        prepare(b, all);
    }
    for (uint32_t i = 0; i < entry->count; i++) {
        const struct judge_record *record = &entry->records[i];
        if (record->detail == 0 || record->record_type != WG_EVENT) {
            continue;
        }
        const struct judge_detail *detail = judge_entry_detail(entry, record);
        if (record->value_type == WG_VT_VARIABLE) {
            set_value(all, detail);
        } else if (record->value_type == WG_VT_PROCESS_INSTANCE) {
            element_event(b, p, all, record, detail);
        }
    }
}
