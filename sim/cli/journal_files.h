/* The segment files of a journal in a real directory, for reading. */
#ifndef SIM_CLI_JOURNAL_FILES_H
#define SIM_CLI_JOURNAL_FILES_H

#include "sim/cli/bytes_io.h"

#include "waggle/ids.h"

struct cli_segment_file {
    uint64_t number; /* in its name */
    char *name;      /* without the directory */
};

struct cli_journal_files {
    const char *dir;
    struct cli_segment_file *files; /* in order of the numbers */
    uint32_t count;
    uint32_t loaded;                /* which file `content` is of; UINT32_MAX = none */
    struct cli_bytes content;
    bool failed;                    /* a file could not be read; it was complained about */
    wg_index last_flushed;          /* of the meta file beside them; 0 = none or nothing */
};

/* Lists <journal>-<number>.log. False after a complaint (no such directory, two journals in it). */
bool cli_journal_list(const char *dir, struct cli_journal_files *ret_files);
/* The whole content of a file; the one asked for before is forgotten. */
struct cli_bytes cli_journal_content(struct cli_journal_files *files, uint32_t at);
void cli_journal_free(struct cli_journal_files *files);

#endif
