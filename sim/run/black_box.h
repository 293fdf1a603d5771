/* What a worker was doing, readable from outside after it died or fell silent. A plain struct in
 * memory shared with the parent: the runner writes it as it goes, the parent only reads. */
#ifndef SIM_RUN_BLACK_BOX_H
#define SIM_RUN_BLACK_BOX_H

#include <stdint.h>

#define SIM_BLACK_BOX_EXPORTER 96
#define SIM_BLACK_BOX_ASSERTION 320

struct sim_black_box {
    uint64_t seed;
    int64_t sim_ns;     /* virtual time of the event being handled; must move for a run to live */
    uint32_t in_call;   /* 1 while foreign or exporter code runs; written last on entry */
    uint32_t call_kind; /* enum wg_plugin_call_kind */
    int64_t position;   /* of the record being exported, -1 = none */
    char exporter[SIM_BLACK_BOX_EXPORTER]; /* its id, NUL-terminated, cut if longer */
    uint64_t memory_bytes; /* not 0: the process was ended because plugins had taken so much */
    /* The engine's assertion that ended the process: "file:line: what"; empty = none did. */
    char assertion[SIM_BLACK_BOX_ASSERTION];
    int64_t assertion_at; /* virtual ns since the end of warm-up */
    uint32_t assertion_partition; /* 0 = outside of any job */
};

#endif
