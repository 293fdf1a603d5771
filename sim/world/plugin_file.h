/* The files of one plugin instance: lines wait in memory like puts of a sink, and reach the real
 * file when they are synced. */
#ifndef SIM_WORLD_PLUGIN_FILE_H
#define SIM_WORLD_PLUGIN_FILE_H

#include "sim/world/sim_sink.h"

struct sim_plugin_file {
    struct sim_plugin_file *next;
    char *name; /* below the output folder */
    int fd;     /* -1 = not opened yet */
    struct sim_sink_session session;
    char *bytes; /* appended, not synced; unused without an output folder */
    size_t len, capacity;
};

/* Whether `name` is a relative path without empty, "." and ".." parts. */
bool sim_plugin_file_name_ok(const char *name, size_t len);
/* The file called `name` in `*list`, added with a fresh session if there is none. */
struct sim_plugin_file *sim_plugin_file_get(struct sim_plugin_file **list, const char *name,
                                            size_t len, const struct sim_sink_session *like);
/* false: the sink is away. `dir` NULL = keep no bytes. */
bool sim_plugin_file_append(struct sim_plugin_file *file, const char *dir, wg_time now,
                            wg_position position, const void *bytes, size_t len);
bool sim_plugin_file_sync(struct sim_plugin_file *file, const char *dir, wg_time now,
                          wg_time *spent);
void sim_plugin_files_free(struct sim_plugin_file **list);

#endif
