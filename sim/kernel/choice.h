/* The one door for choices (DESIGN D3): numbers from named streams. Each stream is its own
 * generator keyed by (seed, concern, entity), so a new draw in one moves no other. 0 is always the
 * dullest outcome; a replayed list that runs out yields 0. */
#ifndef SIM_KERNEL_CHOICE_H
#define SIM_KERNEL_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_concern {
    SIM_CONCERN_SCHEDULE = 1,
    SIM_CONCERN_LINK,
    SIM_CONCERN_DISK,
    SIM_CONCERN_ENGINE,
    SIM_CONCERN_CLIENT,
    SIM_CONCERN_NEMESIS,
    SIM_CONCERN_PLUGIN,
    SIM_CONCERN_SINK,
    SIM_CONCERN_WORKLOAD,
    SIM_CONCERN_FAULT
};

struct sim_choices; /* all streams of a run; owns recording and replay */

struct sim_stream {
    struct sim_choices *choices;
    uint64_t state;
    uint32_t id;    /* order of creation, for recordings */
    uint32_t concern;
    uint64_t entity;
};

struct sim_choices *sim_choices_new(uint64_t seed);
void sim_choices_free(struct sim_choices *choices);
/* A stream; `entity` distinguishes links, disks, clients. Creation order must be deterministic: a
 * second stream of the same key does not repeat the first, it draws numbers of its own. */
void sim_stream_init(struct sim_stream *stream, struct sim_choices *choices,
                     enum sim_concern concern, uint64_t entity);
/* A number in [0, bound), bound >= 1. `site` is a stable number or hash of a site name. */
uint32_t sim_choose(struct sim_stream *stream, uint32_t site, uint32_t bound);
/* True with probability per_million / 1e6; false is the dull one. */
bool sim_chance(struct sim_stream *stream, uint32_t site, uint32_t per_million);
/* An integer time in [low, high]; low is the dull one. */
int64_t sim_between(struct sim_stream *stream, uint32_t site, int64_t low, int64_t high);
/* Roughly exponential with that mean, integer arithmetic only, at most 8 x mean. */
int64_t sim_exponential(struct sim_stream *stream, uint32_t site, int64_t mean);

/* Recording: off by default. Text form: one "stream-concern entity site bound value" line each. */
void sim_choices_record(struct sim_choices *choices);
bool sim_choices_save(const struct sim_choices *choices, const char *path);
/* Replays from a file instead of the seed. false and a message on bad input. */
bool sim_choices_load(struct sim_choices *choices, const char *path, char *message, size_t size);

#endif
