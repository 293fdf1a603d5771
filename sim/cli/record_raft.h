/* Raft messages as lines of JSON, for `waggle record decode --as raft-message`. */
#ifndef SIM_CLI_RECORD_RAFT_H
#define SIM_CLI_RECORD_RAFT_H

#include "codec/record_json.h"

/* Appends one object: the message's fields; of the entries of an append request index, term, kind,
 * and how many records they hold. Statuses of wg_raft_wire_decode. */
WG_MUST_USE wg_status cli_raft_message_json(struct wg_bytes bytes, struct wg_text *text);

#endif
