/* Points in time as Jackson writes Java's Instant: ISO text, or epoch seconds as a number. Private
 * to codec/. */
#ifndef WG_CODEC_JSON_INSTANT_H
#define WG_CODEC_JSON_INSTANT_H

#include "codec/backup_manifest.h"
#include "codec/json.h"

/* False: not of that form, or outside 1970 to 9999. */
bool wg_instant_from_iso(struct wg_bytes text, struct wg_instant *ret_instant);
/* "1700000000.123456789", up to nine digits behind the point, no exponent. */
bool wg_instant_from_number(struct wg_bytes text, struct wg_instant *ret_instant);
bool wg_instant_is_valid(const struct wg_instant *instant);
/* In quotes; the fraction has 0, 3, 6 or 9 digits, as few as hold it. */
void wg_text_iso_instant(struct wg_text *text, const struct wg_instant *instant);
/* Always with nine digits behind the point. */
void wg_text_number_instant(struct wg_text *text, const struct wg_instant *instant);

#endif
