/* One broker with one partition: posts, timers and plugin calls go round at once, messages to other
 * brokers are lost. Every event is a job, so a test can get in between any two. */
#ifndef TESTS_PARTITION_HARNESS_H
#define TESTS_PARTITION_HARNESS_H

#include "tests/lib/mem_disk.h"
#include "tests/lib/test_env.h"
#include "waggle/inspect.h"

#define RIG_QUEUE 1024
#define RIG_TEXT 4096
#define RIG_REPLIES 256

struct rig {
    struct wg_env *env;
    struct wg_disk *disk;
    struct wg_node *node;
    struct wg_node_options options;
    struct wg_partition_options partition;
    struct wg_exporter_options exporters[4];

    struct wg_event queue[RIG_QUEUE];
    uint32_t first, count;
    wg_time timers[WG_ACTOR_COUNT][WG_TIMER_SLOTS];
    bool in_call;         /* the exporter's actor is occupied */
    uint32_t fail_opens;  /* so many open calls fail */
    bool fail_exports;    /* export calls fail */
    uint8_t ack;          /* export calls acknowledge what they got */
    const struct wg_record_filter *filter; /* that configure calls set; NULL = none */
    uint32_t partition_jobs;

    char calls[RIG_TEXT];  /* plugin calls: c o e t x d, one letter each */
    char closes[RIG_TEXT]; /* services asked to close: E S P */
    wg_position exported;  /* highest position handed to an exporter */
    wg_position exported_first; /* first one since this was set to 0 */
    struct wg_reply replies[RIG_REPLIES];
    uint32_t reply_count;
    uint64_t admin_request; /* last one answered */
    uint32_t admin_status, admin_count;
    uint32_t stopped;
};

/* `members` replicas, this broker the first; with one it leads as soon as it runs. Does not start. */
struct rig *rig_new(uint32_t members, uint32_t exporters);
void rig_free(struct rig *rig);
/* A new process over what the disk holds; posts START. */
void rig_start(struct rig *rig);
/* The process dies. */
void rig_kill(struct rig *rig);

void rig_post(struct rig *rig, enum wg_actor actor, enum wg_post what, uint64_t value,
              uint64_t value2);
void rig_admin(struct rig *rig, enum wg_admin_kind kind);
/* WG_ADMIN_ENABLE_EXPORTER, WG_ADMIN_DISABLE_EXPORTER; `from` NULL = as it is. */
void rig_admin_exporter(struct rig *rig, enum wg_admin_kind kind, const char *exporter,
                        const char *from);
/* Creates an instance of a process that does not exist: a command and its rejection. */
void rig_command(struct rig *rig);
/* One job; false = nothing waits. */
bool rig_step(struct rig *rig);
void rig_run(struct rig *rig);
/* Lets time pass; timers fire in order. */
void rig_pass(struct rig *rig, wg_time span);

struct wg_partition_view rig_view(const struct rig *rig);
/* Whether services for `role` are installed. */
bool rig_is(const struct rig *rig, enum wg_role role);
uint32_t rig_calls(const struct rig *rig, char letter);
/* Raft becomes that in the present term, and all that follows from it is done. */
void rig_become(struct rig *rig, enum wg_role role);
/* Plugin calls since this was asked last, one letter each. */
void rig_expect_calls(struct rig *rig, const char *expected);

#endif
