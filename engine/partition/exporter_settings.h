/* Which exporters an operator wants to run: one document that all brokers share (exporters 3.6). */
#ifndef WG_PARTITION_EXPORTER_SETTINGS_H
#define WG_PARTITION_EXPORTER_SETTINGS_H

#include "partition/partition.h"
#include "waggle/management.h"

/* Over borrowed `shared`, whose options point to what is in force here from now on. */
struct wg_exporter_settings *wg_exporter_settings_new(struct wg_partition_shared *shared);
void wg_exporter_settings_free(struct wg_exporter_settings *settings);

/* Looks at every event before its partition does. The first WG_POST_START reads the file; requests to
 * enable and disable are answered, WG_MSG_SETTINGS and a timer are its own. What changes here goes to
 * each partition's director as WG_POST_SETTINGS. true: the event was meant for this alone. */
bool wg_exporter_settings_step(struct wg_exporter_settings *settings, const struct wg_event *event);

/* Whether a change is on its way through the brokers, and whether it enables an exporter. */
bool wg_exporter_settings_pending(const struct wg_exporter_settings *settings, bool *ret_enables);
/* The same, if it is of that exporter. */
bool wg_exporter_settings_differ(const struct wg_exporter_settings *settings, uint32_t exporter,
                                 bool *ret_enables);
/* The number of the change that was asked for last; 0 = none. */
uint64_t wg_exporter_settings_last_change(const struct wg_exporter_settings *settings);

/* exporter_status.c: see wg_node_exporters_json and wg_management_change_answer; `settings` NULL = the
 * coordinator could not be reached. */
void wg_exporter_settings_json(const struct wg_exporter_settings *settings,
                               const struct wg_node_options *options, struct wg_json_out *out);
uint32_t wg_exporter_settings_answer(const struct wg_exporter_settings *settings,
                                     const struct wg_node_options *options,
                                     const struct wg_management_cluster *cluster,
                                     const struct wg_exporter_change *change,
                                     struct wg_json_out *out);

#endif
