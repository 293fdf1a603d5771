/* A run from its JSON object: what a worker wrote is read by its parent, which trusts nothing. */
#include "reports/result_json.h"
#include "reports/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL) {
        abort();
    }
    return copy;
}

static uint64_t number_of(const json_t *object, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static uint64_t hex_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? 0 : strtoull(text, NULL, 16);
}

/* A zeroed element for each entry of the list, NULL for none. */
static void *elements(const json_t *list, size_t size, uint32_t *ret_count) {
    size_t count = json_array_size(list);
    *ret_count = (uint32_t)count;
    void *memory = count == 0 ? NULL : calloc(count, size);
    if (count > 0 && memory == NULL) {
        abort();
    }
    return memory;
}

static void parse_violations(const json_t *list, struct wg_run_result *result) {
    result->violations = elements(list, sizeof *result->violations, &result->violation_count);
    for (uint32_t i = 0; i < result->violation_count; i++) {
        const json_t *object = json_array_get(list, i);
        result->violations[i] = (struct wg_result_violation){
            .invariant = text_of(object, "invariant"),
            .blame = text_of(object, "blame"),
            .message = text_of(object, "message"),
            .at_ns = (int64_t)number_of(object, "at_ns"),
            .partition = (uint32_t)number_of(object, "partition"),
            .exporter = text_of(object, "exporter"),
            .expected = json_is_true(json_object_get(object, "expected")),
            .tolerated = text_of(object, "tolerated"),
        };
    }
}

static void parse_exports(const json_t *list, struct wg_run_result *result) {
    result->exports = elements(list, sizeof *result->exports, &result->export_count);
    for (uint32_t i = 0; i < result->export_count; i++) {
        const json_t *object = json_array_get(list, i);
        struct wg_result_export *export = &result->exports[i];
        export->exporter = text_of(object, "exporter");
        export->partition = (uint32_t)number_of(object, "partition");
        export->accepted = number_of(object, "accepted");
        export->delivered = number_of(object, "delivered");
        export->duplicates = number_of(object, "count");
        export->bursts = number_of(object, "bursts");
        export->longest_burst = number_of(object, "longest_burst");
        const json_t *causes = json_object_get(object, "causes");
        for (uint32_t cause = 0; cause < WG_CAUSE_COUNT; cause++) {
            const char *name = wg_cause_name(cause);
            export->causes[cause] = name == NULL ? 0 : number_of(causes, name);
        }
    }
}

static void parse_retention(const json_t *list, struct wg_run_result *result) {
    result->retention = elements(list, sizeof *result->retention, &result->retention_count);
    for (uint32_t i = 0; i < result->retention_count; i++) {
        const json_t *object = json_array_get(list, i);
        const json_t *bytes = json_object_get(object, "log_bytes");
        const json_t *lowest = json_object_get(object, "lowest_exporter_position");
        result->retention[i] = (struct wg_result_retention){
            .broker = (uint32_t)number_of(object, "broker"),
            .partition = (uint32_t)number_of(object, "partition"),
            .log_bytes_peak = number_of(bytes, "peak"),
            .log_bytes_final = number_of(bytes, "final"),
            .lowest_exporter_position =
                json_is_integer(lowest) ? json_integer_value(lowest) : INT64_MAX,
            .held_by = text_of(object, "held_by"),
        };
    }
}

static struct wg_result_counter *parse_counters(json_t *object, uint32_t *ret_count) {
    size_t count = json_object_size(object);
    struct wg_result_counter *counters = count == 0 ? NULL : calloc(count, sizeof *counters);
    *ret_count = 0;
    if (count > 0 && counters == NULL) {
        abort();
    }
    *ret_count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        struct wg_result_counter *counter = &counters[(*ret_count)++];
        counter->name = strdup(name);
        counter->value = (uint64_t)json_integer_value(value);
        if (counter->name == NULL) {
            abort();
        }
    }
    return counters;
}

static void parse_answers(const json_t *list, struct wg_run_result *result) {
    result->answers = elements(list, sizeof *result->answers, &result->answer_count);
    for (uint32_t i = 0; i < result->answer_count; i++) {
        const json_t *object = json_array_get(list, i);
        const json_t *broker = json_object_get(object, "broker");
        result->answers[i] = (struct wg_result_answer){
            .step = (uint32_t)number_of(object, "step"),
            .action = text_of(object, "do"),
            .request = text_of(object, "request"),
            .broker = json_is_integer(broker) ? (int32_t)json_integer_value(broker) : -1,
            .asked_ns = (int64_t)number_of(object, "asked_ns"),
            .at_ns = (int64_t)number_of(object, "at_ns"),
            .status = (uint32_t)number_of(object, "status"),
            .body = text_of(object, "body"),
            .body_bytes = number_of(object, "body_bytes"),
            .times = (uint32_t)number_of(object, "times"),
        };
    }
}

/* Writers rely on these texts. */
static bool has_names(const struct wg_run_result *result) {
    bool good = true;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        good = good && result->violations[i].invariant != NULL &&
               result->violations[i].blame != NULL;
    }
    for (uint32_t i = 0; i < result->export_count; i++) {
        good = good && result->exports[i].exporter != NULL;
    }
    return good;
}

bool wg_run_result_from_json(const json_t *object, struct wg_run_result *ret_result) {
    *ret_result = (struct wg_run_result){0};
    const char *verdict = json_string_value(json_object_get(object, "verdict"));
    int number = verdict == NULL ? -1 : wg_verdict_find(verdict);
    if (number < 0 || !json_is_integer(json_object_get(object, "seed"))) {
        return false;
    }
    const json_t *records = json_object_get(object, "records");
    const json_t *bytes = json_object_get(object, "log_bytes");
    *ret_result = (struct wg_run_result){
        .scenario = text_of(object, "scenario"),
        .scenario_path = text_of(object, "path"),
        .seed = number_of(object, "seed"),
        .verdict = (enum wg_verdict)number,
        .error = text_of(object, "error"),
        .hash = hex_of(object, "hash"),
        .claim_hash = hex_of(object, "claim_hash"),
        .sim_ns = (int64_t)number_of(object, "sim_ns"),
        .events = number_of(object, "events"),
        .committed = number_of(records, "committed"),
        .exported = number_of(records, "exported"),
        .duplicates = number_of(records, "duplicates"),
        .log_bytes_peak = number_of(bytes, "peak"),
        .log_bytes_final = number_of(bytes, "final"),
        .replay = text_of(object, "replay"),
    };
    parse_violations(json_object_get(object, "violations"), ret_result);
    parse_exports(json_object_get(object, "duplicates"), ret_result);
    parse_retention(json_object_get(object, "retention"), ret_result);
    ret_result->counters = parse_counters(json_object_get(object, "counters"), &ret_result->counter_count);
    ret_result->coverage =
        parse_counters(json_object_get(object, "coverage"), &ret_result->coverage_count);
    ret_result->metrics =
        parse_counters(json_object_get(object, "metrics"), &ret_result->metric_count);
    parse_answers(json_object_get(object, "answers"), ret_result);
    if (!has_names(ret_result)) {
        wg_run_result_done(ret_result);
        return false;
    }
    return true;
}

bool wg_run_result_from_line(const char *line, size_t len, struct wg_run_result *ret_result) {
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    bool good = object != NULL && wg_run_result_from_json(object, ret_result);
    json_decref(object);
    return good;
}
