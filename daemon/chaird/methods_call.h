/* SPDX-License-Identifier: MIT */
/*
 * methods_call.h - one request being answered, shared by the files that carry out methods.
 */
#ifndef CHAIRD_METHODS_CALL_H
#define CHAIRD_METHODS_CALL_H

#include "methods.h"
#include "visit.h"

#define METHOD_PARAMS 6

struct method;

struct call {
	struct client *client;
	json_t *id;	/* borrowed; NULL for a notification */
	json_t *params; /* borrowed; NULL when absent */
	const struct method *method;
};

struct method {
	const char *name;
	unsigned int roles;
	void (*run)(struct call *call);
	const char *params[METHOD_PARAMS]; /* allowed names */
};

/* Takes over @result. */
void call_answer(const struct call *call, json_t *result);
/* The same; NULL: refused as stale. */
void call_answer_document(const struct call *call, json_t *document);
void call_refuse(const struct call *call, const char *reason, const char *text);
void call_refuse_by(const struct call *call, enum refusal refusal);
void call_invalid(const struct call *call, const char *field, const char *text);
/* An optional whole number; @ret stays when absent. False after an answer. */
bool call_whole_number(const struct call *call, const char *field, json_int_t *ret);

/* The history, and how many of its newest rows are asked for. NULL after an answer. */
struct history *call_history(const struct call *call, unsigned int *ret_limit);

/* Hand @command to the control thread, which answers; its kind of role is filled in. */
void call_submit(struct call *call, struct chair_command *command);

/* Who asks, by the parameter `who` and by what the kernel knows of the other end. False after an
 * answer. */
bool call_who(struct call *call, char *ret, size_t size);

/* A sentence for a person. */
const char *refusal_text(enum refusal refusal);

/* CLOCK_MONOTONIC */
uint64_t call_now_us(void);

/* Of the server; any of them may be NULL. */
struct visit *server_visit(struct server *server);
struct recordings *server_recordings(struct server *server);
struct wear *server_wear(struct server *server);
const struct check_in *server_check_in(const struct server *server);
const struct after_care *server_after_care(const struct server *server);
/* Pass what may have changed on to the control thread. */
void server_person_changed(struct server *server);

/* methods_guest.c */
void guest_list(struct call *call);
void guest_add(struct call *call);
void guest_change(struct call *call);
void guest_remove(struct call *call);
void guest_questions(struct call *call);
void guest_check_in(struct call *call);
void guest_check_out(struct call *call);
void guest_leave(struct call *call);
void guest_status(struct call *call);
void guest_progress_get(struct call *call);
void guest_balance_get(struct call *call);
void guest_after_care(struct call *call);
void guest_drawing(struct call *call);
void guest_export_get(struct call *call);
void guest_correct(struct call *call);
void history_backup_now(struct call *call);

/* methods_service.c */
void service_enter(struct call *call);
void service_alive(struct call *call);
void service_leave(struct call *call);
void service_jog(struct call *call);
void service_home(struct call *call);
void service_heat(struct call *call);
void service_prove(struct call *call);
void service_calibrate(struct call *call);
void service_calibrations(struct call *call);
void service_log(struct call *call);

/* methods_bus.c */
void bus_read(struct call *call);
void bus_assign(struct call *call);
void service_replaced(struct call *call);
/* methods_care.c */
void care_get(struct call *call);
void care_reset(struct call *call);

/* methods_recorder.c */
void recorder_save(struct call *call);
void recorder_list(struct call *call);

#endif /* CHAIRD_METHODS_CALL_H */
