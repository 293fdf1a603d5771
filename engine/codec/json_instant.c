/* See json_instant.h. Dates are those of the Gregorian calendar, UTC; a leap second cannot be
 * written, as in Java. */
#include "codec/json_instant.h"

enum {
    DAY_SECONDS = 86400,
    NANO_DIGITS = 9,
    DAYS_TO_1970 = 719468, /* from 1 March of year 0 */
    ERA_DAYS = 146097      /* 400 years */
};

#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* --- days ------------------------------------------------------------------------------------ */

/* Days since 1970 of a date; years are counted from March, so that a leap day comes last. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static void date_from_days(int64_t days, int64_t date[3]) {
    days += DAYS_TO_1970;
    int64_t era = days / ERA_DAYS;
    int64_t of_era = days - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    date[2] = of_year - (153 * month + 2) / 5 + 1;
    date[1] = month < 10 ? month + 3 : month - 9;
    date[0] = year + era * 400 + (date[1] <= 2);
}

/* --- read ------------------------------------------------------------------------------------ */

/* `width` digits at *at; -1 if they are none. */
static int64_t take_digits(struct wg_bytes text, uint32_t *at, uint32_t width) {
    int64_t number = 0;
    if (text.len - *at < width) {
        return -1;
    }
    for (uint32_t i = 0; i < width; i++) {
        uint8_t c = text.ptr[(*at)++];
        if (c < '0' || c > '9') {
            return -1;
        }
        number = 10 * number + (c - '0');
    }
    return number;
}

static bool take_char(struct wg_bytes text, uint32_t *at, char c) {
    bool there = *at < text.len && text.ptr[*at] == (uint8_t)c;
    *at += there;
    return there;
}

/* An optional point and up to nine digits, at least one. */
static bool take_fraction(struct wg_bytes text, uint32_t *at, uint32_t *ret_nanos) {
    uint32_t nanos = 0;
    uint32_t count = 0;
    if (!take_char(text, at, '.')) {
        *ret_nanos = 0;
        return true;
    }
    while (*at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9') {
        if (count++ == NANO_DIGITS) {
            return false;
        }
        nanos = 10 * nanos + (uint32_t)(text.ptr[(*at)++] - '0');
    }
    for (uint32_t i = count; i < NANO_DIGITS; i++) {
        nanos *= 10;
    }
    *ret_nanos = nanos;
    return count > 0;
}

static bool is_date(int64_t year, int64_t month, int64_t day) {
    if (year < 1970 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    int64_t again[3];
    date_from_days(days_from_date(year, month, day), again);
    return again[0] == year && again[1] == month && again[2] == day;
}

bool wg_instant_from_iso(struct wg_bytes text, struct wg_instant *ret_instant) {
    static const uint32_t widths[] = {4, 2, 2, 2, 2, 2};
    static const char behind[] = "--T::"; /* the last number may have a fraction */
    int64_t parts[6];
    uint32_t at = 0;
    struct wg_instant instant;
    for (uint32_t i = 0; i < 6; i++) {
        parts[i] = take_digits(text, &at, widths[i]);
        if (parts[i] < 0 || (i < 5 && !take_char(text, &at, behind[i]))) {
            return false;
        }
    }
    if (!take_fraction(text, &at, &instant.nanos) || !take_char(text, &at, 'Z') || at != text.len ||
        !is_date(parts[0], parts[1], parts[2]) || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) {
        return false;
    }
    instant.seconds = days_from_date(parts[0], parts[1], parts[2]) * DAY_SECONDS +
                      parts[3] * 3600 + parts[4] * 60 + parts[5];
    *ret_instant = instant;
    return true;
}

bool wg_instant_from_number(struct wg_bytes text, struct wg_instant *ret_instant) {
    struct wg_instant instant = {0, 0};
    uint32_t at = 0;
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') {
        instant.seconds = 10 * instant.seconds + (text.ptr[at++] - '0');
        if (instant.seconds > LAST_SECOND) {
            return false;
        }
    }
    if (at == 0 || !take_fraction(text, &at, &instant.nanos) || at != text.len) {
        return false;
    }
    *ret_instant = instant;
    return true;
}

bool wg_instant_is_valid(const struct wg_instant *instant) {
    return instant->seconds >= 0 && instant->seconds <= LAST_SECOND &&
           instant->nanos < 1000000000u;
}

/* --- write ----------------------------------------------------------------------------------- */

/* With zeros in front, to `width` digits; what lies above them is left out. */
static void put_digits(struct wg_text *text, int64_t number, uint32_t width) {
    char digits[NANO_DIGITS];
    for (uint32_t i = width; i > 0; i--) {
        digits[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    wg_text_put(text, digits, width);
}

void wg_text_iso_instant(struct wg_text *text, const struct wg_instant *instant) {
    int64_t date[3];
    int64_t of_day = instant->seconds % DAY_SECONDS;
    date_from_days(instant->seconds / DAY_SECONDS, date);
    wg_text_literal(text, "\"");
    put_digits(text, date[0], 4);
    wg_text_literal(text, "-");
    put_digits(text, date[1], 2);
    wg_text_literal(text, "-");
    put_digits(text, date[2], 2);
    wg_text_literal(text, "T");
    put_digits(text, of_day / 3600, 2);
    wg_text_literal(text, ":");
    put_digits(text, of_day / 60 % 60, 2);
    wg_text_literal(text, ":");
    put_digits(text, of_day % 60, 2);
    if (instant->nanos != 0) {
        bool millis = instant->nanos % 1000000u == 0;
        bool micros = instant->nanos % 1000u == 0;
        wg_text_literal(text, ".");
        put_digits(text, instant->nanos / (millis ? 1000000u : micros ? 1000u : 1u),
                   millis ? 3 : micros ? 6 : 9);
    }
    wg_text_literal(text, "Z\"");
}

void wg_text_number_instant(struct wg_text *text, const struct wg_instant *instant) {
    wg_text_int(text, instant->seconds);
    wg_text_literal(text, ".");
    put_digits(text, instant->nanos, NANO_DIGITS);
}
