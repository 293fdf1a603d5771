/* The shortest decimal text of a double, exactly (Steele and White, as refined by Dragon4), in big
 * integers: no floating-point step takes part, so the text is the same on every machine.
 *
 * With v = r / s, the digits are those of the shortest number strictly between the neighbours
 * (r - m_low) / s and (r + m_high) / s; for an even mantissa the borders count as inside.
 * Layout is Java's: 1.0, 0.001, 1.0E7, 1.5E-10. */
#include "codec/json.h"

#include <string.h>

enum {
    LIMBS = 36, /* 2^1077 and a few decimal digits more */
    MAX_DIGITS = 20,
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1075
};

struct big {
    uint32_t limb[LIMBS]; /* least first */
};

static void big_set(struct big *b, uint64_t value) {
    memset(b, 0, sizeof *b);
    b->limb[0] = (uint32_t)value;
    b->limb[1] = (uint32_t)(value >> 32);
}

static void big_times(struct big *b, uint32_t factor) {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)b->limb[i] * factor;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static void big_shift(struct big *b, uint32_t bits) {
    for (; bits >= 31; bits -= 31) {
        big_times(b, 1u << 31);
    }
    big_times(b, 1u << bits);
}

static void big_power_of_ten(struct big *b, uint32_t power) {
    for (; power >= 9; power -= 9) {
        big_times(b, 1000000000u);
    }
    for (; power > 0; power--) {
        big_times(b, 10);
    }
}

static int big_compare(const struct big *a, const struct big *b) {
    for (uint32_t i = LIMBS; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

static void big_add(struct big *a, const struct big *b) {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)a->limb[i] + b->limb[i];
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* a must not be less than b. */
static void big_subtract(struct big *a, const struct big *b) {
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < LIMBS; i++) {
        uint64_t difference = (uint64_t)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

struct fraction {
    struct big r, s, m_low, m_high;
    bool even;
};

/* r + m_high compared with s: whether rounding up reaches the next digit. */
static bool reaches_up(const struct fraction *f) {
    struct big sum = f->r;
    big_add(&sum, &f->m_high);
    int order = big_compare(&sum, &f->s);
    return order > 0 || (order == 0 && f->even);
}

static bool reaches_down(const struct fraction *f) {
    int order = big_compare(&f->r, &f->m_low);
    return order < 0 || (order == 0 && f->even);
}

static void fraction_times_ten(struct fraction *f) {
    big_times(&f->r, 10);
    big_times(&f->m_low, 10);
    big_times(&f->m_high, 10);
}

/* v = mantissa * 2^exponent as r / s with the half distances to its neighbours. */
static void fraction_init(struct fraction *f, uint64_t mantissa, int32_t exponent, bool narrow) {
    uint32_t up = exponent > 0 ? (uint32_t)exponent : 0;
    uint32_t down = exponent < 0 ? (uint32_t)-exponent : 0;
    uint32_t extra = narrow ? 2 : 1; /* below a power of two the distance is half */
    big_set(&f->r, mantissa);
    big_shift(&f->r, up + extra);
    big_set(&f->s, 1);
    big_shift(&f->s, down + extra);
    big_set(&f->m_low, 1);
    big_shift(&f->m_low, up);
    big_set(&f->m_high, 1);
    big_shift(&f->m_high, up + extra - 1);
    f->even = mantissa % 2 == 0;
}

/* Scales so that v = 0.d1d2d3... * 10^k; returns k. */
static int32_t fraction_scale(struct fraction *f, uint64_t mantissa, int32_t exponent) {
    int32_t bits = 64 - __builtin_clzll(mantissa);
    int32_t log2 = exponent + bits - 1;
    int32_t k = (log2 * 30103 - (log2 < 0 ? 99999 : 0)) / 100000; /* at most the true one */
    if (k >= 0) {
        big_power_of_ten(&f->s, (uint32_t)k);
    } else {
        big_power_of_ten(&f->r, (uint32_t)-k);
        big_power_of_ten(&f->m_low, (uint32_t)-k);
        big_power_of_ten(&f->m_high, (uint32_t)-k);
    }
    while (reaches_up(f)) {
        big_times(&f->s, 10);
        k++;
    }
    return k;
}

static uint32_t fraction_digits(struct fraction *f, char digits[MAX_DIGITS]) {
    uint32_t count = 0;
    for (;;) {
        fraction_times_ten(f);
        uint32_t digit = 0;
        while (big_compare(&f->r, &f->s) >= 0) {
            big_subtract(&f->r, &f->s);
            digit++;
        }
        bool down = reaches_down(f);
        bool up = reaches_up(f);
        if (down || up || count == MAX_DIGITS - 1) {
            struct big twice = f->r;
            big_add(&twice, &f->r);
            bool round_up = up && (!down || big_compare(&twice, &f->s) >= 0);
            digits[count++] = (char)('0' + digit + round_up);
            return count;
        }
        digits[count++] = (char)('0' + digit);
    }
}

/* `count` digits of `digits` (0 behind their end), at least one. */
static void put_digits(struct wg_text *text, const char *digits, uint32_t from, uint32_t to,
                       uint32_t count) {
    for (uint32_t i = from; i < to || i == from; i++) {
        wg_text_put(text, i < count ? &digits[i] : "0", 1);
    }
}

/* v = 0.digits * 10^k */
static void put_layout(struct wg_text *text, const char *digits, uint32_t count, int32_t k) {
    if (k > 7 || k < -2) {
        wg_text_put(text, digits, 1);
        wg_text_literal(text, ".");
        put_digits(text, digits, 1, count, count);
        wg_text_literal(text, "E");
        wg_text_int(text, k - 1);
    } else if (k > 0) {
        put_digits(text, digits, 0, (uint32_t)k, count);
        wg_text_literal(text, ".");
        put_digits(text, digits, (uint32_t)k, count, count);
    } else {
        wg_text_literal(text, "0.");
        wg_text_put(text, "00", (size_t)-k);
        put_digits(text, digits, 0, count, count);
    }
}

void wg_text_double(struct wg_text *text, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t mantissa = bits & (((uint64_t)1 << MANTISSA_BITS) - 1);
    int32_t biased = (int32_t)(bits >> MANTISSA_BITS & 0x7ff);
    bool negative = bits >> 63 != 0;
    if (biased == 0x7ff) {
        const char *name = mantissa != 0 ? "\"NaN\"" : negative ? "\"-Infinity\"" : "\"Infinity\"";
        wg_text_put(text, name, strlen(name));
        return;
    }
    if (negative) {
        wg_text_literal(text, "-");
    }
    if (mantissa == 0 && biased == 0) {
        wg_text_literal(text, "0.0");
        return;
    }
    bool narrow = mantissa == 0 && biased > 1;
    if (biased > 0) {
        mantissa |= (uint64_t)1 << MANTISSA_BITS;
    }
    int32_t exponent = (biased > 0 ? biased : 1) - EXPONENT_BIAS;
    struct fraction f;
    char digits[MAX_DIGITS];
    fraction_init(&f, mantissa, exponent, narrow);
    int32_t k = fraction_scale(&f, mantissa, exponent);
    uint32_t count = fraction_digits(&f, digits);
    put_layout(text, digits, count, k);
}
