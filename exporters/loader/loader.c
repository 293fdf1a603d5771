/* Loads plugins and checks them before the broker processes anything (prom-E9, prom-E10, prom-E12).
 *
 * Every failure has a stable code and one line for the user:
 *   exporter "mine": configured more than once
 *   exporter "mine": cannot load ./libmine.so: <reason>
 *   exporter "mine": cannot create an instance of ./libmine.so
 *   exporter "mine": configure of ./libmine.so failed: <reason>
 * Invariant: a table that was handed out has the right major version, is long enough for every
 * member this host reads, and has every required function. */
#include "exporters/loader/loader.h"

#include "exporters/loader/builtin.h"
#include "exporters/loader/private_copy.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_BYTES = 512 };
/* Up to the last function of ABI 0.1. What came later a table may lack. */
#define TABLE_BYTES_MIN                                                                            \
    (offsetof(struct wg_exporter_plugin, close) + sizeof(((struct wg_exporter_plugin *)0)->close))

struct library {
    struct library *next;
    char *path;
    struct wg_private_copy copy;
};

struct wg_loader {
    struct library *libraries;
};

static const char *source_of(const struct wg_exporter_spec *spec) {
    return spec->path != NULL ? spec->path : spec->type;
}

static enum wg_loader_code cannot_load(const struct wg_exporter_spec *spec,
                                       enum wg_loader_code code, const char *reason,
                                       char *message, size_t size) {
    snprintf(message, size, "exporter \"%s\": cannot load %s: %s", spec->id, source_of(spec),
             reason);
    return code;
}

enum wg_loader_code wg_loader_refuse(const struct wg_exporter_spec *spec,
                                     enum wg_loader_code code, const char *reason, char *message,
                                     size_t size) {
    if (code == WG_LOADER_CREATE_FAILED) {
        snprintf(message, size, "exporter \"%s\": cannot create an instance of %s", spec->id,
                 source_of(spec));
    } else {
        snprintf(message, size, "exporter \"%s\": configure of %s failed%s%s", spec->id,
                 source_of(spec), reason[0] == '\0' ? "" : ": ", reason);
    }
    return code;
}

/* --- libraries ----------------------------------------------------------------------------- */

struct wg_loader *wg_loader_new(void) {
    struct wg_loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL) {
        abort();
    }
    return loader;
}

void wg_loader_free(struct wg_loader *loader) {
    if (loader == NULL) {
        return;
    }
    while (loader->libraries != NULL) {
        struct library *library = loader->libraries;
        loader->libraries = library->next;
        wg_private_copy_unload(&library->copy);
        free(library->path);
        free(library);
    }
    free(loader);
}

static enum wg_loader_code find_library(struct wg_loader *loader, const char *path,
                                        struct library **ret_library, char *reason, size_t size) {
    for (struct library *known = loader->libraries; known != NULL; known = known->next) {
        if (strcmp(known->path, path) == 0) {
            *ret_library = known;
            return WG_LOADER_OK;
        }
    }
    struct wg_private_copy copy;
    enum wg_loader_code code = wg_private_copy_load(path, &copy, reason, size);
    if (code != WG_LOADER_OK) {
        return code;
    }
    struct library *library = calloc(1, sizeof *library);
    char *own_path = strdup(path);
    if (library == NULL || own_path == NULL) {
        abort();
    }
    *library = (struct library){loader->libraries, own_path, copy};
    loader->libraries = library;
    *ret_library = library;
    return WG_LOADER_OK;
}

/* --- checks -------------------------------------------------------------------------------- */

enum wg_loader_code wg_loader_check_ids(const struct wg_exporter_spec *specs, uint32_t count,
                                        char *message, size_t size) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(specs[i].id, specs[j].id) == 0) {
                snprintf(message, size, "exporter \"%s\": configured more than once",
                         specs[i].id);
                return WG_LOADER_DUPLICATE_ID;
            }
        }
    }
    return WG_LOADER_OK;
}

static const char *missing_function(const struct wg_exporter_plugin *plugin) {
    return plugin->create == NULL          ? "create"
           : plugin->destroy == NULL       ? "destroy"
           : plugin->configure == NULL     ? "configure"
           : plugin->open == NULL          ? "open"
           : plugin->export_record == NULL ? "export_record"
           : plugin->close == NULL         ? "close"
                                           : NULL;
}

/* NULL when the table can be used, else the reason why not. */
static const char *check_table(const struct wg_exporter_plugin *plugin, char *reason,
                               size_t size) {
    if (plugin == NULL) {
        snprintf(reason, size, "it does not work with this host (ABI %u.%u)",
                 WG_EXPORTER_ABI_MAJOR, WG_EXPORTER_ABI_MINOR);
        return reason;
    }
    if (plugin->abi_major != WG_EXPORTER_ABI_MAJOR) {
        snprintf(reason, size, "built for exporter ABI %u, this host has %u", plugin->abi_major,
                 WG_EXPORTER_ABI_MAJOR);
        return reason;
    }
    if (plugin->struct_size < TABLE_BYTES_MIN) {
        snprintf(reason, size, "its table has %u bytes, at least %zu are needed",
                 plugin->struct_size, TABLE_BYTES_MIN);
        return reason;
    }
    const char *missing = missing_function(plugin);
    if (missing != NULL) {
        snprintf(reason, size, "it has no function \"%s\"", missing);
        return reason;
    }
    return NULL;
}

static enum wg_loader_code take_table(const struct wg_exporter_spec *spec,
                                      wg_exporter_entry entry,
                                      const struct wg_exporter_plugin **ret_plugin, char *message,
                                      size_t size) {
    char reason[REASON_BYTES];
    const struct wg_exporter_plugin *plugin =
        entry(WG_EXPORTER_ABI_MAJOR, WG_EXPORTER_ABI_MINOR);
    if (check_table(plugin, reason, sizeof reason) != NULL) {
        return cannot_load(spec, WG_LOADER_ABI_MISMATCH, reason, message, size);
    }
    *ret_plugin = plugin;
    return WG_LOADER_OK;
}

const char *wg_loader_builtin_type(uint32_t index) {
    const struct wg_builtin_exporter *builtin = wg_builtin_exporter(index);
    return builtin == NULL ? NULL : builtin->type;
}

static enum wg_loader_code find_builtin(const struct wg_exporter_spec *spec,
                                        const struct wg_exporter_plugin **ret_plugin,
                                        char *message, size_t size) {
    const struct wg_builtin_exporter *builtin;
    for (uint32_t i = 0; (builtin = wg_builtin_exporter(i)) != NULL; i++) {
        if (spec->type != NULL && strcmp(builtin->type, spec->type) == 0) {
            return take_table(spec, builtin->entry, ret_plugin, message, size);
        }
    }
    snprintf(message, size, "exporter \"%s\": unknown type \"%s\"", spec->id,
             spec->type == NULL ? "" : spec->type);
    return WG_LOADER_UNKNOWN_TYPE;
}

enum wg_loader_code wg_loader_find(struct wg_loader *loader, const struct wg_exporter_spec *spec,
                                   const struct wg_exporter_plugin **ret_plugin, char *message,
                                   size_t size) {
    if (spec->path == NULL) {
        return find_builtin(spec, ret_plugin, message, size);
    }
    char reason[REASON_BYTES];
    struct library *library = NULL;
    enum wg_loader_code code =
        find_library(loader, spec->path, &library, reason, sizeof reason);
    if (code != WG_LOADER_OK) {
        return cannot_load(spec, code, reason, message, size);
    }
    void *symbol = wg_private_copy_symbol(&library->copy, WG_EXPORTER_SYMBOL);
    if (symbol == NULL) {
        snprintf(reason, sizeof reason, "it does not export \"%s\"", WG_EXPORTER_SYMBOL);
        return cannot_load(spec, WG_LOADER_NO_SYMBOL, reason, message, size);
    }
    wg_exporter_entry entry;
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function pointer */
    return take_table(spec, entry, ret_plugin, message, size);
}
