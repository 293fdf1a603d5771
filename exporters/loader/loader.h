/* Finds the plugin table of every configured exporter: built in, or from a shared object. This is
 * the only place that loads foreign code.
 *
 * One loader per broker incarnation. Each library path is loaded once per loader, as a private
 * copy, so that its globals are fresh after a restart and no two brokers share them; exporters of
 * one broker that name the same path share the copy, as they would in one process. */
#ifndef WG_EXPORTERS_LOADER_H
#define WG_EXPORTERS_LOADER_H

#include "waggle/exporter.h"

#include <stddef.h>

/* Stable: reports and exit codes depend on these. */
enum wg_loader_code {
    WG_LOADER_OK = 0,
    WG_LOADER_DUPLICATE_ID = 1,
    WG_LOADER_UNKNOWN_TYPE = 2,
    WG_LOADER_MISSING = 3,           /* missing or unreadable */
    WG_LOADER_NOT_SHARED_OBJECT = 4, /* or one that the system cannot load */
    WG_LOADER_NO_SYMBOL = 5,
    WG_LOADER_ABI_MISMATCH = 6,      /* major, table size, a required function, or refused */
    WG_LOADER_CREATE_FAILED = 7,
    WG_LOADER_CONFIGURE_FAILED = 8
};

/* What is configured; exactly one of type and path is set. */
struct wg_exporter_spec {
    const char *id;
    const char *type; /* of a built-in exporter */
    const char *path; /* of a shared object */
};

struct wg_loader;

struct wg_loader *wg_loader_new(void);
/* Unloads the libraries: every instance must have been destroyed. NULL is allowed. */
void wg_loader_free(struct wg_loader *loader);

/* Ids must be unique. On failure `message` says which one is not. */
enum wg_loader_code wg_loader_check_ids(const struct wg_exporter_spec *specs, uint32_t count,
                                        char *message, size_t size);
/* The plugin of `spec`; valid until wg_loader_free. On failure `message` tells the user why. */
enum wg_loader_code wg_loader_find(struct wg_loader *loader, const struct wg_exporter_spec *spec,
                                   const struct wg_exporter_plugin **ret_plugin, char *message,
                                   size_t size);
/* Writes the message of a failure after loading (CREATE_FAILED, CONFIGURE_FAILED) and returns
 * `code`; `reason` may be empty. */
enum wg_loader_code wg_loader_refuse(const struct wg_exporter_spec *spec,
                                     enum wg_loader_code code, const char *reason, char *message,
                                     size_t size);

/* Names of the built-in types, for help and for messages; NULL ends the list. */
const char *wg_loader_builtin_type(uint32_t index);

#endif
