/* A run to its JSON object. The names are those of DESIGN section 4; new ones may be added, none
 * may change. */
#include "reports/result_json.h"
#include "reports/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *must(json_t *value) {
    if (value == NULL) {
        abort();
    }
    return value;
}

static void set(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, must(value)) != 0) {
        abort();
    }
}

static void add(json_t *array, json_t *value) {
    if (json_array_append_new(array, must(value)) != 0) {
        abort();
    }
}

static json_t *number(uint64_t value) {
    return json_integer((json_int_t)value);
}

static json_t *hex(uint64_t value) {
    char text[20];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    return json_string(text);
}

json_t *wg_json_text(const char *text) {
    if (text == NULL) {
        return json_null();
    }
    size_t len = strlen(text);
    char *clean = malloc(len * 3 + 1);
    if (clean == NULL) {
        abort();
    }
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        size_t n = wg_utf8_length(text + i, len - i);
        memcpy(clean + used, n == 0 ? "\xef\xbf\xbd" : text + i, n == 0 ? 3 : n);
        used += n == 0 ? 3 : n;
        i += n == 0 ? 1 : n;
    }
    json_t *value = must(json_stringn(clean, used));
    free(clean);
    return value;
}

static json_t *violations(const struct wg_run_result *result) {
    json_t *list = must(json_array());
    for (uint32_t i = 0; i < result->violation_count; i++) {
        const struct wg_result_violation *violation = &result->violations[i];
        json_t *object = must(json_object());
        set(object, "invariant", wg_json_text(violation->invariant));
        set(object, "blame", wg_json_text(violation->blame));
        set(object, "at_ns", json_integer(violation->at_ns));
        set(object, "partition", number(violation->partition));
        set(object, "exporter", wg_json_text(violation->exporter));
        set(object, "message", wg_json_text(violation->message));
        set(object, "expected", json_boolean(violation->expected));
        set(object, "tolerated", wg_json_text(violation->tolerated));
        add(list, object);
    }
    return list;
}

static json_t *causes(const struct wg_result_export *export) {
    json_t *object = must(json_object());
    for (uint32_t i = 0; i < WG_CAUSE_COUNT; i++) {
        if (wg_cause_name(i) != NULL) {
            set(object, wg_cause_name(i), number(export->causes[i]));
        }
    }
    return object;
}

static json_t *duplicates(const struct wg_run_result *result) {
    json_t *list = must(json_array());
    for (uint32_t i = 0; i < result->export_count; i++) {
        const struct wg_result_export *export = &result->exports[i];
        uint64_t ratio = wg_per_million(export->duplicates, export->delivered);
        char text[40];
        wg_format_ratio(ratio, text, sizeof text);
        json_t *object = must(json_object());
        set(object, "exporter", wg_json_text(export->exporter));
        set(object, "partition", number(export->partition));
        set(object, "accepted", number(export->accepted));
        set(object, "delivered", number(export->delivered));
        set(object, "count", number(export->duplicates));
        set(object, "ratio_per_million", number(ratio));
        set(object, "ratio", json_string(text));
        set(object, "bursts", number(export->bursts));
        set(object, "longest_burst", number(export->longest_burst));
        set(object, "causes", causes(export));
        add(list, object);
    }
    return list;
}

static json_t *log_bytes(uint64_t peak, uint64_t final) {
    json_t *object = must(json_object());
    set(object, "peak", number(peak));
    set(object, "final", number(final));
    return object;
}

static json_t *retention(const struct wg_run_result *result) {
    json_t *list = must(json_array());
    for (uint32_t i = 0; i < result->retention_count; i++) {
        const struct wg_result_retention *entry = &result->retention[i];
        json_t *object = must(json_object());
        set(object, "broker", number(entry->broker));
        set(object, "partition", number(entry->partition));
        set(object, "log_bytes", log_bytes(entry->log_bytes_peak, entry->log_bytes_final));
        set(object, "lowest_exporter_position",
            entry->lowest_exporter_position == INT64_MAX
                ? json_null()
                : json_integer(entry->lowest_exporter_position));
        set(object, "held_by", wg_json_text(entry->held_by));
        add(list, object);
    }
    return list;
}

static json_t *counters(const struct wg_result_counter *counters, uint32_t count) {
    json_t *object = must(json_object());
    for (uint32_t i = 0; i < count; i++) {
        set(object, counters[i].name, number(counters[i].value));
    }
    return object;
}

static json_t *answers(const struct wg_run_result *result) {
    json_t *list = must(json_array());
    for (uint32_t i = 0; i < result->answer_count; i++) {
        const struct wg_result_answer *answer = &result->answers[i];
        json_t *object = must(json_object());
        set(object, "step", number(answer->step));
        set(object, "do", wg_json_text(answer->action));
        set(object, "request", wg_json_text(answer->request));
        set(object, "broker", answer->broker < 0 ? json_null() : json_integer(answer->broker));
        set(object, "asked_ns", json_integer(answer->asked_ns));
        set(object, "at_ns", json_integer(answer->at_ns));
        set(object, "status", answer->status == 0 ? json_null() : number(answer->status));
        set(object, "body", wg_json_text(answer->body));
        set(object, "body_bytes", number(answer->body_bytes));
        set(object, "times", number(answer->times));
        add(list, object);
    }
    return list;
}

json_t *wg_run_result_to_json(const struct wg_run_result *result) {
    json_t *object = must(json_object());
    set(object, "scenario", wg_json_text(result->scenario));
    set(object, "path", wg_json_text(result->scenario_path));
    set(object, "seed", number(result->seed));
    set(object, "verdict", json_string(wg_verdict_name(result->verdict)));
    set(object, "error", wg_json_text(result->error));
    set(object, "hash", hex(result->hash));
    set(object, "claim_hash", hex(result->claim_hash));
    set(object, "sim_ns", json_integer(result->sim_ns));
    set(object, "events", number(result->events));
    json_t *records = must(json_object());
    set(records, "committed", number(result->committed));
    set(records, "exported", number(result->exported));
    set(records, "duplicates", number(result->duplicates));
    set(object, "records", records);
    set(object, "log_bytes", log_bytes(result->log_bytes_peak, result->log_bytes_final));
    set(object, "violations", violations(result));
    set(object, "duplicates", duplicates(result));
    set(object, "retention", retention(result));
    set(object, "counters", counters(result->counters, result->counter_count));
    if (result->coverage_count > 0) {
        set(object, "coverage", counters(result->coverage, result->coverage_count));
    }
    set(object, "metrics", counters(result->metrics, result->metric_count));
    if (result->answer_count > 0) {
        set(object, "answers", answers(result));
    }
    set(object, "replay", wg_json_text(result->replay));
    return object;
}

char *wg_run_result_to_line(const struct wg_run_result *result) {
    json_t *object = wg_run_result_to_json(result);
    char *line = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (line == NULL) {
        abort();
    }
    return line;
}
