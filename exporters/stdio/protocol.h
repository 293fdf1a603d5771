/* The line protocol between Waggle and an exporter that is a program of its own: one JSON object per
 * line each way (docs/STDIO.md). Waggle writes a call, the program writes one answer to it, which
 * lists what the exporter did in between, in order. Both sides of both are here: Waggle writes
 * calls and reads answers, a program (or a test that plays one) reads calls and writes answers.
 *
 * Everything is bounded; a line that does not fit is refused with a stable code. Texts are UTF-8. */
#ifndef WG_EXPORTERS_STDIO_PROTOCOL_H
#define WG_EXPORTERS_STDIO_PROTOCOL_H

#include "waggle/exporter.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define STDIO_VERSION 1
#define STDIO_MAX_LINE_BYTES (16u << 20) /* the line feed included */
#define STDIO_MAX_ACTIONS 65536u

enum stdio_call_kind {
    STDIO_CONFIGURE, /* exporter, partition, args, version */
    STDIO_OPEN,      /* position, metadata */
    STDIO_EXPORT,    /* record */
    STDIO_TIMER,     /* timer */
    STDIO_CLOSE,
    STDIO_CALL_KINDS
};

/* Fields that the kind does not have are unset: 0, -1 for `position`, empty texts, NULL. */
struct stdio_call {
    int64_t call; /* number, counts up from 1 */
    enum stdio_call_kind kind;
    int64_t now_ms; /* the broker's wall clock, epoch milliseconds */
    struct wg_exporter_str exporter;
    int64_t partition;
    int64_t position; /* last acknowledged, -1 = none */
    bool has_metadata;
    struct wg_exporter_str metadata;
    int64_t timer;
    const json_t *args;   /* object; borrowed when written */
    const json_t *record; /* object, as Zeebe's exporters print it; borrowed when written */
    json_t *root;         /* what a read call refers to; NULL in one made by hand */
};

enum stdio_action_kind {
    STDIO_ACK,      /* number = position, text = metadata (has_text false: keep what is stored) */
    STDIO_SCHEDULE, /* number = timer, more = delay in ns */
    STDIO_CANCEL,   /* number = timer */
    STDIO_FILTER,   /* filter; only in answer to configure */
    STDIO_SPEND,    /* number = ns that the call takes longer */
    STDIO_LOG,      /* number = level (0 error .. 3 debug), text */
    STDIO_PUT,      /* number = position, text = document for the sink */
    STDIO_FLUSH,    /* what was put becomes durable */
    STDIO_ACTION_KINDS
};

struct stdio_action {
    enum stdio_action_kind kind;
    int64_t number, more;
    bool has_text;
    struct wg_exporter_str text;
    struct wg_exporter_filter filter;
};

struct stdio_answer {
    int64_t call;                  /* of the call that is answered */
    int32_t result;                /* WG_EXPORTER_OK, RETRY or FATAL */
    struct wg_exporter_str reason; /* for the user when it is not OK; may be empty */
    const struct stdio_action *actions;
    uint32_t action_count;
    struct stdio_action *owned;    /* what a read answer refers to; NULL in one made by hand */
    json_t *root;
};

/* Why a line was refused. The codes are stable. */
#define STDIO_ERROR_MAP(X)                                                                         \
    X(NONE, "stdio-ok")                                                                            \
    X(TOO_LONG, "stdio-line-too-long")                                                             \
    X(SYNTAX, "stdio-syntax")        /* no JSON object on one line */                              \
    X(FIELD, "stdio-field")          /* missing, of another type, or unknown */                    \
    X(RANGE, "stdio-range")          /* a number that cannot be */                                 \
    X(KIND, "stdio-kind")            /* no such call, result or action */                          \
    X(TOO_MANY, "stdio-too-many-actions")                                                          \
    X(MEMORY, "stdio-memory")

enum stdio_error_code {
#define STDIO_ERROR_ENUM(name, text) STDIO_ERROR_##name,
    STDIO_ERROR_MAP(STDIO_ERROR_ENUM)
#undef STDIO_ERROR_ENUM
};
struct stdio_error {
    enum stdio_error_code code;
    char what[120]; /* for the user */
};
const char *stdio_error_name(enum stdio_error_code code);

/* One line, with or without its line feed. False: *reterr says why. End what was read with
 * stdio_call_done and stdio_answer_done. */
bool stdio_call_read(const char *line, size_t len, struct stdio_call *ret_call,
                     struct stdio_error *reterr);
bool stdio_answer_read(const char *line, size_t len, struct stdio_answer *ret_answer,
                       struct stdio_error *reterr);
void stdio_call_done(struct stdio_call *call);
void stdio_answer_done(struct stdio_answer *answer);

/* The line with its line feed, *ret_len bytes, to be freed with free(); keys in one fixed order.
 * NULL: *reterr says why (a text that is no UTF-8, a line that is too long, no memory). */
char *stdio_call_write(const struct stdio_call *call, size_t *ret_len, struct stdio_error *reterr);
char *stdio_answer_write(const struct stdio_answer *answer, size_t *ret_len,
                         struct stdio_error *reterr);

#endif
