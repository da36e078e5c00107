/* SPDX-License-Identifier: MIT */
/* The technician's methods for the flight recorder. */
#include "methods_call.h"
#include "recordings.h"

static struct recordings *need_recordings(const struct call *call)
{
	struct recordings *recordings = server_recordings(call->client->server);

	if (recordings == NULL) {
		call_refuse(call, "no_recorder", "This chair records nothing just now.");
	}
	return recordings;
}

void recorder_save(struct call *call)
{
	struct recordings *recordings = need_recordings(call);
	char path[RECORDINGS_PATH_MAX];

	if (recordings == NULL) {
		return;
	}
	if (recordings_save(recordings, call_now_us(), path) < 0) {
		call_refuse(call, "busy", "A recording is being written. Please try again.");
	} else {
		call_answer(call, json_pack("{s:s, s:b}", "path", path, "saving", true));
	}
}

void recorder_list(struct call *call)
{
	struct recordings *recordings = need_recordings(call);

	if (recordings != NULL) {
		call_answer_document(call, recordings_list(recordings));
	}
}
