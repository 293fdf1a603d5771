/* A results.json, or the run directory that holds one, back to results. Strict: what is not
 * exactly such a file is refused, so that nobody compares apples with half an apple. */
#ifndef WG_REPORTS_RESULT_FILE_H
#define WG_REPORTS_RESULT_FILE_H

#include "reports/result.h"

#include <stddef.h>

/* Of the object in results.json. */
#define WG_RESULT_SCHEMA "waggle.result/1"

struct wg_result_file {
    char *version; /* of the waggle that wrote it */
    struct wg_run_result *runs;
    uint32_t run_count;
};

/* false with a sentence in `message`; *ret_file is empty then. */
bool wg_result_file_read(const char *path, struct wg_result_file *ret_file, char *message,
                         size_t size);
/* Zeroed is fine. */
void wg_result_file_done(struct wg_result_file *file);

#endif
