/* Reads docs/INVARIANTS.md, which is built in: a judge's section begins with "## id", and what the
 * run itself finds are rows "| id | statement | blame |" of a table. */
#include "sim/scenario/invariant_table.h"

#include <stddef.h>
#include <string.h>

#define ID_MAX 48

static const char table_heading[] = "## Found by the run itself";

extern const char sim_invariants_page[];
extern const size_t sim_invariants_page_len;

struct entry {
    char id[ID_MAX];
    const char *text, *blame; /* blame: the last cell of a row, NULL for a section */
    size_t text_len, blame_len;
};

static struct entry entries[SIM_INVARIANTS_MAX];
static uint32_t entry_count;
static bool is_read;

/* Copies an id of lower-case letters and dashes that ends where `end` does. */
static bool take_id(const char *at, const char *end, struct entry *entry) {
    size_t len = (size_t)(end - at);
    if (len == 0 || len >= ID_MAX || strspn(at, "abcdefghijklmnopqrstuvwxyz-") != len ||
        at[0] == '-') {
        return false;
    }
    memcpy(entry->id, at, len);
    entry->id[len] = '\0';
    return true;
}

static const char *line_end(const char *at) {
    const char *end = strchr(at, '\n');
    return end == NULL ? at + strlen(at) : end;
}

/* "## id" and all up to the next heading. */
static bool read_section(const char *line, const char *end, struct entry *entry) {
    if (strncmp(line, "## ", 3) != 0 || !take_id(line + 3, end, entry)) {
        return false;
    }
    const char *next = strstr(end, "\n## ");
    entry->text = end + strspn(end, "\n");
    entry->text_len = next == NULL ? strlen(entry->text) : (size_t)(next + 1 - entry->text);
    while (entry->text_len > 0 && entry->text[entry->text_len - 1] == '\n') {
        entry->text_len--;
    }
    return true;
}

static const char *next_cell(const char *at, const char *end) {
    const char *bar = memchr(at, '|', (size_t)(end - at));
    return bar == NULL || bar[-1] != ' ' || bar + 1 > end ? NULL : bar;
}

/* "| id | statement | blame |" */
static bool read_row(const char *line, const char *end, struct entry *entry) {
    if (strncmp(line, "| ", 2) != 0) {
        return false;
    }
    const char *bars[3];
    const char *at = line + 2;
    for (int i = 0; i < 3; i++) {
        bars[i] = next_cell(at, end);
        if (bars[i] == NULL) {
            return false;
        }
        at = bars[i] + 1;
    }
    if (!take_id(line + 2, bars[0] - 1, entry) || strcmp(entry->id, "id") == 0) {
        return false;
    }
    entry->text = bars[0] + 2;
    entry->text_len = (size_t)(bars[1] - 1 - entry->text);
    entry->blame = bars[1] + 2;
    entry->blame_len = (size_t)(bars[2] - 1 - entry->blame);
    return true;
}

static void read_page(void) {
    if (is_read) {
        return;
    }
    is_read = true;
    const char *line = sim_invariants_page;
    bool in_table = false;
    while (*line != '\0' && entry_count < SIM_INVARIANTS_MAX) {
        const char *end = line_end(line);
        struct entry *entry = &entries[entry_count];
        memset(entry, 0, sizeof *entry);
        if (strncmp(line, "## ", 3) == 0) {
            in_table = strncmp(line, table_heading, sizeof table_heading - 1) == 0;
        }
        if (read_section(line, end, entry) || (in_table && read_row(line, end, entry))) {
            entry_count++;
        }
        line = *end == '\0' ? end : end + 1;
    }
}

uint32_t sim_invariant_count(void) {
    read_page();
    return entry_count;
}

const char *sim_invariant_id(uint32_t i) {
    read_page();
    return entries[i].id;
}

const char *sim_invariant_statement(uint32_t i, int *ret_len) {
    read_page();
    const char *end = line_end(entries[i].text);
    size_t len = (size_t)(end - entries[i].text);
    *ret_len = (int)(len < entries[i].text_len ? len : entries[i].text_len);
    return entries[i].text;
}

int sim_invariant_find(const char *id) {
    read_page();
    for (uint32_t i = 0; i < entry_count; i++) {
        if (strcmp(entries[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void sim_invariant_print(uint32_t i, FILE *out) {
    read_page();
    fwrite(entries[i].text, 1, entries[i].text_len, out);
    fputc('\n', out);
    if (entries[i].blame != NULL) {
        fprintf(out, "\n- Blame: %.*s.\n", (int)entries[i].blame_len, entries[i].blame);
    }
}
