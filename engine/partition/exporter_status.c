/* What a management endpoint says about exporters, in Zeebe's words (exporters 3.6): status codes of
 * requests, the list of GET exporters, and what a change will do. */
#include "waggle/inspect.h"
#include "waggle/management.h"

#include "base/bytes.h"
#include "partition/exporter_settings.h"

uint32_t wg_admin_http_status(enum wg_admin_kind kind, wg_status status) {
    bool changes = kind == WG_ADMIN_ENABLE_EXPORTER || kind == WG_ADMIN_DISABLE_EXPORTER;
    switch (status) {
    case WG_OK:
        return changes ? 202 : 204;
    case WG_INVALID:
    case WG_NOT_FOUND:
    case WG_EXISTS:
        return 400;
    case WG_STALE:
        return 409;
    case WG_CLOSED:
    case WG_NOT_LEADER:
        return 502;
    default:
        return 500;
    }
}

void wg_exporter_settings_json(const struct wg_exporter_settings *settings,
                               const struct wg_node_options *options, struct wg_json_out *out) {
    static const char *const names[] = {"DISABLED", "ENABLED", "DISABLING", "ENABLING"};
    wg_json_put(out, "[");
    for (uint32_t i = 0; i < options->exporter_count; i++) {
        bool enables;
        bool here = wg_setting_of(options, i).enabled;
        bool differs = wg_exporter_settings_differ(settings, i, &enables);
        wg_json_put(out, i == 0 ? "{\"exporterId\":" : ",{\"exporterId\":");
        wg_json_put_string(out, options->exporters[i].id);
        wg_json_put(out, ",\"status\":\"");
        wg_json_put(out, names[differs ? 2 + enables : here]);
        wg_json_put(out, "\"}");
    }
    wg_json_put(out, "]");
}

/* --- answers to changes ------------------------------------------------------------------------- */

struct plan {
    const struct wg_node_options *options; /* of the coordinator, its part of the change done */
    const struct wg_management_cluster *cluster;
    const struct wg_exporter_change *change;
};

/* Of one partition on one broker; Zeebe keeps this for each of them, and here it is one for all. */
static void put_exporters(const struct plan *plan, bool expected, struct wg_json_out *out) {
    const struct wg_node_options *options = plan->options;
    const char *before = "";
    for (uint32_t i = 0; i < options->exporter_count; i++) {
        bool is_it = strcmp(options->exporters[i].id, plan->change->exporter) == 0;
        bool enabled = wg_setting_of(options, i).enabled;
        if (is_it) {
            enabled = expected ? plan->change->kind == WG_ADMIN_ENABLE_EXPORTER
                               : plan->change->was_enabled;
        }
        wg_json_put(out, before);
        wg_json_put(out, "{\"id\":");
        wg_json_put_string(out, options->exporters[i].id);
        wg_json_put(out, enabled ? ",\"state\":\"ENABLED\"}" : ",\"state\":\"DISABLED\"}");
        before = ",";
    }
}

/* The broker's place among the partition's members, or its member count. */
static uint32_t member_of(const struct wg_partition_options *partition, wg_node_id broker) {
    uint32_t at = 0;
    while (at < partition->member_count && partition->members[at] != broker) {
        at++;
    }
    return at;
}

static void put_partitions(const struct plan *plan, wg_node_id broker, bool expected,
                           struct wg_json_out *out) {
    const char *before = "";
    for (uint32_t i = 0; i < plan->cluster->partition_count; i++) {
        const struct wg_partition_options *partition = &plan->cluster->partitions[i];
        uint32_t at = member_of(partition, broker);
        if (at == partition->member_count) {
            continue;
        }
        wg_json_put(out, before);
        wg_json_put(out, "{\"id\":");
        wg_json_put_number(out, partition->id);
        wg_json_put(out, ",\"state\":\"ACTIVE\",\"priority\":");
        wg_json_put_number(out, partition->priorities[at]);
        wg_json_put(out, ",\"config\":{\"exporting\":{\"exporters\":[");
        put_exporters(plan, expected, out);
        wg_json_put(out, "]}}}");
        before = ",";
    }
}

static void put_topology(const struct plan *plan, bool expected, struct wg_json_out *out) {
    for (wg_node_id broker = 0; broker < plan->cluster->broker_count; broker++) {
        wg_json_put(out, broker == 0 ? "{\"id\":" : ",{\"id\":");
        wg_json_put_number(out, broker);
        wg_json_put(out, ",\"state\":\"ACTIVE\",\"partitions\":[");
        put_partitions(plan, broker, expected, out);
        wg_json_put(out, "]}");
    }
}

/* Broker by broker, as the change goes. */
static void put_operations(const struct plan *plan, struct wg_json_out *out) {
    const char *before = "";
    for (wg_node_id broker = 0; broker < plan->cluster->broker_count; broker++) {
        for (uint32_t i = 0; i < plan->cluster->partition_count; i++) {
            const struct wg_partition_options *partition = &plan->cluster->partitions[i];
            if (member_of(partition, broker) == partition->member_count) {
                continue;
            }
            wg_json_put(out, before);
            wg_json_put(out, plan->change->kind == WG_ADMIN_ENABLE_EXPORTER
                                 ? "{\"operation\":\"PARTITION_ENABLE_EXPORTER\",\"brokerId\":"
                                 : "{\"operation\":\"PARTITION_DISABLE_EXPORTER\",\"brokerId\":");
            wg_json_put_number(out, broker);
            wg_json_put(out, ",\"partitionId\":");
            wg_json_put_number(out, partition->id);
            wg_json_put(out, ",\"exporterId\":");
            wg_json_put_string(out, plan->change->exporter);
            wg_json_put(out, "}");
            before = ",";
        }
    }
}

static const char *complaint(wg_status status) {
    switch (status) {
    case WG_NOT_FOUND:
        return "There is no exporter of that id";
    case WG_EXISTS:
        return "The exporter is enabled already";
    case WG_INVALID:
        return "The exporter to initialize from is unknown, disabled or of another type";
    case WG_STALE:
        return "Another change is in progress";
    case WG_CLOSED:
    case WG_NOT_LEADER:
        return "The coordinator cannot take requests at present";
    default:
        return "The change could not be stored";
    }
}

uint32_t wg_exporter_settings_answer(const struct wg_exporter_settings *settings,
                                     const struct wg_node_options *options,
                                     const struct wg_management_cluster *cluster,
                                     const struct wg_exporter_change *change,
                                     struct wg_json_out *out) {
    struct plan plan = {options, cluster, change};
    wg_status status = settings == NULL ? WG_CLOSED : change->status;
    if (status != WG_OK) {
        wg_json_put(out, "{\"message\":");
        wg_json_put_string(out, complaint(status));
        wg_json_put(out, "}");
        return wg_admin_http_status(change->kind, status);
    }
    wg_json_put(out, "{\"changeId\":");
    wg_json_put_number(out, wg_exporter_settings_last_change(settings));
    wg_json_put(out, ",\"currentTopology\":[");
    put_topology(&plan, false, out);
    wg_json_put(out, "],\"plannedChanges\":[");
    put_operations(&plan, out);
    wg_json_put(out, "],\"expectedTopology\":[");
    put_topology(&plan, true, out);
    wg_json_put(out, "]}");
    return wg_admin_http_status(change->kind, WG_OK);
}
