/* Entries and findings of a journal as text. */
#ifndef SIM_CLI_JOURNAL_PRINT_H
#define SIM_CLI_JOURNAL_PRINT_H

#include "codec/record_json.h"
#include "journal/journal_verify.h"
#include "sim/cli/journal_files.h"

struct cli_journal_print {
    struct cli_journal_files *files;
    struct wg_text text;       /* reused for every record */
    wg_partition_id partition; /* 0 = not known yet */
    bool entries;              /* NDJSON lines for entries without records, too */
    bool exact;                /* what exporters do not show as well (reports/import_exact.h) */
};

/* The NDJSON lines of an entry: each record as Zeebe exports it plus index and term. */
void cli_journal_print_entry(struct cli_journal_print *print, const struct wg_verify_entry *entry);
/* `file:offset: what` */
void cli_journal_print_finding(const struct cli_journal_files *files,
                               const struct wg_verify_finding *finding, FILE *out);
/* What recovery would keep, in one or two lines. */
void cli_journal_print_kept(const struct cli_journal_files *files,
                            const struct wg_verify_result *result, wg_index last_flushed,
                            FILE *out);

#endif
