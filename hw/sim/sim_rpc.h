/* SPDX-License-Identifier: MIT */
/*
 * sim_rpc.h - the methods sim.* that break, move and ask the simulated chair. No I/O: JSON in, JSON
 * out, so that a virtual-time program can use the same words as `chairsim ctl`.
 */
#ifndef SIM_RPC_H
#define SIM_RPC_H

#include "sim.h"

#include <jansson.h>

#define SIM_RPC_PARSE_ERROR	(-32700)
#define SIM_RPC_INVALID_REQUEST (-32600)
#define SIM_RPC_UNKNOWN_METHOD	(-32601)
#define SIM_RPC_INVALID_PARAMS	(-32602)
#define SIM_RPC_INTERNAL	(-32603)

/* Carry out @method at sim->now_us. @params may be NULL. Returns the result, a new reference; or
 * NULL with *ret_error, a new reference to a JSON-RPC error object whose data.field names the
 * parameter and data.allowed the words that would do. */
json_t *sim_rpc_call(struct sim *sim, const char *method, json_t *params, json_t **ret_error);

/* Carry out one request line; returns the answer, a new reference, or NULL for a notification. */
json_t *sim_rpc_request(struct sim *sim, const char *line, size_t len);

/* Result of sim.get: the physical truth, not what sensors say. New reference or NULL. */
json_t *sim_rpc_state(const struct sim *sim);

/* Result of sim.faults. New reference or NULL. */
json_t *sim_rpc_faults(const struct sim *sim);

/* Fill *ret from the parameters of sim.fault. Returns 0, or -EINVAL with *ret_error. */
int sim_rpc_parse_fault(json_t *params, struct sim_fault *ret, bool *ret_on, json_t **ret_error);

/* An error object. @words (may be NULL) end with NULL. */
json_t *sim_rpc_error(int code, const char *reason, const char *field, const char *const words[]);

#endif /* SIM_RPC_H */
