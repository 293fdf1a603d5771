/* Zeebe's management endpoints as a table: exporting, exporters, rebalance, partitions (reference:
 * backup 5.2, 5.3, 5.4). Says what is to be asked of whom, and with which status and body it is answered; knows no
 * transport. What upstream answers to an unknown operation is not an error of the path: exporting
 * fails (500), partitions says nothing (204). */
#include "waggle/management.h"

#include <string.h>

struct row {
    const char *method, *path;
    struct wg_management_call call;
};

#define CALL(what, whom, kind, count, reply)                                                       \
    {.action = (what), .scope = (whom), .admins = {kind}, .admin_count = (count), .answer = (reply)}
#define EXPORTING(kind) CALL(WG_MANAGEMENT_ADMIN, WG_SCOPE_REPLICAS, kind, 1, WG_ANSWER_EXPORTING)
#define ON_BROKER(kind) CALL(WG_MANAGEMENT_ADMIN, WG_SCOPE_BROKER, kind, 1, WG_ANSWER_STATUS)
#define CHANGE(kind) CALL(WG_MANAGEMENT_CHANGE, WG_SCOPE_COORDINATOR, kind, 1, WG_ANSWER_CHANGE)

/* A path that ends with a slash stands for all operations below it that have no row before it. */
static const struct row rows[] = {
    {"POST", "/exporting/pause?soft=true", EXPORTING(WG_ADMIN_SOFT_PAUSE_EXPORTING)},
    {"POST", "/exporting/pause?soft=false", EXPORTING(WG_ADMIN_PAUSE_EXPORTING)},
    {"POST", "/exporting/pause", EXPORTING(WG_ADMIN_PAUSE_EXPORTING)},
    {"POST", "/exporting/resume", EXPORTING(WG_ADMIN_RESUME_EXPORTING)},
    {"POST", "/exporting/", {.answer = WG_ANSWER_EXPORTING, .unknown_operation = true}},
    {"GET", "/exporters",
     CALL(WG_MANAGEMENT_EXPORTERS, WG_SCOPE_COORDINATOR, 0, 0, WG_ANSWER_EXPORTERS)},
    {"POST", "/exporters/*/enable", CHANGE(WG_ADMIN_ENABLE_EXPORTER)},
    {"POST", "/exporters/*/disable", CHANGE(WG_ADMIN_DISABLE_EXPORTER)},
    {"POST", "/rebalance",
     CALL(WG_MANAGEMENT_ADMIN, WG_SCOPE_LEADERS, WG_ADMIN_REBALANCE, 1, WG_ANSWER_EMPTY)},
    {"GET", "/partitions", CALL(WG_MANAGEMENT_STATUS, WG_SCOPE_BROKER, 0, 0, WG_ANSWER_STATUS)},
    {"POST", "/partitions/pauseProcessing", ON_BROKER(WG_ADMIN_PAUSE_PROCESSING)},
    {"POST", "/partitions/resumeProcessing", ON_BROKER(WG_ADMIN_RESUME_PROCESSING)},
    {"POST", "/partitions/takeSnapshot", ON_BROKER(WG_ADMIN_TAKE_SNAPSHOT)},
    {"POST", "/partitions/pauseExporting", ON_BROKER(WG_ADMIN_PAUSE_EXPORTING)},
    {"POST", "/partitions/softPauseExporting", ON_BROKER(WG_ADMIN_SOFT_PAUSE_EXPORTING)},
    {"POST", "/partitions/resumeExporting", ON_BROKER(WG_ADMIN_RESUME_EXPORTING)},
    {"POST", "/partitions/prepareUpgrade",
     {.action = WG_MANAGEMENT_ADMIN,
      .scope = WG_SCOPE_BROKER,
      .admins = {WG_ADMIN_PAUSE_PROCESSING, WG_ADMIN_PAUSE_EXPORTING, WG_ADMIN_TAKE_SNAPSHOT},
      .admin_count = 3,
      .answer = WG_ANSWER_STATUS}},
    {"POST", "/partitions/", {.answer = WG_ANSWER_NO_CONTENT}},
};

/* How many bytes come before the first of two, or the end. */
static size_t before(const char *text, char one, char other) {
    size_t len = 0;
    while (text[len] != '\0' && text[len] != one && text[len] != other) {
        len++;
    }
    return len;
}

/* What stands for the row's `*` in the path, or a length of 0. */
static size_t find_id(const char *row, const char *path, const char **ret_id) {
    const char *star = strchr(row, '*');
    *ret_id = path + (star - row);
    if (strncmp(row, path, (size_t)(star - row)) != 0) {
        return 0;
    }
    size_t len = before(*ret_id, '/', '?');
    size_t left = before(*ret_id + len, '?', '?');
    return left == strlen(star + 1) && strncmp(*ret_id + len, star + 1, left) == 0 ? len : 0;
}

/* The path is the row's, but for a query that the row does not look at. */
static bool is_path(const char *row, const char *path) {
    const char *id;
    if (strchr(row, '*') != NULL) {
        return find_id(row, path, &id) > 0;
    }
    size_t len = strlen(row);
    if (strncmp(row, path, len) != 0) {
        return false;
    }
    if (row[len - 1] == '/') {
        return path[len] != '\0' && strchr(path + len, '/') == NULL;
    }
    return path[len] == '\0' || (path[len] == '?' && strchr(row, '?') == NULL);
}

static bool is_dry_run(const char *path) {
    static const char wanted[] = "dryRun=true";
    const char *query = strchr(path, '?');
    while (query != NULL) {
        query++;
        size_t len = before(query, '&', '&');
        if (len == sizeof wanted - 1 && strncmp(query, wanted, len) == 0) {
            return true;
        }
        query = strchr(query, '&');
    }
    return false;
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
            if (ret_call->action == WG_MANAGEMENT_CHANGE) {
                ret_call->exporter_len = find_id(rows[i].path, path, &ret_call->exporter);
                ret_call->dry_run = is_dry_run(path);
            }
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
    case WG_ANSWER_EXPORTERS:
        wg_node_exporters_json(node, out);
        return 200;
    case WG_ANSWER_NOT_FOUND:
    case WG_ANSWER_CHANGE: /* its status tells: wg_management_change_answer */
        break;
    }
    return 404;
}
