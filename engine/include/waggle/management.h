/* Zeebe's management API without its transport: which admin requests an HTTP request stands for, what
 * the state of partitions looks like, and which status and body are the answer (reference: backup 5).
 * An HTTP server, and the simulated operator, carry the rest: they send the admin requests to the
 * replicas (wg_node_step, WG_EVENT_ADMIN) and collect the answers. Texts are ASCII JSON. */
#ifndef WAGGLE_MANAGEMENT_H
#define WAGGLE_MANAGEMENT_H

#include "waggle/node.h"
#include "waggle/trace.h"

#include <stddef.h>

/* --- state of partitions ---------------------------------------------------------------------- */

/* Zeebe's phases of the stream processor. */
enum wg_stream_phase { WG_STREAM_INITIAL, WG_STREAM_REPLAY, WG_STREAM_PROCESSING, WG_STREAM_FAILED,
                       WG_STREAM_PAUSED };

struct wg_partition_status {
    enum wg_role role;
    wg_position processed;                /* WG_POSITION_NONE = nothing yet */
    bool has_snapshot;
    uint64_t snapshot_index, snapshot_term;
    wg_position snapshot_processed, snapshot_exported;
    enum wg_stream_phase stream;
    enum wg_exporting_phase exporting;    /* as an operator has asked for */
    wg_position exported;                 /* lowest of all exporters, WG_POSITION_NONE = none */
};

/* WG_NOT_FOUND: no replica here. WG_CLOSED: its services do not run at present; Zeebe then leaves the
 * partition out of its answer. */
WG_MUST_USE wg_status wg_node_partition_status(const struct wg_node *node,
                                               wg_partition_id partition,
                                               struct wg_partition_status *ret_status);

/* Of those with a replica here, the highest id; 0 = there is none. */
wg_partition_id wg_node_highest_partition(const struct wg_node *node);

/* Text that is cut off where the room ends; `len` counts what there would be. */
struct wg_json_out {
    char *text;
    size_t room, len;
};
void wg_json_put(struct wg_json_out *out, const char *text);
void wg_json_put_number(struct wg_json_out *out, uint64_t number);
/* With quotation marks around it. */
void wg_json_put_string(struct wg_json_out *out, const char *text);
/* {"role":"LEADER","processedPosition":..,...} */
void wg_partition_status_json(const struct wg_partition_status *status, struct wg_json_out *out);
/* {"1":{...},"2":{...}} of all replicas whose services run. */
void wg_node_status_json(const struct wg_node *node, struct wg_json_out *out);
/* [{"exporterId":"x","status":"ENABLED"},..], as GET exporters answers: ENABLED, DISABLED, or ENABLING,
 * DISABLING while brokers differ. */
void wg_node_exporters_json(const struct wg_node *node, struct wg_json_out *out);

/* --- requests --------------------------------------------------------------------------------- */

enum wg_management_action {
    WG_MANAGEMENT_NOTHING, /* answer at once */
    WG_MANAGEMENT_ADMIN,   /* send the admin requests, then answer */
    WG_MANAGEMENT_STATUS,  /* answer with wg_node_status_json of this broker */
    WG_MANAGEMENT_EXPORTERS, /* answer with wg_node_exporters_json of broker 0 */
    WG_MANAGEMENT_CHANGE   /* send the one request about an exporter, then answer with
                              wg_management_change_answer */
};
enum wg_management_scope {
    WG_SCOPE_REPLICAS, /* every replica of every partition; needs a complete topology */
    WG_SCOPE_LEADERS,  /* the leader of every partition; nobody waits for the answers */
    WG_SCOPE_BROKER,   /* the replicas of the broker that was asked */
    WG_SCOPE_COORDINATOR /* broker 0, at any of its partitions */
};
enum wg_management_answer {
    WG_ANSWER_EXPORTING, /* 204, or 500 with the reason */
    WG_ANSWER_EMPTY,     /* 200 without a body, always */
    WG_ANSWER_STATUS,    /* 200 with the state of this broker's partitions */
    WG_ANSWER_NO_CONTENT, /* 204 */
    WG_ANSWER_NOT_FOUND, /* 404 */
    WG_ANSWER_BAD_METHOD, /* 405 */
    WG_ANSWER_EXPORTERS, /* 200 with the exporters and how they stand */
    WG_ANSWER_CHANGE     /* 202 with what is planned, or why not */
};

#define WG_MANAGEMENT_ADMINS_MAX 3

struct wg_management_call {
    uint8_t action; /* enum wg_management_action */
    uint8_t scope;  /* enum wg_management_scope; ADMIN only */
    uint8_t admins[WG_MANAGEMENT_ADMINS_MAX]; /* enum wg_admin_kind, in this order; ADMIN, CHANGE */
    uint8_t admin_count; /* of ADMIN: each is sent whatever became of those before it */
    uint8_t answer; /* enum wg_management_answer */
    bool unknown_operation; /* of exporting: answered as a failure */
    bool dry_run;           /* CHANGE: nothing is to happen */
    const char *exporter;   /* CHANGE: its id, `exporter_len` bytes in the path that was parsed */
    size_t exporter_len;
};

/* `path` with query, without the prefix /actuator and decoded: "/exporting/pause?soft=true". Whatever is
 * not known becomes a call that is answered with an error. What stands in a body is for the host: for
 * /exporters/{id}/enable it may be {"initializeFrom":"other"}. */
void wg_management_parse(const char *method, const char *path,
                         struct wg_management_call *ret_call);

/* What came of a call; the first that holds counts. */
enum wg_management_outcome {
    WG_OUTCOME_DONE,       /* all that were asked answered OK */
    WG_OUTCOME_INCOMPLETE, /* topology: a partition without a known leader, or with fewer followers than
                              replicas - 1; nothing was sent */
    WG_OUTCOME_FAILED      /* a replica answered otherwise, or not */
};

/* Writes the body into `out` and returns the HTTP status. Documented: 204 and 500. As 8.6 does it
 * (`as_8_6`): exporting always answers 200, and the body says what it should have been. `node` is the
 * broker that was asked (STATUS). */
uint32_t wg_management_answer(const struct wg_management_call *call,
                              enum wg_management_outcome outcome, bool as_8_6,
                              const struct wg_node *node, struct wg_json_out *out);

/* --- changes of exporters --------------------------------------------------------------------- */

/* The cluster as a gateway knows it. */
struct wg_management_cluster {
    uint32_t broker_count;
    const struct wg_partition_options *partitions; /* all of them, ascending */
    uint32_t partition_count;
};

/* What came of a request to enable or disable an exporter. */
struct wg_exporter_change {
    enum wg_admin_kind kind;
    const char *exporter; /* its id */
    bool was_enabled;     /* on the coordinator, when it was asked */
    wg_status status;     /* its answer */
};

/* Writes the body into `out` and returns the HTTP status (wg_admin_http_status): 202 with
 * {"changeId":..,"currentTopology":[..],"plannedChanges":[..],"expectedTopology":[..]}, one planned
 * operation for each broker and partition; else {"message":".."}. `coordinator` is broker 0, which has
 * answered and still runs; NULL = it could not be reached: 502. */
uint32_t wg_management_change_answer(const struct wg_node *coordinator,
                                     const struct wg_management_cluster *cluster,
                                     const struct wg_exporter_change *change,
                                     struct wg_json_out *out);

#endif
