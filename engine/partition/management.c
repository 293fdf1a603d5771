/* Zeebe's management endpoints as a table: exporting, rebalance, partitions (reference: backup 5.2,
 * 5.4). Says what is to be asked of whom, and with which status and body it is answered; knows no
 * transport. What upstream answers to an unknown operation is not an error of the path: exporting
 * fails (500), partitions says nothing (204). */
#include "waggle/management.h"

#include <string.h>

struct row {
    const char *method, *path;
    struct wg_management_call call;
};

#define EXPORTING(kind) {WG_MANAGEMENT_ADMIN, WG_SCOPE_REPLICAS, kind, WG_ANSWER_EXPORTING, false}
#define ON_BROKER(kind) {WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER, kind, WG_ANSWER_STATUS, false}

/* A path that ends with a slash stands for all operations below it that have no row before it. */
static const struct row rows[] = {
    {"POST", "/exporting/pause?soft=true", EXPORTING(WG_ADMIN_SOFT_PAUSE_EXPORTING)},
    {"POST", "/exporting/pause?soft=false", EXPORTING(WG_ADMIN_PAUSE_EXPORTING)},
    {"POST", "/exporting/pause", EXPORTING(WG_ADMIN_PAUSE_EXPORTING)},
    {"POST", "/exporting/resume", EXPORTING(WG_ADMIN_RESUME_EXPORTING)},
    {"POST", "/exporting/", {WG_MANAGEMENT_NOTHING, 0, 0, WG_ANSWER_EXPORTING, true}},
    {"POST", "/rebalance",
     {WG_MANAGEMENT_ADMIN, WG_SCOPE_LEADERS, WG_ADMIN_REBALANCE, WG_ANSWER_EMPTY, false}},
    {"GET", "/partitions", {WG_MANAGEMENT_STATUS, WG_SCOPE_BROKER, 0, WG_ANSWER_STATUS, false}},
    {"POST", "/partitions/pauseProcessing", ON_BROKER(WG_ADMIN_PAUSE_PROCESSING)},
    {"POST", "/partitions/resumeProcessing", ON_BROKER(WG_ADMIN_RESUME_PROCESSING)},
    {"POST", "/partitions/takeSnapshot", ON_BROKER(WG_ADMIN_TAKE_SNAPSHOT)},
    {"POST", "/partitions/pauseExporting", ON_BROKER(WG_ADMIN_PAUSE_EXPORTING)},
    {"POST", "/partitions/softPauseExporting", ON_BROKER(WG_ADMIN_SOFT_PAUSE_EXPORTING)},
    {"POST", "/partitions/resumeExporting", ON_BROKER(WG_ADMIN_RESUME_EXPORTING)},
    {"POST", "/partitions/", {WG_MANAGEMENT_NOTHING, 0, 0, WG_ANSWER_NO_CONTENT, false}},
};

/* The path is the row's, but for a query that the row does not look at. */
static bool is_path(const char *row, const char *path) {
    size_t len = strlen(row);
    if (strncmp(row, path, len) != 0) {
        return false;
    }
    if (row[len - 1] == '/') {
        return path[len] != '\0' && strchr(path + len, '/') == NULL;
    }
    return path[len] == '\0' || (path[len] == '?' && strchr(row, '?') == NULL);
}

void wg_management_parse(const char *method, const char *path,
                         struct wg_management_call *ret_call) {
    *ret_call = (struct wg_management_call){.action = WG_MANAGEMENT_NOTHING,
                                            .answer = WG_ANSWER_NOT_FOUND};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!is_path(rows[i].path, path)) {
            continue;
        }
        if (strcmp(rows[i].method, method) == 0) {
            *ret_call = rows[i].call;
            return;
        }
        ret_call->answer = WG_ANSWER_BAD_METHOD;
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

/* What went wrong as text, NULL = nothing. */
static const char *complaint(const struct wg_management_call *call,
                             enum wg_management_outcome outcome) {
    if (call->unknown_operation) {
        return "Cannot set exporting to an unknown state";
    }
    switch (outcome) {
    case WG_OUTCOME_INCOMPLETE:
        return "Expected all partitions to have a leader and all followers, but the topology is "
               "incomplete";
    case WG_OUTCOME_FAILED:
        return "Expected all replicas to change exporting, but some did not";
    case WG_OUTCOME_DONE:
        break;
    }
    return NULL;
}

static uint32_t answer_exporting(const char *complaint, bool as_8_6, struct wg_json_out *out) {
    if (as_8_6) {
        wg_json_put(out, "{\"body\":");
    }
    if (complaint != NULL) {
        wg_json_put(out, "{\"message\":\"");
        wg_json_put(out, complaint);
        wg_json_put(out, "\"}");
    } else if (as_8_6) {
        wg_json_put(out, "null");
    }
    if (as_8_6) {
        wg_json_put(out, complaint == NULL ? ",\"status\":204,\"contentType\":null}"
                                           : ",\"status\":500,\"contentType\":null}");
        return 200;
    }
    return complaint == NULL ? 204 : 500;
}

uint32_t wg_management_answer(const struct wg_management_call *call,
                              enum wg_management_outcome outcome, bool as_8_6,
                              const struct wg_node *node, struct wg_json_out *out) {
    switch ((enum wg_management_answer)call->answer) {
    case WG_ANSWER_EXPORTING:
        return answer_exporting(complaint(call, outcome), as_8_6, out);
    case WG_ANSWER_EMPTY:
        return 200;
    case WG_ANSWER_STATUS:
        wg_node_status_json(node, out);
        return 200;
    case WG_ANSWER_NO_CONTENT:
        return 204;
    case WG_ANSWER_BAD_METHOD:
        return 405;
    case WG_ANSWER_NOT_FOUND:
        break;
    }
    return 404;
}
