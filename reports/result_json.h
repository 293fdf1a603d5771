/* One run as JSON, both ways: the object of `runs[]`, and the one-line form in which a worker
 * hands it to its parent. Wall time is not part of it. */
#ifndef WG_REPORTS_RESULT_JSON_H
#define WG_REPORTS_RESULT_JSON_H

#include "reports/result.h"

#include <stddef.h>

struct json_t;

/* A new reference. */
struct json_t *wg_run_result_to_json(const struct wg_run_result *result);
/* Fills *ret_result, which the caller frees; false when it is not such an object. */
bool wg_run_result_from_json(const struct json_t *object, struct wg_run_result *ret_result);

/* One line without the newline, freed by the caller. */
char *wg_run_result_to_line(const struct wg_run_result *result);
bool wg_run_result_from_line(const char *line, size_t len, struct wg_run_result *ret_result);

/* A JSON string whatever the bytes are: what is not UTF-8 becomes U+FFFD. NULL gives null. */
struct json_t *wg_json_text(const char *text);

#endif
