/* What a failed assertion does; see assert.h. */
#include "base/assert.h"

#include "base/hash.h"

#include <string.h>

/* From "engine/" on, so that the text is the same wherever the tree lies. */
static const char *in_tree(const char *file) {
    static const char top[] = "engine/";
    const char *name = file;
    for (const char *at = file; *at != 0; at++) {
        if (strncmp(at, top, sizeof top - 1) == 0) {
            name = at;
        }
    }
    return name;
}

void wg_assertion_failed(struct wg_env *env, const char *file, int line, const char *what) {
    file = in_tree(file);
    if ((env->flags & WG_ENV_ASSERTIONS_REPORT) == 0) {
        env->ops->panic(env, file, line, what);
    }
    wg_claim(env, WG_CLAIM_ASSERTION, 0, (uint64_t)line, wg_hash_bytes(file, strlen(file), 0), 0,
             0);
}
