/* What a run has reached: which records were written (record type, value type, intent), which
 * rejections, and which states of which elements. Counts exported records, those that came twice
 * twice; only asked for, a run's hash does not know of it. */
#ifndef SIM_RUN_COVERAGE_H
#define SIM_RUN_COVERAGE_H

#include "waggle/record.h"

struct sim_coverage;

struct sim_coverage *sim_coverage_new(void);
void sim_coverage_free(struct sim_coverage *coverage); /* NULL is allowed */
void sim_coverage_record(struct sim_coverage *coverage, const struct wg_record *record);
/* Calls for each that is not zero, in a fixed order, with names such as "EVENT.JOB.CREATED",
 * "REJECTED.NOT_FOUND" and "ELEMENT.SERVICE_TASK.ELEMENT_ACTIVATED". */
void sim_coverage_each(const struct sim_coverage *coverage,
                       void (*each)(void *ctx, const char *name, uint64_t count), void *ctx);

#endif
