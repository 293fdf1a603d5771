/* Which exporters are to run where: what the operator asked of broker 0 and was answered with success
 * (facts ADMIN, ADMIN_DONE), what stands in the configuration of each process (BROKER_START), and what
 * each replica says that it goes by (claim EXPORTER_SETTING). From these: from when on an exporter is
 * owed every record.
 *
 * While replicas differ nobody can be sure of anything: one that has not enabled an exporter yet does
 * not hold back its log for it, and may become leader. So an exporter is owed the records that were
 * committed after the last replica had enabled it; one that began as a copy is owed all that its source
 * had not acknowledged, unless a leader changed in between.
 *
 * A request that broker 0 has not answered with success may come into force all the same: it has renamed
 * its file of settings while the request was under way (fact DISK_RENAMED), and then its process ended, or
 * it answered with an error of its disk. A later process finds the change in the file. What the operator
 * wants is in doubt from then on, until a request about the same exporter succeeds: broker 0 makes one
 * change after another, so what it accepts stands behind what it had in its file. Meanwhile what all
 * replicas go by, if that is the same, stands for what he wants.
 *
 * Also how much a director may still hand to an exporter that its replica has just disabled: it works on
 * from its mailbox until it comes to the news, which lies behind all that was there before.
 *
 * Memory: 32 bytes per replica and exporter, 4 per replica, 40 per partition and exporter. */
#ifndef SIM_INVARIANTS_ENABLED_H
#define SIM_INVARIANTS_ENABLED_H

#include "sim/invariants/judge.h"

struct judge_setting {
    bool disabled;   /* says the replica */
    bool absent;     /* from its process's configuration */
    uint64_t version;
    wg_time since;   /* of this; 0 = from the beginning */
    uint32_t calls;  /* export calls since it is disabled */
    uint32_t allowed; /* so many of them at most: what may have lain before the news */
    bool open;       /* called to open, and not to close since */
    bool opens_soon; /* enabled under an active director, which has not opened it yet */
};

struct judge_stream {
    bool unwanted; /* by the operator; while in doubt: by what the first replica goes by */
    bool in_doubt; /* a request may come into force that was not answered with success */
    bool unsettled;
    bool changed;  /* it ever was: an older snapshot may lack its row */
    bool copies;   /* the enabling that is not settled began as a copy */
    uint32_t opens; /* by active directors since the change was accepted */
    wg_position settled_at; /* a copy: last committed record when it was settled; -1 = none */
};

/* The request for a change that broker 0 works on. */
struct judge_asked {
    bool any;
    bool stored; /* its file of settings was renamed since */
    bool enables;
    wg_node_id node;
    uint32_t exporter, source; /* source: 0 = none, else number + 1 */
};

struct judge_enabled {
    struct judge_asked asked;
    struct judge_setting *settings; /* [replica * exporters + exporter] */
    struct judge_stream *streams;   /* [(partition - 1) * exporters + exporter] */
    uint32_t *mail; /* by replica: what may lie in its director's mailbox beside notes that lie there once */
    uint64_t *sources;              /* by exporter: bit per exporter that it ever began as a copy of */
};

void judge_enabled_init(struct sim_judges *b);
void judge_enabled_free(struct sim_judges *b);

/* Whether the exporter gets every record of the partition at present. */
bool judge_enabled_owes(const struct sim_judges *b, wg_partition_id p, uint32_t exporter);
const struct judge_setting *judge_enabled_on(const struct sim_judges *b, wg_node_id node,
                                             wg_partition_id p, uint32_t exporter);
/* Whether that replica goes by a setting in which the exporter runs. */
bool judge_enabled_runs(const struct sim_judges *b, wg_node_id node, wg_partition_id p,
                        uint32_t exporter);
/* Whether it ever was disabled or away on some replica. */
bool judge_enabled_changed(const struct sim_judges *b, wg_partition_id p, uint32_t exporter);
/* Whether the operator surely wants it enabled. */
bool judge_enabled_wanted(const struct sim_judges *b, wg_partition_id p, uint32_t exporter);
bool judge_enabled_copied(const struct sim_judges *b, uint32_t exporter, uint32_t source);

/* Whether the configuration keeps the record from all exporters. */
bool judge_skips(const struct sim_judges *b, wg_position position);

/* Handlers. */
void judge_enabled_fact(struct sim_judges *b, const struct sim_fact *fact);
void judge_enabled_claim(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void judge_enabled_director(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);
void judge_enabled_call(struct sim_judges *b, const struct sim_fact *fact);
void judge_enabled_mail(struct sim_judges *b, const struct sim_fact *fact);
void judge_enabled_asked(struct sim_judges *b, const struct sim_fact *fact);
void judge_enabled_renamed(struct sim_judges *b, const struct sim_fact *fact);
void judge_enabled_role(struct sim_judges *b, wg_node_id node, const struct wg_claim *claim);

#endif
