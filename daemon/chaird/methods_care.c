/* SPDX-License-Identifier: MIT */
/* Counters for care: to be read by all, begun anew by the technician. */
#include "methods_call.h"
#include "wear.h"

#include <errno.h>

static struct wear *need_wear(const struct call *call)
{
	struct wear *wear = server_wear(call->client->server);

	if (wear == NULL) {
		call_refuse(call, "stale", "The chair has no current values yet.");
	}
	return wear;
}

void care_get(struct call *call)
{
	const struct wear *wear = need_wear(call);

	if (wear != NULL) {
		call_answer_document(call, wear_document(wear));
	}
}

void care_reset(struct call *call)
{
	const char *name = json_string_value(json_object_get(call->params, "actuator"));
	struct wear *wear = need_wear(call);
	int r;

	if (wear == NULL) {
		return;
	}
	r = name == NULL ? -ENOENT : wear_reset(wear, name);
	if (r == -ENOENT) {
		call_invalid(call, "actuator", "must name an actuator, see care.get");
	} else if (r < 0) {
		call_refuse(call, "no_history", "It cannot be stored, so the counters stay.");
	} else {
		call_answer(call, json_pack("{s:s}", "actuator", name));
	}
}
