/* Reads file names (see paths.h). */
#include "sim/invariants/paths.h"

#include <string.h>

struct text {
    const char *at, *end;
};

static bool eat(struct text *text, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(text->end - text->at) < len || memcmp(text->at, word, len) != 0) {
        return false;
    }
    text->at += len;
    return true;
}

static bool eat_number(struct text *text, uint64_t *ret_number) {
    const char *start = text->at;
    uint64_t number = 0;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9') {
        number = number * 10 + (uint64_t)(*text->at++ - '0');
    }
    *ret_number = number;
    return text->at > start && text->at - start <= 19;
}

static bool eat_snapshot_id(struct text *text, struct judge_path *path) {
    uint64_t processed, exported;
    if (!eat_number(text, &path->index) || !eat(text, "-") || !eat_number(text, &path->term) ||
        !eat(text, "-") || !eat_number(text, &processed) || !eat(text, "-") ||
        !eat_number(text, &exported)) {
        return false;
    }
    path->processed = (wg_position)processed;
    path->exported = (wg_position)exported;
    return true;
}

/* Only the checksum file makes a snapshot: the rest may be there without it. */
static uint32_t kind_in_snapshot(struct text *text) {
    uint32_t kind = eat(text, ".checksum.tmp")     ? JUDGE_PATH_SNAPSHOT_MARKER
                    : eat(text, ".checksum")       ? JUDGE_PATH_SNAPSHOT
                    : eat(text, "/zeebe.metadata") ? JUDGE_PATH_SNAPSHOT_METADATA
                    : eat(text, "/state.bin")      ? JUDGE_PATH_SNAPSHOT_STATE
                                                   : JUDGE_PATH_OTHER;
    return text->at == text->end ? kind : JUDGE_PATH_OTHER;
}

static bool is_deletion(struct text *text) {
    uint64_t number;
    return eat(text, "_") && eat_number(text, &number) && eat(text, "-deleted") && text->at == text->end;
}

struct judge_path judge_path_read(const char *ptr, uint32_t len) {
    struct judge_path path = {.kind = JUDGE_PATH_OTHER};
    const char *nul = len > 0 ? memchr(ptr, 0, len) : NULL;
    struct text text = {ptr, nul != NULL ? nul : ptr + len};
    uint64_t partition, segment;
    if (!eat(&text, "partitions/") || !eat_number(&text, &partition) || !eat(&text, "/")) {
        return path;
    }
    path.partition = (wg_partition_id)partition;
    if (eat(&text, "raft.meta")) {
        path.kind = text.at == text.end ? JUDGE_PATH_META : JUDGE_PATH_OTHER;
    } else if (eat(&text, "raft-")) {
        bool named = eat_number(&text, &segment) && eat(&text, ".log");
        bool whole = named && text.at == text.end;
        path.kind = whole                            ? JUDGE_PATH_SEGMENT
                    : named && is_deletion(&text) ? JUDGE_PATH_DELETED
                                                     : JUDGE_PATH_OTHER;
        path.segment = whole ? (uint32_t)segment : 0;
    } else if (eat(&text, "snapshots/")) {
        path.kind = eat_snapshot_id(&text, &path) ? kind_in_snapshot(&text) : JUDGE_PATH_OTHER;
    }
    return path;
}
