/* The invariants by id, with what docs/INVARIANTS.md says about them. */
#ifndef SIM_SCENARIO_INVARIANT_TABLE_H
#define SIM_SCENARIO_INVARIANT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_INVARIANTS_MAX 128

/* Number of invariants, at most SIM_INVARIANTS_MAX. */
uint32_t sim_invariant_count(void);
/* Id of number `i`, in the order of the page; valid for ever. */
const char *sim_invariant_id(uint32_t i);
/* What must hold, one paragraph without a newline at its end; not NUL-terminated. */
const char *sim_invariant_statement(uint32_t i, int *ret_len);
/* Number of the invariant called `id`, or -1. */
int sim_invariant_find(const char *id);
/* All that the page says of number `i`. */
void sim_invariant_print(uint32_t i, FILE *out);

#endif
