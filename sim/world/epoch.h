/* The wall clock of every simulated broker at virtual time 0, in epoch milliseconds. */
#ifndef SIM_WORLD_EPOCH_H
#define SIM_WORLD_EPOCH_H
#define SIM_EPOCH_MS 1700000000000
#endif
