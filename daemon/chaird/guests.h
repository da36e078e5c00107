/* SPDX-License-Identifier: MIT */
/*
 * guests.h - people and how their sessions went, kept in history.db: readable by the service's user
 * only, and never part of state documents, the journal or MQTT.
 *
 * Guest id 0 is everybody without a profile: they share one set of limits, and nothing is kept of
 * their answers. All functions: main thread, 0 or -errno (-EIO for the store), prepared statements.
 */
#ifndef CHAIRD_GUESTS_H
#define CHAIRD_GUESTS_H

#include "check_in.h"
#include "guest.h"
#include "history.h"
#include "scan.h"

#define GUESTS_MAX	     64
#define GUESTS_NAME_SIZE     64
#define GUESTS_NOTES_SIZE    500
#define GUESTS_HEIGHT_MIN_CM 120
#define GUESTS_HEIGHT_MAX_CM 220
#define GUESTS_CHECK_OUT_S   86400 /* this long after a session it can still be judged */
#define GUESTS_BOUND_S	     86400 /* this long a refused check-in stands */

struct guest_profile {
	int64_t id; /* 0 = none */
	char name[GUESTS_NAME_SIZE];
	/* Digits, empty = none. Stored as it is: it keeps one member of a household from
	 * another's pages, and no library at hand hashes it better than four digits can be tried.
	 */
	char pin[HISTORY_PIN_MAX + 1];
	int height_cm; /* 0 = not told */
	char notes[GUESTS_NOTES_SIZE];
	float correction_mm[ROLLER_COUNT];
};

/* -EEXIST: the name is taken; -ENOSPC: GUESTS_MAX. */
int guests_add(struct history *history, const struct guest_profile *profile, int64_t *ret_id)
	__attribute__((warn_unused_result));
int guests_change(struct history *history, const struct guest_profile *profile)
	__attribute__((warn_unused_result));
/* -ENOENT: there is none. */
int guests_get(struct history *history, int64_t id, struct guest_profile *ret)
	__attribute__((warn_unused_result));

/* Forget everything of this guest, the bytes in the file and in the backup included. Only that
 * somebody's check-in was refused stays until its 24 hours are over, without a name. */
int guests_remove(struct history *history, int64_t id) __attribute__((warn_unused_result));

/* [{"id", "name", "has_pin"}] by name. New reference or NULL. */
json_t *guests_list(struct history *history);

/* The profile as its owner may see it, without the PIN. New reference or NULL. */
json_t *guests_profile_document(const struct guest_profile *profile);

int guests_store_body(struct history *history, int64_t id, const struct body *body)
	__attribute__((warn_unused_result));

/* ---- check-ins ---- */

int guests_store_check_in(struct history *history, int64_t guest, const json_t *answers,
			  const struct check_in_result *result) __attribute__((warn_unused_result));

/* How long a refused check-in still binds @guest; 0 = it does not. Guest 0 is bound by everybody's
 * until another named guest's check-in allows a session. */
int guests_bound(struct history *history, int64_t guest, uint64_t *ret_wait_s)
	__attribute__((warn_unused_result));

/* ---- sessions ---- */

struct guest_stiffness {
	bool known;
	float n_mm;
	float error_n_mm; /* standard error */
};

/* A session of @guest began; @pain: -1 = not asked. */
int guests_session_started(struct history *history, int64_t guest, const char *program,
			   enum side side, int pain) __attribute__((warn_unused_result));
/* How far it is: what a power failure leaves of it. */
int guests_session_goes_on(struct history *history, uint64_t seconds, uint8_t level)
	__attribute__((warn_unused_result));
int guests_session_ended(struct history *history, uint64_t seconds, enum ended ended, uint8_t level,
			 const struct guest_stiffness stiffness[ZONE_COUNT])
	__attribute__((warn_unused_result));

/* The newest session of @guest that ended within 24 hours and has no check-out: its row, 0 = none,
 * and the pain before it (-1 = not asked). */
int guests_open_check_out(struct history *history, int64_t guest, int64_t *ret_session,
			  int *ret_pain) __attribute__((warn_unused_result));
int guests_store_check_out(struct history *history, int64_t guest, int64_t session,
			   const json_t *answers, const struct check_out_result *result)
	__attribute__((warn_unused_result));

/* All ended sessions of @guest, oldest first; the array is the caller's to free(). */
int guests_sessions(struct history *history, int64_t guest, struct guest_session **ret,
		    size_t *ret_count) __attribute__((warn_unused_result));

/* guest_judge() over them. Guest 0 never gets above the first ceiling: nobody knows who it was. */
int guests_standing(struct history *history, int64_t guest, const struct guest_rules *rules,
		    struct guest_standing *ret) __attribute__((warn_unused_result));

#endif /* CHAIRD_GUESTS_H */
