/* Collects and prints the errors of a scenario file. */
#include "sim/scenario/diagnostics.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_LINE_MAX 160

void sim_diagnostics_done(struct sim_diagnostics *diagnostics) {
    free(diagnostics->file);
    free(diagnostics->source);
    memset(diagnostics, 0, sizeof *diagnostics);
}

struct sim_diagnostic *sim_diagnostics_add(struct sim_diagnostics *diagnostics, uint32_t code,
                                           uint32_t line, uint32_t column, const char *path,
                                           const char *format, ...) {
    /* Errors beyond the limit land in a spare entry, so that callers need not care. */
    static struct sim_diagnostic spare;
    struct sim_diagnostic *entry = &spare;
    if (diagnostics->count < SIM_DIAGNOSTICS_SHOWN) {
        entry = &diagnostics->entries[diagnostics->count++];
    } else {
        diagnostics->dropped++;
    }
    diagnostics->errors++;
    *entry = (struct sim_diagnostic){.line = line, .column = column, .code = code};
    snprintf(entry->path, sizeof entry->path, "%s", path);
    va_list args;
    va_start(args, format);
    vsnprintf(entry->message, sizeof entry->message, format, args);
    va_end(args);
    return entry;
}

void sim_diagnostics_only_warn(struct sim_diagnostics *diagnostics, struct sim_diagnostic *last) {
    last->warning = true;
    diagnostics->errors--;
}

void sim_diagnostic_help(struct sim_diagnostic *diagnostic, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(diagnostic->help, sizeof diagnostic->help, format, args);
    va_end(args);
}

/* Insertion sort: stable, and there are at most twenty. */
static void sort_by_place(struct sim_diagnostics *diagnostics) {
    for (uint32_t i = 1; i < diagnostics->count; i++) {
        struct sim_diagnostic moving = diagnostics->entries[i];
        uint32_t j = i;
        while (j > 0) {
            const struct sim_diagnostic *before = &diagnostics->entries[j - 1];
            if (before->line < moving.line ||
                (before->line == moving.line && before->column <= moving.column)) {
                break;
            }
            diagnostics->entries[j] = *before;
            j--;
        }
        diagnostics->entries[j] = moving;
    }
}

static const char *find_line(const struct sim_diagnostics *diagnostics, uint32_t line,
                             size_t *ret_len) {
    const char *at = diagnostics->source;
    if (at == NULL) {
        return NULL;
    }
    const char *end = at + diagnostics->source_len;
    for (uint32_t i = 1; i < line; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL) {
            return NULL;
        }
        at = newline + 1;
    }
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((newline == NULL ? end : newline) - at);
    *ret_len = len < SHOWN_LINE_MAX ? len : SHOWN_LINE_MAX;
    return at;
}

/* Bytes of the character at `text`, 0 if it is not UTF-8 or a control character, which would move
 * the terminal's cursor or worse. */
static size_t printable_length(const char *text, size_t len) {
    const unsigned char *bytes = (const unsigned char *)text;
    if (bytes[0] < 0x80) {
        return bytes[0] >= 0x20 && bytes[0] != 0x7f ? 1 : 0;
    }
    size_t need = bytes[0] >= 0xf0 ? 4 : (bytes[0] >= 0xe0 ? 3 : 2);
    bool c1 = bytes[0] == 0xc2 && len > 1 && bytes[1] < 0xa0;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || need > len || c1) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return need;
}

static void print_escaped(const char *text, size_t len, FILE *out) {
    for (size_t i = 0; i < len;) {
        size_t n = printable_length(text + i, len - i);
        if (n == 0) {
            fputc(text[i] == '\t' ? ' ' : '?', out);
        } else {
            fwrite(text + i, 1, n, out);
        }
        i += n == 0 ? 1 : n;
    }
}

static void print_source(const struct sim_diagnostics *diagnostics,
                         const struct sim_diagnostic *entry, FILE *out) {
    size_t len = 0;
    const char *line = find_line(diagnostics, entry->line, &len);
    if (line == NULL || len == 0 || entry->column > len + 1) {
        return;
    }
    fputs("  ", out);
    print_escaped(line, len, out);
    fprintf(out, "\n  %*s^\n", (int)entry->column - 1, "");
}

void sim_diagnostics_print(struct sim_diagnostics *diagnostics, FILE *out) {
    sort_by_place(diagnostics);
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        const struct sim_diagnostic *entry = &diagnostics->entries[i];
        print_escaped(diagnostics->file, strlen(diagnostics->file), out);
        fprintf(out, ":%u:%u: %s[WG%04u]: ", entry->line, entry->column,
                entry->warning ? "warning" : "error", entry->code);
        print_escaped(entry->path, strlen(entry->path), out);
        fputs(entry->path[0] == '\0' ? "" : ": ", out);
        print_escaped(entry->message, strlen(entry->message), out);
        fputc('\n', out);
        print_source(diagnostics, entry, out);
        if (entry->help[0] != '\0') {
            fputs("help: ", out);
            print_escaped(entry->help, strlen(entry->help), out);
            fputc('\n', out);
        }
    }
    if (diagnostics->dropped > 0) {
        fprintf(out, "%s: %u more errors are not shown\n", diagnostics->file,
                diagnostics->dropped);
    }
}

#define WORD_MAX 48

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein distance without regard to case, or SIZE_MAX for words that are too long. */
static size_t distance(const char *a, const char *b) {
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > WORD_MAX || b_len > WORD_MAX) {
        return SIZE_MAX;
    }
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0u : 1u);
            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

/* The one candidate that begins with `word`; NULL when there is none or more than one. */
static const char *only_beginning(const char *word, const char *const *candidates, size_t count) {
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(candidates[i], word, strlen(word)) == 0) {
            if (found != NULL) {
                return NULL;
            }
            found = candidates[i];
        }
    }
    return found;
}

const char *sim_nearest(const char *word, const char *const *candidates, size_t count) {
    size_t len = strlen(word);
    size_t limit = len < 4 ? 1 : (len < 9 ? 2 : 3);
    const char *best = NULL;
    size_t best_distance = limit + 1;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best_distance) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best != NULL || len < 3 ? best : only_beginning(word, candidates, count);
}
