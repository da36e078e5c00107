/* SPDX-License-Identifier: MIT */
/*
 * guest.*: people, check-in and check-out, after-care. For the panel and paired phones only; what
 * belongs to one guest asks for the PIN where one is set.
 */
#include "guest_reports.h"
#include "methods_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CORRECT_MOST_MM 60

static struct server *server_of(const struct call *call)
{
	return call->client->server;
}

static struct history *need_history(const struct call *call)
{
	struct history *history = server_history(server_of(call));

	if (history == NULL) {
		call_refuse(call, "no_history", "No history is kept on this chair.");
	}
	return history;
}

static void refuse_store(const struct call *call)
{
	call_refuse(call, "no_history",
		    "The chair's store does not work just now. Please try again.");
}

/* NULL: refused as a store that does not work. */
static void answer_stored(const struct call *call, json_t *result)
{
	if (result == NULL) {
		refuse_store(call);
	} else {
		call_answer(call, result);
	}
}

static bool is_idle(const struct call *call)
{
	const struct control_snapshot *s = server_snapshot(server_of(call));

	if (s != NULL && s->session.running) {
		call_refuse_by(call, REFUSAL_ALREADY_RUNNING);
		return false;
	}
	return true;
}

/* ---- whose page it is ---- */

static bool is_pin(const char *pin)
{
	const size_t length = strlen(pin);

	return length >= 4 && length <= HISTORY_PIN_MAX && strspn(pin, "0123456789") == length;
}

/* False after an answer. */
static bool pin_is_right(const struct call *call, const struct guest_profile *profile)
{
	struct visit *visit = server_visit(server_of(call));
	const char *pin = json_string_value(json_object_get(call->params, "pin"));
	const uint64_t now_us = call_now_us();

	if (profile->pin[0] == '\0') {
		return true;
	}
	if (visit == NULL || !visit_may_try_pin(visit, now_us)) {
		call_refuse(call, "rate_limited", "Too many wrong PINs. Please wait a minute.");
		return false;
	}
	if (pin == NULL || strcmp(pin, profile->pin) != 0) {
		if (pin != NULL) {
			visit_wrong_pin(visit, now_us);
		}
		call_refuse(call, "wrong_pin", "This page is protected by a PIN.");
		return false;
	}
	return true;
}

/* Read a profile. False after an answer. */
static bool read_profile(const struct call *call, struct history *history, int64_t id,
			 struct guest_profile *profile)
{
	const int r = guests_get(history, id, profile);

	if (r == -ENOENT) {
		call_refuse(call, "no_guest", "There is no such guest.");
	} else if (r < 0) {
		refuse_store(call);
	}
	return r == 0;
}

/* The guest that the parameters name, the PIN checked. False after an answer. */
static bool take_guest(const struct call *call, struct history **ret_history,
		       struct guest_profile *profile)
{
	json_int_t id = 0;

	*ret_history = need_history(call);
	if (*ret_history == NULL || !call_whole_number(call, "guest", &id)) {
		return false;
	}
	if (id <= 0) {
		call_invalid(call, "guest", "must be the id of a guest, see guest.list");
		return false;
	}
	return read_profile(call, *ret_history, id, profile) && pin_is_right(call, profile);
}

/* ---- profiles ---- */

void guest_list(struct call *call)
{
	struct history *history = need_history(call);
	json_t *list = history == NULL ? NULL : guests_list(history);

	if (history != NULL) {
		answer_stored(call, list == NULL ? NULL : json_pack("{s:o}", "guests", list));
	}
}

/* A text parameter into @text; absent: it stays. False after an answer. */
static bool take_text(const struct call *call, const char *field, char *text, size_t size,
		      bool required)
{
	const json_t *value = json_object_get(call->params, field);
	const char *given = json_string_value(value);

	if (value == NULL && !required) {
		return true;
	}
	/* jansson gives UTF-8 and no NUL: only control characters have no place here */
	if (given == NULL || strlen(given) >= size || (required && given[0] == '\0')) {
		call_invalid(call, field, "must be a text, and not too long");
		return false;
	}
	for (const char *c = given; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' && *c != '\n') {
			call_invalid(call, field, "must be plain text");
			return false;
		}
	}
	memcpy(text, given, strlen(given) + 1);
	return true;
}

/* Null and empty take it off. False after an answer. */
static bool take_new_pin(const struct call *call, const char *field, struct guest_profile *profile)
{
	const json_t *value = json_object_get(call->params, field);
	const char *pin = json_string_value(value);

	if (value == NULL) {
		return true;
	}
	if (json_is_null(value) || (pin != NULL && pin[0] == '\0')) {
		profile->pin[0] = '\0';
		return true;
	}
	if (pin == NULL || !is_pin(pin)) {
		call_invalid(call, field, "must be four to eight digits");
		return false;
	}
	memcpy(profile->pin, pin, strlen(pin) + 1);
	return true;
}

static bool take_height(const struct call *call, struct guest_profile *profile)
{
	json_int_t height_cm = profile->height_cm;

	if (json_is_null(json_object_get(call->params, "height_cm"))) {
		profile->height_cm = 0;
		return true;
	}
	if (!call_whole_number(call, "height_cm", &height_cm)) {
		return false;
	}
	if (height_cm != 0 &&
	    (height_cm < GUESTS_HEIGHT_MIN_CM || height_cm > GUESTS_HEIGHT_MAX_CM)) {
		call_invalid(call, "height_cm", "must be 120 to 220");
		return false;
	}
	profile->height_cm = (int)height_cm;
	return true;
}

static void answer_profile(const struct call *call, int r, const struct guest_profile *profile)
{
	if (r == -EEXIST) {
		call_refuse(call, "name_taken", "There is a guest of this name already.");
	} else if (r == -ENOSPC) {
		call_refuse(call, "too_many_guests", "There are as many guests as there can be.");
	} else {
		answer_stored(call, r < 0 ? NULL
					  : json_pack("{s:o}", "guest",
						      guests_profile_document(profile)));
	}
}

void guest_add(struct call *call)
{
	struct history *history = need_history(call);
	struct guest_profile profile = { 0 };

	if (history == NULL || !take_text(call, "name", profile.name, sizeof(profile.name), true) ||
	    !take_text(call, "notes", profile.notes, sizeof(profile.notes), false) ||
	    !take_new_pin(call, "pin", &profile) || !take_height(call, &profile)) {
		return;
	}
	answer_profile(call, guests_add(history, &profile, &profile.id), &profile);
}

void guest_change(struct call *call)
{
	struct history *history;
	struct guest_profile profile;

	if (!take_guest(call, &history, &profile) ||
	    !take_text(call, "name", profile.name, sizeof(profile.name),
		       json_object_get(call->params, "name") != NULL) ||
	    !take_text(call, "notes", profile.notes, sizeof(profile.notes), false) ||
	    !take_new_pin(call, "new_pin", &profile) || !take_height(call, &profile)) {
		return;
	}
	answer_profile(call, guests_change(history, &profile), &profile);
}

void guest_remove(struct call *call)
{
	struct history *history;
	struct guest_profile profile;

	if (!take_guest(call, &history, &profile) || !is_idle(call)) {
		return;
	}
	if (guests_remove(history, profile.id) < 0) {
		refuse_store(call);
		return;
	}
	if (server_visit(server_of(call)) != NULL) {
		visit_forget(server_visit(server_of(call)), profile.id, call_now_us());
		server_person_changed(server_of(call));
	}
	call_answer(call, json_pack("{s:b}", "removed", true));
}

/* ---- check-in ---- */

static struct visit *need_visit(const struct call *call)
{
	struct visit *visit = server_visit(server_of(call));

	if (visit == NULL || server_check_in(server_of(call)) == NULL) {
		call_refuse(call, "no_check_in", "This chair has no questions to ask.");
		return NULL;
	}
	return visit;
}

void guest_questions(struct call *call)
{
	const struct check_in *check_in = server_check_in(server_of(call));

	if (need_visit(call) != NULL) {
		call_answer(call, check_in_document(check_in));
	}
}

/* Why there is no session although the answers allow it; NULL: there may be one. */
static json_t *standing_refusal(enum person_refusal refusal)
{
	return refusal == PERSON_MAY
		       ? json_null()
		       : json_pack("{s:s, s:s}", "reason", person_refusal_name(refusal), "text",
				   refusal_text(refusal_of_person(refusal)));
}

/* Those that suit this cause and @others more; -1: that do not suit it. */
static void append_programs(json_t *list, const struct setup *setup, unsigned int cause, int others)
{
	for (unsigned int p = 0; p < setup->core.program_count; p++) {
		const unsigned int suits = setup->programs[p].suits;
		const bool fits = (suits >> cause & 1U) != 0;

		if (fits ? __builtin_popcount(suits) - 1 == others : others < 0) {
			(void)json_array_append_new(list, json_string(setup->core.programs[p].id));
		}
	}
}

/* All programs, those that suit the cause first, and of them those made for it alone. */
static json_t *programs_for(const struct setup *setup, const char *word)
{
	json_t *list = json_array();
	unsigned int cause = 0;

	while (cause < SETUP_CAUSE_COUNT - 1U && strcmp(setup_cause_words[cause], word) != 0) {
		cause++; /* the last one is "unknown" */
	}
	for (int others = 0; others < SETUP_CAUSE_COUNT; others++) {
		append_programs(list, setup, cause, others);
	}
	append_programs(list, setup, cause, -1);
	return list;
}

static json_t *check_in_answer(const struct call *call, const struct visit *visit,
			       const struct visit_answer *answer)
{
	const struct setup *setup = server_setup(server_of(call));
	const bool allowed = !answer->bound && check_in_allows(answer->result.decision);
	const struct person_limits limits =
		guest_limits(visit_person(visit), setup->core.set_max_c);
	json_t *words = check_in_text(server_check_in(server_of(call)), answer->result.decision);
	json_t *doc = json_pack("{s:s, s:O?, s:O?, s:O?, s:b, s:b, s:o, s:I}", "decision",
				check_in_decision_name(answer->result.decision), "title",
				json_object_get(words, "title"), "text",
				json_object_get(words, "text"), "reasons", answer->result.reasons,
				"allowed", allowed && answer->refusal == PERSON_MAY, "repeated",
				answer->bound, "refusal", standing_refusal(answer->refusal),
				"wait_s", (json_int_t)answer->wait_s);

	json_decref(words);
	if (doc != NULL && allowed) {
		json_t *more = json_pack(
			"{s:i, s:i, s:b, s:b, s:b, s:I, s:o}", "ceiling", answer->standing.ceiling,
			"level_max", limits.level_max, "gentle", limits.gentle, "heat_allowed",
			limits.heat_max_c > 0.0f, "see_doctor", answer->standing.see_doctor,
			"expires_s", (json_int_t)visit_expires_s(visit, call_now_us()), "programs",
			programs_for(setup, visit_state(visit)->cause));

		(void)json_object_update(doc, more);
		json_decref(more);
	}
	return doc;
}

static void refuse_answers(const struct call *call, int r, const char *field)
{
	if (r == -EINVAL) {
		call_invalid(call, field == NULL ? "answers" : field,
			     "is not answered, or not with one of the answers offered");
	} else if (r == -EBUSY) {
		call_refuse_by(call, REFUSAL_ALREADY_RUNNING);
	} else {
		refuse_store(call);
	}
}

/* The guest of a check-in, NULL in JSON for one without a profile. False after an answer. */
static bool take_profile(const struct call *call, struct guest_profile *profile,
			 const struct guest_profile **ret)
{
	const json_t *guest = json_object_get(call->params, "guest");
	struct history *history;

	*ret = NULL;
	if (json_is_null(guest)) {
		return need_history(call) != NULL;
	}
	*ret = profile;
	return take_guest(call, &history, profile);
}

static bool take_answers(const struct call *call, json_t **ret)
{
	*ret = json_object_get(call->params, "answers");
	if (!json_is_object(*ret)) {
		call_invalid(call, "answers", "must be an object of answers, see guest.questions");
		return false;
	}
	return true;
}

void guest_check_in(struct call *call)
{
	struct visit *visit = need_visit(call);
	struct guest_profile profile;
	const struct guest_profile *who;
	struct visit_answer answer;
	json_t *answers;
	const char *field = NULL;
	int r;

	if (visit == NULL || !take_profile(call, &profile, &who) || !take_answers(call, &answers) ||
	    !is_idle(call)) {
		return;
	}
	r = visit_check_in(visit, who, answers, call_now_us(), &answer, &field);
	server_person_changed(server_of(call)); /* a refusal that was not stored holds too */
	if (r < 0) {
		refuse_answers(call, r, field);
		return;
	}
	call_answer(call, check_in_answer(call, visit, &answer));
	json_decref(answer.result.reasons);
}

void guest_leave(struct call *call)
{
	struct visit *visit = need_visit(call);

	if (visit == NULL) {
		return;
	}
	if (visit_leave(visit, call_now_us()) < 0) {
		call_refuse_by(call, REFUSAL_ALREADY_RUNNING);
		return;
	}
	server_person_changed(server_of(call));
	call_answer(call, json_object());
}

void guest_status(struct call *call)
{
	const struct visit *visit = need_visit(call);
	const struct visit_state *state;
	struct person_limits limits;

	if (visit == NULL) {
		return;
	}
	state = visit_state(visit);
	limits = guest_limits(visit_person(visit), server_setup(server_of(call))->core.set_max_c);
	call_answer(call, json_pack("{s:b, s:o, s:s?, s:i, s:b, s:b, s:I, s:o, s:I}", "checked_in",
				    state->active, "guest",
				    state->guest == 0 ? json_null() : json_integer(state->guest),
				    "decision",
				    state->active ? check_in_decision_name(state->decision) : NULL,
				    "level_max", limits.level_max, "gentle", limits.gentle,
				    "heat_allowed", limits.heat_max_c > 0.0f, "expires_s",
				    (json_int_t)visit_expires_s(visit, call_now_us()), "refusal",
				    standing_refusal(visit_person(visit)->refusal), "wait_s",
				    (json_int_t)visit_wait_s(visit)));
}

/* ---- check-out ---- */

static void advise(json_t *list, const char *en, const char *de)
{
	(void)json_array_append_new(list, json_pack("{s:s, s:s}", "en", en, "de", de));
}

static json_t *advice_for(enum tolerance tolerance, bool see_doctor)
{
	json_t *list = json_array();

	if (tolerance == TOLERANCE_GOOD) {
		advise(list, "That went well. A short walk now helps more than sitting.",
		       "Das war gut. Ein kurzer Gang hilft jetzt mehr als Sitzen.");
	}
	if (tolerance == TOLERANCE_BAD) {
		advise(list, "It was too much. The next session will be one level lighter.",
		       "Es war zu viel. Die nächste Sitzung wird eine Stufe leichter.");
	}
	if (tolerance == TOLERANCE_WORSE) {
		advise(list,
		       "It got worse. Please rest for 24 hours; the chair stays off for you. If "
		       "pain "
		       "or numbness goes on, see a doctor.",
		       "Es ist schlimmer geworden. Bitte ruhen Sie 24 Stunden; der Sessel bleibt "
		       "für "
		       "Sie aus. Halten Schmerz oder Taubheit an, gehen Sie zum Arzt.");
	}
	if (see_doctor) {
		advise(list, "It got worse twice in a row. Please see a doctor before you go on.",
		       "Es wurde zweimal nacheinander schlimmer. Bitte gehen Sie zum Arzt, bevor "
		       "Sie "
		       "weitermachen.");
	}
	return list;
}

/* Whose session it was: the one named, else the one that sat here last. False after an answer. */
static bool take_last_guest(const struct call *call, const struct visit *visit, int64_t *ret)
{
	const json_t *guest = json_object_get(call->params, "guest");
	struct guest_profile profile;
	struct history *history;

	*ret = json_is_null(guest) ? 0 : visit_last_guest(visit, NULL);
	if (json_is_integer(guest) && json_integer_value(guest) != *ret) {
		*ret = json_integer_value(guest);
		return take_guest(call, &history, &profile);
	}
	if (guest != NULL && !json_is_integer(guest) && !json_is_null(guest)) {
		call_invalid(call, "guest", "must be the id of a guest, or null");
		return false;
	}
	return need_history(call) != NULL;
}

void guest_check_out(struct call *call)
{
	struct visit *visit = need_visit(call);
	const struct after_care *care = server_after_care(server_of(call));
	struct check_out_result result;
	struct guest_standing standing;
	const char *cause = "unknown";
	const char *field = NULL;
	json_t *answers;
	int64_t guest;
	int r;

	if (visit == NULL || !take_last_guest(call, visit, &guest) ||
	    !take_answers(call, &answers)) {
		return;
	}
	if (visit_last_guest(visit, &cause) != guest) {
		cause = "unknown"; /* told by somebody else */
	}
	r = visit_check_out(visit, guest, answers, call_now_us(), &result, &standing, &field);
	server_person_changed(server_of(call));
	if (r == -ENOENT) {
		call_refuse(call, "nothing_to_check_out",
			    "No session of the last 24 hours waits for an answer.");
		return;
	}
	if (r < 0) {
		refuse_answers(call, r, field);
		return;
	}
	call_answer(call, json_pack("{s:s, s:i, s:b, s:o, s:I, s:o, s:o}", "tolerance",
				    tolerance_name(result.tolerance), "ceiling", standing.ceiling,
				    "see_doctor", standing.see_doctor, "refusal",
				    standing_refusal(standing.refusal), "wait_s",
				    (json_int_t)standing.wait_s, "advice",
				    advice_for(result.tolerance, standing.see_doctor), "after_care",
				    care == NULL ? json_null() : after_care_document(care, cause)));
}

/* ---- reports ---- */

void guest_progress_get(struct call *call)
{
	struct history *history;
	struct guest_profile profile;

	if (take_guest(call, &history, &profile)) {
		answer_stored(call, guest_progress(history, profile.id));
	}
}

void guest_balance_get(struct call *call)
{
	struct history *history;
	struct guest_profile profile;

	if (take_guest(call, &history, &profile)) {
		answer_stored(call, guest_balance(history, profile.id));
	}
}

void guest_export_get(struct call *call)
{
	const json_t *format = json_object_get(call->params, "format");
	const char *word = format == NULL ? "json" : json_string_value(format);
	struct history *history;
	struct guest_profile profile;
	json_int_t from = 0;

	if (word == NULL || (strcmp(word, "json") != 0 && strcmp(word, "csv") != 0)) {
		call_invalid(call, "format", "must be \"json\" or \"csv\"");
		return;
	}
	if (!call_whole_number(call, "from", &from) || !take_guest(call, &history, &profile)) {
		return;
	}
	if (from < 0 || from > 1000000) {
		call_invalid(call, "from", "must be `next` of the page before");
		return;
	}
	answer_stored(call, guest_export(history, &profile, strcmp(word, "csv") == 0,
					 (unsigned int)from));
}

void guest_after_care(struct call *call)
{
	const struct after_care *care = server_after_care(server_of(call));
	const struct visit *visit = server_visit(server_of(call));
	const json_t *value = json_object_get(call->params, "cause");
	const char *cause = json_string_value(value);
	json_t *doc;

	if (care == NULL) {
		call_refuse(call, "no_after_care", "This chair has no after-care.");
		return;
	}
	if (value == NULL && visit != NULL) {
		(void)visit_last_guest(visit, &cause);
	}
	doc = cause == NULL ? NULL : after_care_document(care, cause);
	if (doc == NULL) {
		call_invalid(call, "cause",
			     "must be piriformis, disc_herniation, spinal_stenosis, "
			     "muscular or unknown");
		return;
	}
	call_answer(call, doc);
}

void guest_drawing(struct call *call)
{
	const struct after_care *care = server_after_care(server_of(call));
	const char *id = json_string_value(json_object_get(call->params, "id"));
	const char *svg = care == NULL || id == NULL ? NULL : after_care_drawing(care, id);

	if (svg == NULL) {
		call_invalid(call, "id", "must be the id of an exercise, see guest.after_care");
		return;
	}
	call_answer(call, json_pack("{s:s, s:s}", "id", id, "svg", svg));
}

/* ---- where the zones lie ---- */

static bool take_roller(const struct call *call, enum roller *ret)
{
	const char *word = json_string_value(json_object_get(call->params, "roller"));

	for (unsigned int r = 0; r < ROLLER_COUNT && word != NULL; r++) {
		if (strcmp(word, roller_name((enum roller)r)) == 0) {
			*ret = (enum roller)r;
			return true;
		}
	}
	call_invalid(call, "roller", "must be a roller, such as \"seat_left\"");
	return false;
}

void guest_correct(struct call *call)
{
	struct visit *visit = need_visit(call);
	json_int_t mm = CORRECT_MOST_MM + 1;
	struct history *history;
	struct guest_profile profile;
	enum roller roller;

	if (visit == NULL || !take_roller(call, &roller) || !call_whole_number(call, "mm", &mm)) {
		return;
	}
	if (mm < -CORRECT_MOST_MM || mm > CORRECT_MOST_MM) {
		call_invalid(call, "mm", "must be -60 to 60");
		return;
	}
	if (!visit_state(visit)->active) {
		call_refuse(call, "no_check_in", "Nobody has checked in.");
		return;
	}
	if (visit_state(visit)->guest != 0) {
		history = need_history(call);
		if (history == NULL ||
		    !read_profile(call, history, visit_state(visit)->guest, &profile)) {
			return;
		}
		profile.correction_mm[roller] = (float)mm;
		if (guests_change(history, &profile) < 0) {
			refuse_store(call);
			return;
		}
	}
	visit_correct(visit, roller, (float)mm);
	server_person_changed(server_of(call));
	call_answer(call, json_pack("{s:s, s:I}", "roller", roller_name(roller), "mm", mm));
}

/* ---- the technician ---- */

void history_backup_now(struct call *call)
{
	struct history *history = need_history(call);
	char path[HISTORY_PATH_MAX];

	if (history == NULL || !is_idle(call)) {
		return;
	}
	answer_stored(call,
		      history_backup(history, path) < 0 ? NULL : json_pack("{s:s}", "path", path));
}
