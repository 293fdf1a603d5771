/* Names of the quirks. */
#include "waggle/quirks.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name, *effect;
} quirks[WG_QUIRK_COUNT] = {
#define WG_QUIRK_TEXT(id, text, what) {text, what},
    WG_QUIRK_MAP(WG_QUIRK_TEXT)
#undef WG_QUIRK_TEXT
};

const char *wg_quirk_name(enum wg_quirk quirk) { return quirks[quirk].name; }
const char *wg_quirk_effect(enum wg_quirk quirk) { return quirks[quirk].effect; }

int wg_quirk_find(const char *name) {
    for (int quirk = 0; quirk < WG_QUIRK_COUNT; quirk++) {
        if (strcmp(quirks[quirk].name, name) == 0) {
            return quirk;
        }
    }
    return -1;
}
