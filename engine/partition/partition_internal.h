/* Shared by the files of engine/partition only. */
#ifndef WG_PARTITION_INTERNAL_H
#define WG_PARTITION_INTERNAL_H

#include "base/assert.h"
#include "exporting/director.h"
#include "partition/partition.h"
#include "raft/raft.h"
#include "snapshot/snapshot_director.h"
#include "stream/processor.h"

#define WG_PARTITION_DIR_MAX 32

/* Where a role transition stands.
 *
 *   SETTLED --role change--> CLOSING --all closed--> INSTALLING --last step--> SETTLED
 *      |                        ^  ^ a newer role change      |
 *      |                        |    only changes the target  |
 *      |                        +---- a newer role change: what is installed closes again
 *      +--STOP--> CLOSING(stopping) --> STOPPED            any --failure--> DEAD
 *
 * SETTLED: services match `installed`. CLOSING: the services named by `closing` and before it in
 * the order EXPORTER, SNAPSHOT, PROCESSOR are gone. INSTALLING: those of the steps before `step`
 * run, for the role `target`. STOPPED, DEAD: nothing runs any more. */
enum wg_transition { WG_SETTLED, WG_CLOSING, WG_INSTALLING, WG_STOPPED, WG_DEAD };

/* Each is a job of its own, so that a newer role change gets in between. */
enum wg_install_step { WG_INSTALL_STATE, WG_INSTALL_PROCESSOR, WG_INSTALL_SNAPSHOT,
                       WG_INSTALL_EXPORTER };

/* What every step reads comes first: with many partitions each is cold when its turn comes. */
struct wg_partition {
    struct wg_partition_shared *shared;
    const struct wg_partition_options *options;
    struct wg_raft *raft;
    struct wg_state *state; /* NULL = closed */
    struct wg_processor *processor;
    struct wg_snapshot_director *snapshot_director;
    struct wg_director *director;

    enum wg_transition transition;
    enum wg_role installed;   /* services match this role */
    wg_term installed_term;
    wg_index visible_commit;  /* of jobs of raft that have ended: what readers may see */

    struct wg_snapshots *snapshots;
    enum wg_actor closing;
    enum wg_install_step step;
    enum wg_role target; /* being installed */
    wg_term target_term;
    bool director_failed; /* it did not close in order: no transition succeeds any more */
    bool stopping;
    bool receiving;           /* a snapshot is being received: stay inactive */
    bool reload;              /* one was: the state on hand no longer fits the log */
    enum wg_role wanted;
    wg_term wanted_term;
    uint64_t installations;   /* counts attempts: tells an old failure from a new one */
    enum wg_exporting_phase exporting; /* as an operator has asked for */
    bool processing_paused;            /* by an operator */
    uint32_t claimed_pause;            /* bits of enum wg_pause_reason last told */
    char dir[WG_PARTITION_DIR_MAX];
    struct wg_exporter_metrics metrics; /* of all its directors */
};

/* partition_transition.c */
void wg_partition_on_role(struct wg_partition *p, enum wg_role role, wg_term term);
void wg_partition_on_closed(struct wg_partition *p, enum wg_actor actor, wg_status status);
void wg_partition_advance(struct wg_partition *p);
/* Whether the services that run are those of the role; a candidate has a follower's, and keeps them. */
bool wg_partition_serves(const struct wg_partition *p, enum wg_role role, wg_term term);
void wg_partition_fail(struct wg_partition *p, wg_status status, enum wg_actor where);
/* A service could not go on. Judged only after the raft job that runs now has ended: if that one
 * received a snapshot, the log was reset under the service and it is replaced anyway. */
void wg_partition_suspect(struct wg_partition *p, wg_status status, enum wg_actor where);
void wg_partition_on_suspect(struct wg_partition *p, uint64_t what, wg_status status);
void wg_partition_stop(struct wg_partition *p);

/* partition_admin.c */
/* Reads what an operator had paused. */
WG_MUST_USE wg_status wg_partition_load_pauses(struct wg_partition *p);
/* Actor PARTITION: stores what is asked for and hands it to the service it is for. */
void wg_partition_on_admin(struct wg_partition *p, const struct wg_admin_request *request);
void wg_partition_refuse_admin(struct wg_partition *p, const struct wg_admin_request *request);
/* Answers `request` unless it is WG_NO_REQUEST. */
void wg_partition_admin_reply(struct wg_partition *p, uint64_t request, wg_status status);
/* Tells the processor, if there is one, what pauses it now, and claims what changed. */
void wg_partition_apply_pause(struct wg_partition *p);

#endif
