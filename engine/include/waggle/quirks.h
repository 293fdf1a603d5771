/* Quirks: what Zeebe 8.6 does differently from its documents, or from a careful reading of the
 * protocol, each as a switch with a name. `behaviour: zeebe-8.6` has all of them on, `documented`
 * none but those named in `cluster.quirks`. docs/FIDELITY.md says what each one costs. */
#ifndef WAGGLE_QUIRKS_H
#define WAGGLE_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>

/* name of the enumerator, name in scenarios, what Zeebe 8.6 does */
#define WG_QUIRK_MAP(X)                                                                            \
    X(EMPTY_LOG_VOTES, "empty-log-votes",                                                          \
      "with an empty log behind a snapshot, voters accept everyone and candidates send 0,0")       \
    X(COMPACTED_TERM, "compacted-index-compares-first-entry",                                      \
      "a compacted previous index is compared with the first entry there is")                      \
    X(KEPT_CHUNK_ID, "aborted-install-keeps-chunk-id",                                             \
      "the last chunk id survives an aborted install; that chunk is then acknowledged, not stored") \
    X(LATE_CHUNK_ABORTS, "late-chunk-aborts-install",                                              \
      "a second copy of an earlier chunk throws away what has been received")                      \
    X(INSTALL_BY_ID, "install-resumes-by-id",                                                      \
      "chunks of two senders are mixed when their snapshots have the same id")                     \
    X(UNFLUSHED_HEARTBEAT, "heartbeat-acknowledges-unflushed",                                     \
      "an empty append acknowledges entries that were found at the start and never flushed")       \
    X(STORAGE_ERROR_ENDS_REPLICA, "storage-error-ends-replica",                                    \
      "a flush, term or vote that cannot be stored makes the replica inactive until a restart")    \
    X(FAILING_LEADER_FIRST, "failing-leader-campaigns-first",                                      \
      "a leader that could not write keeps its priority, and wins again while others could lead")  \
    X(DAMAGED_SNAPSHOT_EMPTY, "damaged-snapshot-starts-empty",                                     \
      "an empty log behind a damaged snapshot is taken for an install cut short: it starts anew")  \
    X(DIRECTOR_STAYS_DOWN, "director-stays-down",                                                  \
      "a failed configure, open or timer ends exporting of all exporters until the role changes; " \
      "that role change then fails too")                                                           \
    X(PAUSED_RECORD_GOES_ON, "paused-record-goes-on",                                              \
      "a pause does not stop the record under way: attempts go on")                                \
    X(RESUME_MAKES_ZERO, "resume-makes-zero",                                                      \
      "resume after a soft pause without acknowledgements turns position -1 into 0")               \
    X(LAST_ACK_WINS, "last-ack-wins",                                                              \
      "of the acknowledgements during a soft pause the last one counts, not the highest")          \
    X(METADATA_FORGOTTEN, "remembered-metadata-forgotten",                                         \
      "an acknowledgement without metadata during a soft pause drops the metadata before it")      \
    X(ACKS_REVERSED, "acks-of-one-call-reversed",                                                  \
      "acknowledgements made in one call are applied last first")                                  \
    X(HARD_PAUSE_FREEZES, "hard-after-soft-pause-freezes",                                         \
      "soft pause, pause, resume: exporters run on, but no position moves any more")               \
    X(SOFT_PAUSE_STALLS, "soft-after-hard-pause-stalls",                                           \
      "pause, soft pause: nothing is exported until the next commit")                              \
    X(PAUSE_FILE_NOT_CUT, "pause-file-not-truncated",                                              \
      "soft pause, pause leaves PAUSEDAUSED on disk: the next start of the partition fails")       \
    X(PAUSE_UNSAVED_IS_OK, "unsaved-pause-is-ok",                                                  \
      "a pause that could not be stored is answered OK and in force from the next role on")        \
    X(FULL_DISK_STOPS_REPLAY, "full-disk-stops-replay",                                            \
      "below the watermark of processing replay stands still too, so a replica that starts there " \
      "takes no snapshot and its log is never cut")                                                \
    X(IDLE_LEADER_NO_SNAPSHOT, "idle-leader-takes-no-snapshot",                                    \
      "a new leader takes its first snapshot only after the next commit: idle, or on a full disk, "  \
      "none")                                                                                      \
    X(LOCK_ACCEPTS_SAME_NODE, "lock-accepts-same-node",                                            \
      "the lock file names a node, not a process: a broker starts although its old process still " \
      "runs on the same directory")                                                                \
    X(FROZEN_UNION, "union-filter-frozen",                                                         \
      "of records that no exporter took when the director started none reaches an exporter that is enabled " \
      "later: they are skipped for it as well")                                                    \
    X(ENABLED_AT_MINUS_ONE, "enabled-exporter-pins-log",                                           \
      "an exporter enabled at run time stays at -1 until it acknowledges: nothing is cut from the log") \
    X(ENABLE_MISSES_IN_FLIGHT, "enabled-copy-misses-in-flight",                                    \
      "an exporter initialised from another never gets what that one had in flight")               \
    X(ZOMBIE_ROW, "close-acknowledgement-revives-row",                                             \
      "an acknowledgement made in close while being disabled brings the deleted row back")         \
    X(BROADCAST_REVIVES, "broadcast-revives-disabled",                                             \
      "a follower applies every row that the leader tells, of disabled exporters and of earlier enablings " \
      "too")                                                                                       \
    X(CLOSES_UNOPENED, "disable-closes-unopened",                                                  \
      "disabling closes the instances of followers, which were never opened")                      \
    X(DISABLE_STARTS_RECORD_OVER, "disable-hands-record-out-again",                                \
      "disabling one exporter hands the record under way to the exporters before it again")        \
    X(RETURNED_STAYS_DISABLED, "returned-exporter-stays-disabled",                                 \
      "an exporter that left the configuration and is back stays disabled until an operator enables it") \
    X(CORRELATES_AGAIN, "repeated-correlate-is-refused",                                            \
      "a message that is offered again because the answer was lost is refused, and another instance of " \
      "the process gets it too")                                                                   \
    X(EXPORTING_ANSWERS_OK, "exporting-always-answers-ok",                                              \
      "calls that pause or resume exporting are answered 200 whatever became of them; the body has the status") \
    X(COPIES_AFTER_REMOVAL, "copy-of-disabled-starts-empty",                                       \
      "an exporter that begins as a copy of one that is disabled by the time it starts begins at -1") \
    X(ENABLED_IN_RECORD, "enabled-gets-record-under-way",                                          \
      "an exporter that is enabled while a record is tried again is opened at once and gets that record too")

enum wg_quirk {
#define WG_QUIRK_ENUM(name, text, what) WG_QUIRK_##name,
    WG_QUIRK_MAP(WG_QUIRK_ENUM)
#undef WG_QUIRK_ENUM
    WG_QUIRK_COUNT
};

/* The quirk's bit in wg_node_options.quirks. */
static inline uint64_t wg_quirk_bit(enum wg_quirk quirk) { return (uint64_t)1 << (unsigned)quirk; }
#define WG_ALL_QUIRKS (((uint64_t)1 << WG_QUIRK_COUNT) - 1)

/* Its name in scenarios, and one sentence; never NULL for quirk < WG_QUIRK_COUNT. */
const char *wg_quirk_name(enum wg_quirk quirk);
const char *wg_quirk_effect(enum wg_quirk quirk);
/* Number of the quirk called `name`, or -1. */
int wg_quirk_find(const char *name);

#endif
