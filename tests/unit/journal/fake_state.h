/* A state that is one number; its encoded form is `bytes` long and follows from the number. */
#ifndef TESTS_UNIT_JOURNAL_FAKE_STATE_H
#define TESTS_UNIT_JOURNAL_FAKE_STATE_H

#include "seams/exporter_rows.h"

struct wg_state {
    struct wg_env *env;
    uint32_t number;
    uint32_t bytes; /* encoded, at least 4 */
    wg_position lowest_exported;
};

#endif
