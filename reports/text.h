/* Small helpers of the writers: names of enums, numbers as people read them, UTF-8. */
#ifndef WG_REPORTS_TEXT_H
#define WG_REPORTS_TEXT_H

#include "reports/result.h"

#include <stddef.h>
#include <stdio.h>

#define WG_CAUSE_COUNT 8

const char *wg_verdict_name(enum wg_verdict verdict);
/* -1 if unknown */
int wg_verdict_find(const char *name);
/* Name of a cause of duplicates (enum sim_duplicate_cause), or NULL for an unused number. */
const char *wg_cause_name(uint32_t cause);
/* count in total, per million; 0 when total is 0. */
uint64_t wg_per_million(uint64_t count, uint64_t total);
/* "0.0123%" */
void wg_format_ratio(uint64_t per_million, char *out, size_t size);
/* "12.3 MiB", "2m30s", "1,234,567" */
void wg_format_bytes(uint64_t bytes, char *out, size_t size);
void wg_format_time(int64_t ns, char *out, size_t size);
void wg_format_count(uint64_t count, char *out, size_t size);
/* Length of the UTF-8 character at `text` (at most `len` bytes), or 0 if it is not one. */
size_t wg_utf8_length(const char *text, size_t len);
/* Text safe for a terminal: control characters and bytes that are not UTF-8 become '?'. */
void wg_print_safe(const char *text, FILE *out);

#endif
