/* Commands that one partition hands on to all others (reference: engine 11.5). */
#ifndef WG_PROCESSING_COMMAND_DISTRIBUTION_H
#define WG_PROCESSING_COMMAND_DISTRIBUTION_H

#include "processing/step.h"

/* { E COMMAND_DISTRIBUTION STARTED ; E DISTRIBUTING per other partition }, and the command goes to each
 * with `key`, which names the distribution from then on. Nothing in a cluster of one partition. */
WG_MUST_USE wg_status wg_distribute(struct wg_step *step, wg_key key, uint8_t value_type,
                                    uint8_t intent, struct wg_bytes value);
/* Whether the command being handled was handed on by another partition. */
bool wg_is_distributed(const struct wg_step *step);
/* C COMMAND_DISTRIBUTION ACKNOWLEDGE to the partition that handed it on. */
WG_MUST_USE wg_status wg_distribution_acknowledge(struct wg_step *step);

wg_status wg_handle_distribution_acknowledge(struct wg_step *step);
/* The command again, for those of the distributions' partitions that may_send allows; see
 * wg_processing_pending. */
WG_MUST_USE wg_status wg_distribution_again(struct wg_step *step,
                                            bool (*may_send)(void *ctx, uint64_t number),
                                            void *ctx);
WG_MUST_USE wg_status wg_apply_distribution(struct wg_env *env, struct wg_state *state,
                                            uint8_t intent, wg_key key,
                                            const struct wg_value_command_distribution *value);

#endif
