/* See host_env.h. */
#include "sim/cli/host_env.h"

#include "sim/cli/cli.h"

#include <stdlib.h>

static void *host_alloc(struct wg_env *env, size_t size) {
    (void)env;
    void *ptr = malloc(size == 0 ? 1 : size);
    if (ptr == NULL) {
        fputs("waggle: out of memory\n", stderr);
        exit(CLI_INTERNAL);
    }
    return ptr;
}

static void host_free(struct wg_env *env, void *ptr, size_t size) {
    (void)env, (void)size;
    free(ptr);
}

static uint32_t host_choose(struct wg_env *env, wg_partition_id partition,
                            enum wg_choice_site site, uint32_t bound) {
    (void)env, (void)partition, (void)site, (void)bound;
    return 0;
}

static void host_emit(struct wg_env *env, const struct wg_effect *effect) {
    (void)env, (void)effect;
}

static void host_claim(struct wg_env *env, const struct wg_claim *claim) {
    (void)env, (void)claim;
}

static __attribute__((noreturn)) void host_panic(struct wg_env *env, const char *file, int line,
                                                 const char *what) {
    (void)env;
    fprintf(stderr, "waggle: %s:%d: %s\n", file, line, what);
    exit(CLI_INTERNAL);
}

struct wg_env cli_host_env(void) {
    static const struct wg_env_ops ops = {.alloc = host_alloc,
                                          .free = host_free,
                                          .choose = host_choose,
                                          .emit = host_emit,
                                          .claim = host_claim,
                                          .panic = host_panic};
    return (struct wg_env){.ops = &ops};
}
