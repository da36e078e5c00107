/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CAUSE_ID_PREFIX "e41a9c7d50b8463fa2d7f86b3c91"

/* clang-format off */
const struct journal_kind log_start =   { "start",   "9b1c6f0d6f3a4c7f8f0e4a6f1f0b2d31" };
const struct journal_kind log_config =  { "config",  "3f0a1d5be7e94b6c9f0c7a55c1f7e0a2" };
const struct journal_kind log_history = { "history", "7a2d94c1e6f84b03953b0e8d7c1fa658" };
const struct journal_kind log_recorder = { "recorder", "2e8b51f3a09d4d1c9a76c4f05d83be17" };
const struct journal_kind log_service = { "service", "c41f7d9a5e3b4b0f8e62a1d07c9b35f4" };
const struct journal_kind log_care = { "care", "c4d7713e05ab4f6e8c2f9b60d1e8a37c" };
static const struct journal_kind log_state =   { "state",   "b7c0e2c6a4d94f59a1c3e65d8a1b9f04" };
static const struct journal_kind log_session = { "session", "5d8e0f1b72c44a3d8b1f9ac4e6d30715" };
static const struct journal_kind log_command = { "command", "0c6f3b8e9d124a75b8e4d1f7a2935c47" };
static const struct journal_kind log_acknowledged = { "cause", CAUSE_ID_PREFIX "0000" };
/* clang-format on */

void log_cause_id(enum cause cause, char ret_id[LOG_MESSAGE_ID_BYTES])
{
	const char *code = fault_row(cause)->code;

	(void)snprintf(ret_id, LOG_MESSAGE_ID_BYTES, "%s%c%.3s", CAUSE_ID_PREFIX,
		       tolower((unsigned char)code[0]), code + 1);
}

static void log_cause(const struct chair_event *event)
{
	const enum cause cause = (enum cause)event->a;
	const struct cause_row *row = fault_row(cause);
	const bool came = event->b != 0;
	char id[LOG_MESSAGE_ID_BYTES];
	const struct journal_kind kind = { "cause", id };
	char field[64];

	log_cause_id(cause, id);
	(void)snprintf(field, sizeof(field), "CHAIR_CAUSE=%s", row->name);
	journal(&kind, came ? LOG_WARNING : LOG_INFO, field, "%s %s %s: %s", row->code, row->name,
		came ? "came" : "went", row->text);
}

static void log_session_event(const struct setup *setup, const struct chair_event *event)
{
	const struct program *program = &setup->core.programs[event->choice.program];
	const bool started = event->kind == CHAIR_EVENT_SESSION_STARTED;

	journal(&log_session, LOG_INFO, NULL, "%s %s, side %s, after %" PRIu64 " s%s%s",
		program->id, started ? "started" : "ended", side_name(event->choice.side),
		event->choice.elapsed_us / S_US, started ? "" : ": ",
		started ? "" : ended_name((enum ended)event->a));
}

void log_event(const struct setup *setup, const struct chair_event *event)
{
	switch (event->kind) {
	case CHAIR_EVENT_STATE:
		journal(&log_state, LOG_INFO, NULL, "%s -> %s",
			session_state_name((enum session_state)event->a),
			session_state_name((enum session_state)event->b));
		break;
	case CHAIR_EVENT_SESSION_STARTED:
	case CHAIR_EVENT_SESSION_ENDED:
		log_session_event(setup, event);
		break;
	case CHAIR_EVENT_CAUSE:
		log_cause(event);
		break;
	case CHAIR_EVENT_COMMAND:
		if (event->a != REFUSAL_NONE) {
			journal(&log_command, LOG_NOTICE, NULL, "a command was refused: %s",
				refusal_name((enum refusal)event->a));
		}
		break;
	case CHAIR_EVENT_ASK:
		journal(&log_command, LOG_INFO, NULL, "start from afar: %s",
			ask_outcome_name((enum ask_outcome)event->a));
		break;
	case CHAIR_EVENT_ACKNOWLEDGED:
		journal(&log_acknowledged, LOG_INFO, NULL, "acknowledged at the chair");
		break;
	case CHAIR_EVENT_PROOF:
		journal(&log_start, event->b != 0 ? LOG_INFO : LOG_ERR, NULL, "proof test: %s %s",
			proof_item_name((enum proof_item)event->a),
			event->b != 0 ? "passed" : "failed");
		break;
	case CHAIR_EVENT_BODY:
		journal(&log_session, LOG_INFO, NULL, "scan of the body: %s",
			scan_result_name((enum scan_result)event->a));
		break;
	case CHAIR_EVENT_NONE:
	case CHAIR_EVENT_PHASE:
	case CHAIR_EVENT_KIND_COUNT:
		break;
	}
}

/* What to name: the fault that came first, else what speaks against a start. NULL: nothing. */
static const struct cause_row *first_cause(const struct interlock *il)
{
	const uint64_t objections = interlock_objections(il);

	if (il->latched != 0) {
		return fault_row(il->first_out);
	}
	for (unsigned int c = 0; c < CAUSE_COUNT; c++) {
		if ((objections & CAUSE_BIT(c)) != 0) {
			return fault_row((enum cause)c);
		}
	}
	return NULL;
}

void log_status(const struct control_snapshot *s, char *text, size_t bytes)
{
	const struct session *session = &s->session;
	const char *state = session_state_name(session->state);
	const struct cause_row *row = first_cause(&s->interlock);

	if (session->running) {
		const struct session_choice *now = &session->now;
		const uint64_t left_us =
			now->duration_us > now->elapsed_us ? now->duration_us - now->elapsed_us : 0;

		/* Everybody may read this: what the person is treated for stays out. */
		(void)snprintf(text, bytes, "%s, %" PRIu64 " min left", state,
			       (left_us + 60 * S_US - 1) / (60 * S_US));
	} else if (row != NULL &&
		   (session->state == STATE_FAULT || session->state == STATE_INHIBITED)) {
		(void)snprintf(text, bytes, "%s: %s %s: %s", state, row->code, row->name,
			       row->text);
	} else {
		(void)snprintf(text, bytes, "%s", state);
	}
}
