/* Streams of choices.
 *
 * A stream is a splitmix64 generator whose start mixes (seed, concern, entity, occurrence): streams
 * know nothing of each other, so a draw added to one moves no other. `occurrence` counts earlier
 * streams of the same key, so that an entity made again (a broker's next process) does not repeat
 * its first life. Numbers below a bound come from the high half of a 32 by 32 bit product; the bias
 * is at most bound / 2^32.
 *
 * Recording appends (key, site, bound, value) to an array; replay reads values back per key, in the
 * order of that key's choices, whatever other streams do. A value is taken modulo the bound asked
 * for, so an edited or outdated list still means something; a list that runs out yields 0.
 *
 * A choice among one is no choice: it returns 0, takes nothing from the stream, is not recorded. */
#include "sim/kernel/choice.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODE_RECORD 1u
#define MODE_REPLAY 2u
#define FIRST_KEYS 64u /* power of two */
#define NO_KEY UINT32_MAX
#define MILLION 1000000u

/* One (concern, entity): numbered in order of first mention. */
struct key {
    uint64_t entity;
    uint32_t concern;
    uint32_t occurrences; /* streams begun */
    uint32_t *values;     /* to replay */
    uint32_t count, capacity, next;
};

struct choice {
    uint32_t key, site, bound, value;
};

struct sim_choices {
    uint64_t seed;
    uint32_t mode;
    struct key *keys;
    uint32_t key_count;
    uint32_t *table; /* key numbers by hash, for look-up only; power of two of slots */
    uint32_t table_size;
    struct choice *recorded;
    size_t recorded_count, recorded_capacity;
};

static const char *const concern_names[] = {
    [SIM_CONCERN_SCHEDULE] = "schedule", [SIM_CONCERN_LINK] = "link",
    [SIM_CONCERN_DISK] = "disk",         [SIM_CONCERN_ENGINE] = "engine",
    [SIM_CONCERN_CLIENT] = "client",     [SIM_CONCERN_NEMESIS] = "nemesis",
    [SIM_CONCERN_PLUGIN] = "plugin",     [SIM_CONCERN_SINK] = "sink",
    [SIM_CONCERN_WORKLOAD] = "workload", [SIM_CONCERN_FAULT] = "fault"};
#define CONCERNS ((uint32_t)(sizeof concern_names / sizeof concern_names[0]))

static void *must(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void table_clear(struct sim_choices *choices) {
    size_t bytes = choices->table_size * sizeof *choices->table;
    memset(choices->table, 0xFF, bytes); /* NO_KEY everywhere */
}

struct sim_choices *sim_choices_new(uint64_t seed) {
    struct sim_choices *choices = must(calloc(1, sizeof *choices));
    choices->seed = seed;
    choices->table_size = FIRST_KEYS * 2;
    choices->keys = must(malloc(FIRST_KEYS * sizeof *choices->keys));
    choices->table = must(malloc(choices->table_size * sizeof *choices->table));
    table_clear(choices);
    return choices;
}

void sim_choices_free(struct sim_choices *choices) {
    if (choices == NULL) {
        return;
    }
    for (uint32_t i = 0; i < choices->key_count; i++) {
        free(choices->keys[i].values);
    }
    free(choices->keys);
    free(choices->table);
    free(choices->recorded);
    free(choices);
}

/* The slot of the look-up table where this key is or would be. */
static uint32_t *table_slot(struct sim_choices *choices, uint32_t concern, uint64_t entity) {
    uint32_t mask = choices->table_size - 1;
    uint32_t at = (uint32_t)wg_hash_mix(entity, concern) & mask;
    for (;; at = (at + 1) & mask) {
        uint32_t *slot = &choices->table[at];
        if (*slot == NO_KEY || (choices->keys[*slot].entity == entity &&
                                choices->keys[*slot].concern == concern)) {
            return slot;
        }
    }
}

static void table_double(struct sim_choices *choices) {
    uint32_t size = choices->table_size * 2;
    choices->keys = must(realloc(choices->keys, size / 2 * sizeof *choices->keys));
    choices->table = must(realloc(choices->table, size * sizeof *choices->table));
    choices->table_size = size;
    table_clear(choices);
    for (uint32_t i = 0; i < choices->key_count; i++) {
        *table_slot(choices, choices->keys[i].concern, choices->keys[i].entity) = i;
    }
}

static uint32_t key_number(struct sim_choices *choices, uint32_t concern, uint64_t entity) {
    uint32_t *slot = table_slot(choices, concern, entity);
    if (*slot != NO_KEY) {
        return *slot;
    }
    if (choices->key_count == choices->table_size / 2) {
        table_double(choices);
        slot = table_slot(choices, concern, entity);
    }
    uint32_t number = choices->key_count++;
    choices->keys[number] = (struct key){.entity = entity, .concern = concern};
    *slot = number;
    return number;
}

void sim_stream_init(struct sim_stream *stream, struct sim_choices *choices,
                     enum sim_concern concern, uint64_t entity) {
    uint32_t number = key_number(choices, (uint32_t)concern, entity);
    uint64_t occurrence = choices->keys[number].occurrences++;
    uint64_t who = wg_hash_mix(entity, (uint64_t)concern << 32 | occurrence);
    stream->choices = choices;
    stream->state = wg_hash_mix(choices->seed, who);
    stream->id = number;
    stream->concern = (uint32_t)concern;
    stream->entity = entity;
}

static inline uint32_t draw(struct sim_stream *stream, uint32_t bound) {
    uint64_t z = (stream->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)(((z >> 32) * bound) >> 32);
}

static void record(struct sim_choices *choices, struct choice choice) {
    if (choices->recorded_count == choices->recorded_capacity) {
        size_t capacity = choices->recorded_capacity == 0 ? 4096 : choices->recorded_capacity * 2;
        choices->recorded =
            must(realloc(choices->recorded, capacity * sizeof *choices->recorded));
        choices->recorded_capacity = capacity;
    }
    choices->recorded[choices->recorded_count++] = choice;
}

static uint32_t replay_next(struct key *key, uint32_t bound) {
    if (key->next == key->count) {
        return 0;
    }
    return key->values[key->next++] % bound;
}

static uint32_t choose_watched(struct sim_stream *stream, uint32_t site, uint32_t bound) {
    struct sim_choices *choices = stream->choices;
    uint32_t value = (choices->mode & MODE_REPLAY) != 0
                         ? replay_next(&choices->keys[stream->id], bound)
                         : draw(stream, bound);
    if ((choices->mode & MODE_RECORD) != 0) {
        record(choices, (struct choice){stream->id, site, bound, value});
    }
    return value;
}

uint32_t sim_choose(struct sim_stream *stream, uint32_t site, uint32_t bound) {
    if (bound <= 1) {
        return 0;
    }
    if (__builtin_expect(stream->choices->mode != 0, 0)) {
        return choose_watched(stream, site, bound);
    }
    return draw(stream, bound);
}

bool sim_chance(struct sim_stream *stream, uint32_t site, uint32_t per_million) {
    if (per_million == 0) {
        return false;
    }
    if (per_million >= MILLION) {
        return true;
    }
    return sim_choose(stream, site, MILLION) >= MILLION - per_million;
}

int64_t sim_between(struct sim_stream *stream, uint32_t site, int64_t low, int64_t high) {
    if (high <= low) {
        return low;
    }
    uint64_t span = (uint64_t)high - (uint64_t)low;
    unsigned shift = 0; /* spans of more than 32 bits are drawn in coarser steps */
    while ((span >> shift) >= UINT32_MAX) {
        shift++;
    }
    uint64_t steps = sim_choose(stream, site, (uint32_t)(span >> shift) + 1);
    return (int64_t)((uint64_t)low + (steps << shift));
}

int64_t sim_exponential(struct sim_stream *stream, uint32_t site, int64_t mean) {
    if (mean <= 0) {
        return 0;
    }
    /* -ln(w / 2^20) for w uniform in [1, 2^20] is ln 2 * (20 - log2 w). The whole part of the
     * logarithm is a count of bits; its fraction f is close to f + 0.3431 f (1 - f). */
    uint32_t w = (1u << 20) - sim_choose(stream, site, 1u << 20);
    unsigned whole = 31u - (unsigned)__builtin_clz(w);
    uint64_t f = ((uint64_t)w << (20 - whole)) - (1u << 20);
    f += ((f * ((1u << 20) - f)) >> 20) * 22485 >> 16;
    uint64_t halvings = ((uint64_t)(20 - whole) << 20) - f; /* in 1 / 2^20 */
    uint64_t factor = halvings * 45426 >> 20;               /* times ln 2, in 1 / 2^16 */
    if (factor > 8u << 16) {
        factor = 8u << 16;
    }
    return (int64_t)((unsigned __int128)(uint64_t)mean * factor >> 16);
}

void sim_choices_record(struct sim_choices *choices) { choices->mode |= MODE_RECORD; }

bool sim_choices_save(const struct sim_choices *choices, const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    for (size_t i = 0; i < choices->recorded_count; i++) {
        const struct choice *choice = &choices->recorded[i];
        const struct key *key = &choices->keys[choice->key];
        fprintf(file, "%s %" PRIu64 " %" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
                concern_names[key->concern], key->entity, choice->site, choice->bound,
                choice->value);
    }
    bool written = ferror(file) == 0;
    return fclose(file) == 0 && written;
}

static uint32_t concern_find(const char *name) {
    for (uint32_t i = 1; i < CONCERNS; i++) {
        if (strcmp(concern_names[i], name) == 0) {
            return i;
        }
    }
    return 0;
}

static void key_append(struct key *key, uint32_t value) {
    if (key->count == key->capacity) {
        key->capacity = key->capacity == 0 ? 16 : key->capacity * 2;
        key->values = must(realloc(key->values, key->capacity * sizeof *key->values));
    }
    key->values[key->count++] = value;
}

/* One line of a recording; NULL = fine (also when blank or a comment), else what is wrong. */
static const char *load_line(struct sim_choices *choices, const char *line) {
    line += strspn(line, " \t\r\n");
    if (*line == '\0' || *line == '#') {
        return NULL;
    }
    char name[16];
    char rest[2];
    uint64_t entity = 0;
    uint32_t site = 0, bound = 0, value = 0;
    int fields = sscanf(line, "%15s %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %1s", name,
                        &entity, &site, &bound, &value, rest);
    if (fields != 5) {
        return "expected: concern entity site bound value";
    }
    uint32_t concern = concern_find(name);
    if (concern == 0) {
        return "unknown concern";
    }
    if (bound == 0) {
        return "bound must be at least 1";
    }
    key_append(&choices->keys[key_number(choices, concern, entity)], value);
    return NULL;
}

bool sim_choices_load(struct sim_choices *choices, const char *path, char *message, size_t size) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(message, size, "%s: cannot be read", path);
        return false;
    }
    char line[256];
    const char *wrong = NULL;
    unsigned long number = 0;
    while (wrong == NULL && fgets(line, sizeof line, file) != NULL) {
        number++;
        wrong = strchr(line, '\n') == NULL && !feof(file) ? "line too long"
                                                          : load_line(choices, line);
    }
    bool read_error = ferror(file) != 0;
    fclose(file);
    if (wrong != NULL) {
        snprintf(message, size, "%s:%lu: %s", path, number, wrong);
        return false;
    }
    if (read_error) {
        snprintf(message, size, "%s: cannot be read", path);
        return false;
    }
    choices->mode |= MODE_REPLAY;
    return true;
}
