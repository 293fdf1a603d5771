/* Errors found in one scenario file, with the places they belong to, and how they are shown. */
#ifndef SIM_SCENARIO_DIAGNOSTICS_H
#define SIM_SCENARIO_DIAGNOSTICS_H

#include "sim/scenario/scenario_errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_DIAGNOSTICS_SHOWN 20

struct sim_diagnostic {
    uint32_t line, column; /* from 1; column counts characters */
    uint32_t code;         /* enum sim_scenario_error */
    bool warning;          /* the scenario can run all the same */
    char path[120];        /* "faults[0].for", empty = the file as a whole */
    char message[200];
    char help[200];        /* empty = none */
};

struct sim_diagnostics {
    char *file;   /* as named by the user */
    char *source; /* text of the file or NULL; NUL-terminated */
    size_t source_len;
    struct sim_diagnostic entries[SIM_DIAGNOSTICS_SHOWN];
    uint32_t count;   /* entries kept, warnings among them */
    uint32_t dropped; /* found beyond those */
    uint32_t errors;  /* entries that are no warnings, kept or not */
};

/* Zero-initialise with {0} before loading; done frees and leaves it ready for the next file. */
void sim_diagnostics_done(struct sim_diagnostics *diagnostics);

/* Adds an error; fills path, message and help by printf. help_format may be NULL. Errors are kept
 * in the order of the file once sorted. */
struct sim_diagnostic *sim_diagnostics_add(struct sim_diagnostics *diagnostics, uint32_t code,
                                           uint32_t line, uint32_t column, const char *path,
                                           const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Makes the entry that was added last a warning. */
void sim_diagnostics_only_warn(struct sim_diagnostics *diagnostics, struct sim_diagnostic *last);
void sim_diagnostic_help(struct sim_diagnostic *diagnostic, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sorts by place and writes, for each: `file:line:col: error[WG0107]: path: message`, the source
 * line, a caret, `help: ...`. */
void sim_diagnostics_print(struct sim_diagnostics *diagnostics, FILE *out);

/* The candidate nearest to `word` if it is near enough to be meant, else NULL. */
const char *sim_nearest(const char *word, const char *const *candidates, size_t count);

#endif
