/* A shared object loaded from a private copy of its file. */
#ifndef WG_EXPORTERS_PRIVATE_COPY_H
#define WG_EXPORTERS_PRIVATE_COPY_H

#include "exporters/loader/loader.h"

struct wg_private_copy {
    int fd;       /* of the copy; it stays open while the library is loaded */
    void *handle; /* of dlopen */
};

/* On failure `reason` says why and nothing is left behind. */
enum wg_loader_code wg_private_copy_load(const char *path, struct wg_private_copy *ret_copy,
                                         char *reason, size_t size);
void *wg_private_copy_symbol(const struct wg_private_copy *copy, const char *name);
void wg_private_copy_unload(struct wg_private_copy *copy);

#endif
