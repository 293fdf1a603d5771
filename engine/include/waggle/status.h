/* Outcome codes of every fallible engine call, and their texts.
 *
 * A status says what kind of thing went wrong; the caller decides what it means. Out-parameters
 * named ret_* are written on WG_OK only. */
#ifndef WAGGLE_STATUS_H
#define WAGGLE_STATUS_H

#define WG_MUST_USE __attribute__((warn_unused_result))

#define WG_STATUS_MAP(X)                                                                           \
    X(OK, "ok")                                                                                    \
    X(INVALID, "invalid argument")                                                                 \
    X(CORRUPT, "stored bytes are corrupt")                                                         \
    X(NOT_FOUND, "not found")                                                                      \
    X(EXISTS, "already exists")                                                                    \
    X(FULL, "refused: at its limit")                                                               \
    X(CLOSED, "closed")                                                                            \
    X(GAP, "gap in a sequence")                                                                    \
    X(IO, "input or output error")                                                                 \
    X(NO_SPACE, "no space left on disk")                                                           \
    X(NOT_LEADER, "not the leader")                                                                \
    X(STALE, "superseded by something newer")                                                      \
    X(TRUNCATED, "bytes end too early")                                                            \
    X(UNSUPPORTED, "version or kind not supported")                                                \
    X(FATAL, "cannot go on")                                                                       \
    X(LOCKED, "another process holds the data directory")

typedef enum wg_status {
#define WG_STATUS_ENUM(name, text) WG_##name,
    WG_STATUS_MAP(WG_STATUS_ENUM)
#undef WG_STATUS_ENUM
} wg_status;

/* A constant English text for `status`; never NULL. */
const char *wg_status_text(wg_status status);

#endif
