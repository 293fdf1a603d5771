/* The JSON writers: one object, its timing apart, one line per run. */
#include "reports/report.h"
#include "reports/result_file.h"
#include "reports/result_json.h"

#include <jansson.h>
#include <stdlib.h>

#define TIMING_SCHEMA "waggle.timing/1"

static json_t *must(json_t *value) {
    if (value == NULL) {
        abort();
    }
    return value;
}

static json_t *timing(const struct wg_report *report) {
    json_t *runs = must(json_array());
    for (uint32_t i = 0; i < report->run_count; i++) {
        const struct wg_run_result *run = &report->runs[i];
        json_t *object =
            must(json_pack("{s:o, s:I, s:I}", "scenario", wg_json_text(run->scenario), "seed",
                           (json_int_t)run->seed, "wall_ns", (json_int_t)run->wall_ns));
        json_array_append_new(runs, object);
    }
    return must(json_pack("{s:o, s:I, s:i, s:o}", "started", wg_json_text(report->started),
                          "wall_ns", (json_int_t)report->wall_ns, "jobs", (int)report->jobs,
                          "runs", runs));
}

static void dump(json_t *object, FILE *out) {
    if (json_dumpf(object, out, JSON_INDENT(2)) == 0) {
        fputc('\n', out);
    }
    json_decref(object);
}

void wg_report_json(const struct wg_report *report, bool with_timing, FILE *out) {
    json_t *object = must(json_pack("{s:s, s:o, s:o}", "schema", WG_RESULT_SCHEMA, "version",
                                    wg_json_text(report->version), "runs", must(json_array())));
    json_t *runs = json_object_get(object, "runs");
    for (uint32_t i = 0; i < report->run_count; i++) {
        json_array_append_new(runs, wg_run_result_to_json(&report->runs[i]));
    }
    if (with_timing) {
        json_object_set_new(object, "timing", timing(report));
    }
    dump(object, out);
}

void wg_report_timing(const struct wg_report *report, FILE *out) {
    json_t *object = timing(report);
    json_object_set_new(object, "schema", json_string(TIMING_SCHEMA));
    dump(object, out);
}

void wg_report_ndjson(const struct wg_report *report, FILE *out) {
    for (uint32_t i = 0; i < report->run_count; i++) {
        char *line = wg_run_result_to_line(&report->runs[i]);
        fprintf(out, "%s\n", line);
        free(line);
    }
}
