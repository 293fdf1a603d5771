/* Sends reports to where they were asked for. */
#include "sim/cli/reporters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* GitHub drops a step summary of more than 1 MiB as a whole. */
#define SUMMARY_MAX 900000u

static void render(uint32_t kind, const struct wg_report *report, FILE *out) {
    switch (kind) {
    case CLI_JUNIT:
        wg_report_junit(report, out);
        break;
    case CLI_JSON_FILE:
        wg_report_json(report, true, out);
        break;
    default:
        wg_report_markdown(report, out);
        break;
    }
}

static bool complain(const char *path) {
    fprintf(stderr, "waggle: cannot write %s: %s\n", path, strerror(errno));
    return false;
}

static bool write_file(const struct cli_reporter *reporter, const struct wg_report *report) {
    FILE *out = fopen(reporter->path, "w");
    if (out == NULL) {
        return complain(reporter->path);
    }
    render(reporter->kind, report, out);
    bool good = !ferror(out);
    return (fclose(out) == 0 && good) || complain(reporter->path);
}

bool cli_can_write_reporter(const struct cli_reporter *reporter) {
    if (reporter->kind == CLI_GITHUB) {
        return true;
    }
    FILE *out = fopen(reporter->path, "a");
    return (out != NULL && fclose(out) == 0) || complain(reporter->path);
}

/* At most SUMMARY_MAX bytes, cut after a line. */
static size_t cut(const char *text, size_t len) {
    if (len <= SUMMARY_MAX) {
        return len;
    }
    size_t kept = SUMMARY_MAX;
    while (kept > 0 && text[kept - 1] != '\n') {
        kept--;
    }
    return kept;
}

static bool append_summary(const struct wg_report *report) {
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    if (path == NULL || path[0] == '\0') {
        return true;
    }
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL) {
        abort();
    }
    wg_report_markdown(report, memory);
    fclose(memory);
    FILE *out = fopen(path, "a");
    bool good = out != NULL;
    if (good) {
        size_t kept = cut(text, len);
        fwrite(text, 1, kept, out);
        fputs(kept < len ? "\n(cut off here)\n" : "", out);
        good = !ferror(out);
        good = fclose(out) == 0 && good;
    }
    free(text);
    return good || complain(path);
}

bool cli_write_reporter(const struct cli_reporter *reporter, const struct wg_report *report) {
    if (reporter->kind != CLI_GITHUB) {
        return write_file(reporter, report);
    }
    wg_report_github(report, stderr);
    return append_summary(report);
}
