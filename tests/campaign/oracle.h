/* SPDX-License-Identifier: MIT */
/*
 * oracle.h - what must hold whatever happens, judged from outside.
 *
 * The oracle knows the simulated chair as it truly is, what people and fate did to it, and
 * design.md. It knows nothing of the controller: not its state, causes or limits. Where the outside
 * does not tell for sure what the controller must have seen, it asks for nothing: what it calls
 * broken is broken.
 *
 * Pure: no I/O, clock or heap. Times are microseconds of the simulator's clock.
 */
#ifndef CAMPAIGN_ORACLE_H
#define CAMPAIGN_ORACLE_H

#include "sim.h"
#include "types.h"

#include <stdbool.h>
#include <stdint.h>

enum invariant {
	/* force */
	INVARIANT_FORCE_MOTOR, /* no motor presses with more than 45 N */
	INVARIANT_FORCE_BODY,  /* nor is the force at the body, but while the body moves */
	INVARIANT_FORCE_HIGH,  /* a roller that presses with over 40 N leaves */
	INVARIANT_PRESSURE,    /* begins at level 1, one step in 10 s, never over what was asked */
	INVARIANT_OFF_ZONE,    /* no pressing beyond the zones of a track */
	INVARIANT_KNEE,	       /* nor in the gap between thigh and calf */
	INVARIANT_SIDE,	       /* nor on the other side than chosen */
	INVARIANT_DWELL,       /* nor on one spot for longer than 60 s */
	INVARIANT_SIDEWAYS,    /* a roller that leaves, or homes, does not travel on the body */
	INVARIANT_SCAN,	       /* one that looks for the body touches it lightly */
	INVARIANT_CEILING,     /* nobody is pressed harder than they may be */
	/* heat */
	INVARIANT_SKIN_43,     /* skin at most 43 C, always */
	INVARIANT_SKIN_WARM,   /* at most 41.5 C without a heat fault */
	INVARIANT_PAD_CAP,     /* pads at the set point cap of 41 C, without a heat fault */
	INVARIANT_DOSE,	       /* 2 CEM43 in rolling 24 h */
	INVARIANT_PREHEAT_CAP, /* preheating goes to 38 C */
	INVARIANT_HEAT_FAULT,  /* heat off, rollers off after a sensor's fault */
	INVARIANT_FROZEN,      /* the same when a channel is frozen */
	/* power is off in time after each CUT cause, in the order of enum cut */
	INVARIANT_CUT_ESTOP,
	INVARIANT_CUT_THERMOSTAT,
	INVARIANT_CUT_COVER,
	INVARIANT_CUT_GPIO,
	INVARIANT_CUT_OVERRUN,
	INVARIANT_CUT_THREAD,
	INVARIANT_CUT_RELAY,
	INVARIANT_CUT_PAD_HOT,
	INVARIANT_CUT_SSR,
	INVARIANT_CUT_DRIVE_FAULT,
	INVARIANT_CUT_DRIVE_SILENT,
	INVARIANT_CUT_SENSOR_SILENT,
	INVARIANT_CUT_NO_MOTION,
	INVARIANT_CUT_HOMING,
	INVARIANT_CONTROLLER, /* the same when the controller itself is gone */
	INVARIANT_HEARTBEAT,  /* no edge while a CUT cause is present */
	INVARIANT_LATCHED,    /* nor power before a press at the chair */
	/* the rollers leave */
	INVARIANT_RETRACT,	    /* off the body 2 s after a RETRACT cause, or power off */
	INVARIANT_RETRACT_BLIND,    /* one that jams before it was homed: drives disabled */
	INVARIANT_LEG_GUARD,	    /* leg travel stops, leg depth leaves within 100 ms */
	INVARIANT_LEG_GUARD_TRAVEL, /* no travel until acknowledged */
	INVARIANT_SPRING,	    /* without power the springs take them off */
	INVARIANT_OFF_AT_END,	    /* off the body when a session is over */
	INVARIANT_STOPPED,	    /* nothing but leaving after a stop or pause, until an act */
	INVARIANT_SEAT,		    /* nor with an empty seat */
	INVARIANT_SEAT_START,	    /* nor does anything begin with one */
	INVARIANT_KEY,		    /* nor with the service key turned */
	/* nothing begins by itself */
	INVARIANT_UNASKED,	/* motion without a person's act */
	INVARIANT_AFTER_POWER,	/* after power-up */
	INVARIANT_POWER_RETURN, /* after the relay had fallen */
	INVARIANT_ASK,		/* by an ask alone */
	INVARIANT_ACKNOWLEDGED, /* by an acknowledgement */
	INVARIANT_RESUME,	/* by a resume after its 2 minutes */
	INVARIANT_STUCK,	/* while a button is stuck */
	INVARIANT_UNASKED_HEAT, /* heat without a session or preheating */
	INVARIANT_SEAT_HEAT,	/* or with an empty seat but in preheating */
	INVARIANT_SESSION_TIME, /* a session's 30 minutes */
	INVARIANT_NUMB,		/* heat for somebody whose skin does not feel it */
	INVARIANT_REFUSED,	/* motion for somebody who may have no session */
	/* in service */
	INVARIANT_SERVICE_ONE,	 /* one axis, or one pad */
	INVARIANT_SERVICE_SLOW,	 /* slowly, */
	INVARIANT_SERVICE_LIMIT, /* with the low current limit, */
	INVARIANT_SERVICE_HELD,	 /* while somebody holds, */
	INVARIANT_SERVICE_OVER,	 /* and nothing but leaving once it is over */
	INVARIANT_COUNT
};

const char *invariant_name(enum invariant invariant);
/* -ENOENT when there is none of that name. */
int invariant_find(const char *name);

/* CUT causes of design.md, section 7, as far as the simulator can have them. */
enum cut {
	CUT_ESTOP,
	CUT_THERMOSTAT,
	CUT_COVER,
	CUT_GPIO,
	CUT_OVERRUN,
	CUT_THREAD,
	CUT_RELAY,
	CUT_PAD_HOT,
	CUT_SSR,
	CUT_DRIVE_FAULT,
	CUT_DRIVE_SILENT,
	CUT_SENSOR_SILENT,
	CUT_NO_MOTION,
	CUT_HOMING,
	CUT_COUNT
};

/* What people and fate do, as far as the simulator does not show it by itself. */
enum deed {
	DEED_START, /* a command of the panel */
	DEED_RESUME,
	DEED_ASK_START, /* of home or phone */
	DEED_ASK_RESUME,
	DEED_PAUSE,
	DEED_LEVEL,
	DEED_PREHEAT,
	DEED_WISH,    /* any other for the session that runs */
	DEED_SERVICE, /* a technician asks for the lease */
	DEED_HOLD,    /* and is heard */
	DEED_STOP,
	DEED_POWER_OFF, /* the controller's own */
	DEED_POWER_ON,
	DEED_THREAD_DEAD,
	DEED_THREAD_ALIVE,
	DEED_COUNT
};

/* Who sits there, the same for a whole episode. */
struct oracle_person {
	uint8_t level_max; /* 1..LEVEL_MAX */
	bool no_heat;
	bool refused;
	bool scans;	 /* their body is looked for */
	bool technician; /* nobody sits there: somebody is to work at the chair */
};

struct act {
	enum deed deed;
	enum side side; /* start, ask */
	uint8_t level;	/* start, ask, level */
};

enum leave {
	LEAVE_NONE,
	LEAVE_STOP,
	LEAVE_PAUSE,
	LEAVE_SEAT,
	LEAVE_KEY,
	LEAVE_LEG_GUARD,
	LEAVE_HEAT,
	LEAVE_FROZEN,
	LEAVE_FORCE,
};

enum licence {
	LICENCE_NONE,
	LICENCE_GIVEN,	/* a person has just acted */
	LICENCE_ACTIVE, /* and drives are enabled since */
};

struct oracle_roller {
	uint64_t body_us; /* the body moved last; 0 = never */
	double peak_n;	  /* contact since the last look */
	double push_mm;
	uint64_t high_us; /* motor over 40 N since; 0 = not */
	uint64_t blocked_us;
	bool blind;	  /* it jammed before it was homed */
	uint64_t met_us;  /* at its stop while homing, since the relay closed */
	uint64_t spot_us; /* on this spot since */
	double spot_mm;
};

struct oracle_lane {
	uint64_t since_us; /* driven without motion since; 0 = not */
	double from_mm;
	bool forward;
};

struct oracle_pad {
	double cem43;
	uint64_t off_us;		  /* told to be off since */
	double minute_c[61];		  /* once a second */
	unsigned int seconds;		  /* that the above holds */
	uint64_t frozen_us[PAD_CHANNELS]; /* heated while frozen or torn */
	uint64_t torn_us[PAD_CHANNELS];	  /* torn since */
};

struct oracle_device {
	uint64_t silent_us; /* since; 0 = it answers */
	uint64_t reach_us;  /* within reach since; 0 = not */
	bool seen;	    /* the controller must have met it since it has power */
};

struct oracle {
	const struct sim *sim;
	struct oracle_person person;
	uint64_t scan_us;	  /* a body was looked for, last */
	uint64_t service_over_us; /* no service since; 0 = there may be */
	uint64_t held_us;	  /* a technician was heard last */
	uint64_t wire_us;	  /* telegrams were lost last, whatever the reason */
	bool sits_down;		  /* in a technician's episode: a session is begun at the armrest */
	uint64_t two_us;	  /* more than one lane moves since; 0 = does not */
	uint64_t now_us;
	uint64_t broken; /* bits of enum invariant, in this cycle */
	uint64_t ignored;
	uint32_t alive_cycles; /* the controller has power, for so many cycles */
	bool powered;	       /* the controller */
	uint64_t powered_us;
	uint64_t proving_us; /* since when a pad heats that is not switched on */
	uint64_t dead_us;
	bool thread_dead;
	/* the last look */
	uint32_t inputs;
	uint64_t edges;
	bool closed;
	uint64_t closed_us;
	uint64_t edge_us;
	uint64_t edge_before_us;
	uint64_t welded_us;	       /* the relay stuck last */
	uint64_t deaf_us;	       /* GPIO was silent last */
	uint64_t mute_us[DRIVE_COUNT]; /* it took no telegram, though it heard them */
	uint64_t late_us[3];
	/* causes */
	uint64_t cut_us[CUT_COUNT];	/* present since; 0 = absent */
	uint32_t latched;		/* bits of enum cut that the controller must have latched */
	uint32_t seen_off;		/* power was off since */
	uint64_t latched_us[CUT_COUNT]; /* since */
	bool leg_latched;
	uint64_t leg_us;
	bool heat_latched;
	uint64_t heat_latched_us;
	bool heat_frozen;
	bool was_seated;
	uint64_t stuck_us[SWITCH_COUNT];
	/* who may move what */
	enum licence licence;
	uint64_t licence_until_us; /* LICENCE_GIVEN, or given anew */
	uint64_t act_us;
	uint64_t licensed_us; /* the last act that gave a licence */
	uint64_t idle_us;     /* LICENCE_NONE since */
	uint64_t disabled_us;
	uint64_t worked_us; /* motion other than leaving, last */
	enum leave leave;
	uint64_t leave_us;    /* must begin to leave then */
	uint64_t deadline_us; /* and be off; 0 = judged */
	uint64_t seat_empty_us;
	uint64_t key_us;
	bool resumes;	 /* the last act was a resume */
	bool power_lost; /* the relay has fallen since the last act */
	bool acted;	 /* a person, since power-up */
	bool ack_blocks; /* the armrest button is to be ignored */
	uint64_t released_us;
	uint64_t acknowledged_us;
	uint64_t ask_us;
	uint64_t late_resume_us;
	uint64_t resume_until_us;
	uint8_t sides; /* bits of enum side that may be pressed */
	uint8_t asked_sides;
	uint8_t level;
	uint8_t asked_level;
	uint64_t work_us;    /* massage began: something moved for the first time since the act */
	uint64_t session_us; /* homing and massage so far */
	uint64_t preheat_us;
	uint64_t preheat_until_us;
	uint64_t preheat_begun_us;
	bool heat_fault_ever;
	double contact_over_n; /* worst excess over the level, for tuning */
	uint32_t heat_steps;
	struct oracle_roller roller[ROLLER_COUNT];
	struct oracle_lane lane[LANE_COUNT];
	struct oracle_pad pad[PAD_COUNT];
	struct oracle_device device[SIM_DEVICE_COUNT];
	uint8_t lane_drive[LANE_COUNT];
};

void oracle_init(struct oracle *o, const struct sim *sim, const struct oracle_person *person,
		 uint64_t ignored);

/* Tell of an act before the cycle in which it comes to the controller. */
void oracle_act(struct oracle *o, const struct act *act, uint64_t now_us);

/* Look at the chair after each cycle. True while everything holds. */
bool oracle_look(struct oracle *o, uint64_t now_us);

#endif /* CAMPAIGN_ORACLE_H */
