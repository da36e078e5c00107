/* SPDX-License-Identifier: MIT */
/*
 * session.h - the state machine, and what a session is: program, side, level, time, asks, resume.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "config.h"
#include "interlock.h"
#include "io.h"
#include "service.h"

/* Zero is the safe state on purpose: a forgotten table cell means FAULT. */
enum session_state {
	STATE_FAULT,	 /* a latched cause waits for an acknowledgement at the chair */
	STATE_INHIBITED, /* something that the machine needs is missing */
	STATE_READY,
	STATE_PREHEAT, /* heat only, nothing moves */
	STATE_HOMING,
	STATE_MASSAGE,
	STATE_PAUSED,	  /* rollers off the body, heat off */
	STATE_RETRACTING, /* rollers leave the body */
	STATE_SERVICE,
	STATE_COUNT
};

/* In order of priority: when several are true in one cycle, the first wins. */
enum session_event {
	EVENT_CUT,	    /* a CUT cause is active or latched */
	EVENT_ACKNOWLEDGED, /* the last latched cause was acknowledged */
	EVENT_RETRACT,
	EVENT_FINISHED, /* program over, pause expired, preheating over */
	EVENT_PAUSE,
	EVENT_CLEAR_PAUSE, /* all rollers off the body, and the session goes on later */
	EVENT_CLEAR,	   /* all rollers off the body */
	EVENT_LATCHED,	   /* any cause is latched */
	EVENT_SERVICE,	   /* a technician takes over */
	EVENT_INHIBIT,
	EVENT_START,
	EVENT_RESUME,
	EVENT_PREHEAT,
	EVENT_HOMED,
	EVENT_PERMITTED, /* nothing inhibits */
	EVENT_NONE,
	EVENT_COUNT
};

/* Why a command was refused; zero is "not refused". */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_FAULT,
	REFUSAL_INHIBITED,
	REFUSAL_NOT_READY,
	REFUSAL_SEAT_EMPTY,
	REFUSAL_ALREADY_RUNNING,
	REFUSAL_NO_SESSION,
	REFUSAL_NOTHING_TO_RESUME,
	REFUSAL_UNKNOWN_PROGRAM,
	REFUSAL_SIDE_NOT_OFFERED,
	REFUSAL_LEVEL_OUT_OF_RANGE,
	REFUSAL_MINUTES_OUT_OF_RANGE,
	REFUSAL_NOT_FOR_HOME,
	REFUSAL_PREHEAT_REST,
	REFUSAL_ASK_PENDING,
	REFUSAL_NO_HEAT,
	REFUSAL_CHILD_LOCK,
	REFUSAL_CHECK_IN_REFUSED,
	REFUSAL_REST_UNTIL,
	REFUSAL_DAILY_LIMIT,
	REFUSAL_LEVEL_CEILING,
	REFUSAL_TIME_LIMIT,
	REFUSAL_NO_TIME_LEFT,
	REFUSAL_HEAT_OUT_OF_RANGE,
	REFUSAL_HEAT_NOT_ALLOWED,
	REFUSAL_NOT_STEERED,
	REFUSAL_KEY_OFF,
	REFUSAL_SEAT_TAKEN,
	REFUSAL_NOT_IN_SERVICE,
	REFUSAL_ONE_AT_A_TIME,
	REFUSAL_COUNT
};

enum ended {
	ENDED_NOT,
	ENDED_FINISHED,
	ENDED_STOPPED,
	ENDED_SEAT_EMPTY,
	ENDED_FAULT,
	ENDED_TIME_LIMIT,
	ENDED_PAUSE_EXPIRED,
	ENDED_INTERLOCK,
	ENDED_NO_BODY, /* the scan found nothing that a person looks like */
	ENDED_COUNT
};

enum ask_outcome {
	ASK_NONE,
	ASK_ASKED,
	ASK_CONFIRMED,
	ASK_EXPIRED,
	ASK_CANCELLED,
	ASK_COUNT
};

const char *session_state_name(enum session_state state);
const char *refusal_name(enum refusal refusal);
/* How a start is refused to somebody who may not have one; REFUSAL_NONE for PERSON_MAY. */
enum refusal refusal_of_person(enum person_refusal reason);
const char *ended_name(enum ended ended);
const char *ask_outcome_name(enum ask_outcome outcome);

/* What was chosen. program valid while `chosen`. */
struct session_choice {
	bool chosen;
	uint8_t program;
	enum side side;
	uint8_t level;	      /* aimed at */
	uint64_t duration_us; /* of the program as it is stretched now */
	uint64_t elapsed_us;  /* of that; not 0 when resumed */
	uint64_t done_us;     /* time of massage so far: differs once something was skipped */
	uint32_t seed;	      /* of what varies in path and rhythm */
	struct person_limits limits;
	float heat_c[PAD_COUNT]; /* at most, chosen by the person */
	bool heat_only;		 /* the rollers stay off the body */
	bool scan;		 /* its body is looked for */
	bool spot_chosen;
	enum zone spot_zone; /* pinpoint; valid while spot_chosen */
	float spot;
};

struct session {
	enum session_state state;
	uint64_t entered_us;	   /* this state */
	bool running;		   /* a session is under way, in whatever state */
	struct session_choice now; /* valid while running */
	uint8_t level;		   /* reached so far */
	uint64_t level_us;	   /* when it last rose */
	unsigned int phase;
	uint64_t phase_left_us;
	uint64_t active_us;	    /* homing and massage, against the session limit */
	bool pause_wanted;	    /* RETRACTING ends in PAUSED */
	enum ended ending;	    /* why RETRACTING was entered */
	struct session_choice rest; /* may be resumed until rest_until_us */
	uint64_t rest_until_us;
	struct session_choice ask; /* waits for a press at the chair */
	bool ask_is_resume;
	uint64_t ask_us;
	uint64_t preheat_us; /* when the last preheating began; 0 = never */
	bool child_lock;
	struct service service; /* valid in SERVICE */
	/* armrest */
	uint32_t last_switches;
	uint64_t start_released_us; /* 0 = pressed */
	bool start_blocked;	    /* after an acknowledgement, until released for 3 s */
};

/* What a cycle of the session found or did. */
struct session_report {
	bool started;
	enum ended ended;	      /* ENDED_NOT unless a session ended in this cycle */
	struct session_choice choice; /* of the session that started or ended */
	bool phase_changed;
	bool acknowledged;
	enum ask_outcome ask;
	enum refusal refusal; /* of the command or button in this cycle */
	bool command_done;    /* a command was taken: accepted when refusal is NONE */
	bool prove;	      /* the proof tests are to be done once more */
};

/* The transition table as a function, for tests and documentation. Out of range -> FAULT. */
enum session_state session_next(enum session_state state, enum session_event event);

/* In a state where rollers may be on the body or the session goes on. */
bool session_is_moving(enum session_state state);

void session_init(struct session *session);

/* How far the rollers are. */
struct session_stage {
	bool homed;   /* all of them, and the body is found if it was looked for */
	bool no_body; /* it was not found */
	bool clear;   /* all are off the body */
};

/* One cycle: buttons, commands, time, events, transition. */
void session_step(struct session *session, const struct chair_config *config,
		  const struct chair_inputs *in, struct interlock *il,
		  const struct session_stage *stage, uint64_t dt_us, struct session_report *report);

#endif /* CORE_SESSION_H */
