/* Reads the segment files of a journal without changing them: every sound entry in order, every
 * place where something is wrong, and what recovery (journal_recover.c) would keep. Also reads
 * Zeebe's own files. */
#ifndef WG_JOURNAL_JOURNAL_VERIFY_H
#define WG_JOURNAL_JOURNAL_VERIFY_H

#include "codec/frame.h"

/* A frame whose checksum is right. */
struct wg_verify_entry {
    uint32_t file;
    uint64_t offset;
    struct wg_frame frame;
    struct wg_bytes bytes; /* the whole frame */
};

/* Something wrong. `offset` is the first byte that may be bad: where bytes do not match their
 * checksum, that is the checksum's own. */
struct wg_verify_finding {
    uint32_t file;
    uint64_t offset;
    const char *what;
    bool ends_file; /* recovery reads no further in this file, or drops it */
};

struct wg_verify_source {
    void *ctx;
    uint32_t files; /* segment files, in order of the numbers in their names */
    /* The whole content of a file; asked for once, and valid until the next is asked for. */
    struct wg_bytes (*content)(void *ctx, uint32_t file);
    /* Either may be NULL. Entries are told as they are read: those of a segment that fails, too. */
    void (*entry)(void *ctx, const struct wg_verify_entry *entry);
    void (*finding)(void *ctx, const struct wg_verify_finding *finding);
};

/* What recovery keeps: indexes first to last (none: 1 to 0) in files 0 to files - 1, the last of
 * them up to offset `end`. `refused`: it would not open the journal, because an entry that was
 * promised (at or below last_flushed) is not among them. */
struct wg_verify_result {
    wg_index first, last;
    uint32_t files;
    uint64_t end;
    bool refused;
    uint64_t entries, records;
    uint32_t findings;
};

void wg_journal_verify(const struct wg_verify_source *source, wg_index last_flushed,
                       struct wg_verify_result *ret_result);

#endif
