/* SPDX-License-Identifier: MIT */
/*
 * The chair as processes that interleave in every way: control thread, bus thread, enable relay,
 * and the people around it. Checked by check.sh with spin.
 *
 * What is left out: rollers, heat, effects other than CUT and RETRACT, real time. A time is a
 * number of passes (RELEASE, FALL, SILENCE), or ends whenever it likes (homing, retraction, ask).
 * What is assumed: the e-stop latches mechanically, so turning it back takes longer than a cycle and
 * the relay's fall. Its own contacts in the chain are not counted on: software alone must do it.
 *
 * g_* are not part of the chair: they say what happened, for the properties below.
 */
#define RELEASE 2 /* cycles that the button must be up after an acknowledgement */
#define FALL	1 /* passes without an edge that the relay survives */
#define SILENCE 1 /* exchanges lost in a row that a drive survives */

mtype:state = { FAULT, INHIBITED, READY, HOMING, MASSAGE, RETRACTING };
mtype:command = { NONE, START, ASK };

/* people and things, as the controller reads them */
bool estop, button;
bool stop_flag;		     /* session.stop, from anyone */
mtype:command queued = NONE; /* on its way; whatever is ahead of it in the queue takes its time */
bool overtaken;		     /* by a stop that came after it */

/* control thread */
mtype:state state = INHIBITED;
bool latched, blocked, ask, settled;
bool last_button = true;
byte up;   /* cycles since the button was released, counted while it is blocked */
bool edge; /* of the heartbeat, not yet seen by the relay */
bool work; /* the newest command for the drives: turn */

/* enable relay, and the drives behind it */
bool relay;
byte missed;
bool fetched;		  /* the bus thread holds a command to turn */
bool configured, turning; /* a drive: its limits have been read back; its target */
byte lost;

/* what the last cycle saw and did */
bool g_cut, g_beat, g_stop, g_ack, g_by_button, g_new, g_estop_seen;
/* and since then */
bool g_intent; /* somebody at the chair or its panel has asked for a start */
bool g_let_go; /* the button has been up long enough since the acknowledgement */

#define moving (relay && turning)

inline begin(fresh)
{
	state = HOMING;
	ask = false;
	settled = false;
	g_new = fresh;
	g_intent = queued == START && !overtaken
}

/* One control cycle. Nothing happens between its reads and its writes that it would see. */
active proctype control()
{
	bool cut, stop, pressed, started;

end:
	do
	:: atomic {
		g_ack = false; g_by_button = false; g_new = false; g_beat = false;

		/* inputs */
		g_estop_seen = estop;
		stop = stop_flag;
		stop_flag = false;

		/* interlock: the e-stop, or any other cause, which comes and goes as it likes */
		if
		:: cut = estop
		:: cut = true
		fi;
		latched = latched || cut;

		/* the start button */
		pressed = button && !last_button;
		last_button = button;
		if
		:: (button) -> up = 0
		:: (!button && blocked) -> up++
		:: else
		fi;
		if
		:: (up == RELEASE) -> blocked = false; up = 0; g_let_go = true
		:: else
		fi;
		if
		:: (pressed && state == FAULT) ->
			latched = cut;
			blocked = true;
			g_ack = true;
			g_let_go = false;
			g_intent = queued == START && !overtaken
		:: (pressed && state == READY && !blocked && !latched && !stop && (!ask || settled)) ->
			begin(true);
			started = true;
			g_by_button = true
		:: else
		fi;

		/* a command, unless the button came first */
		if
		:: (queued == NONE)
		:: (queued != NONE) /* others are ahead of it */
		:: (queued != NONE && overtaken) -> queued = NONE; overtaken = false /* void */
		:: (queued == START && !overtaken) ->
			if
			:: (state == READY && !latched && !stop) -> begin(!overtaken); started = true
			:: else
			fi;
			queued = NONE
		:: (queued == ASK && !overtaken) ->
			queued = NONE;
			ask = ask || (state == READY && !latched && !stop)
		fi;
		settled = ask;
		if
		:: (latched || stop) -> ask = false; settled = false
		:: (ask && !latched && !stop) -> ask = false; settled = false /* too old */
		:: else
		fi;

		/* the state table; what has just started is where it is */
		if
		:: (latched) -> state = FAULT
		:: (!latched && state == FAULT) -> state = INHIBITED
		:: (!latched && state == INHIBITED && relay) -> state = READY
		:: (!latched && state == INHIBITED && !relay)
		:: (!latched && state == READY) -> state = (relay -> READY : INHIBITED)
		:: (!latched && state == HOMING && stop) -> state = RETRACTING
		:: (!latched && state == HOMING && !stop && !started) -> state = MASSAGE
		:: (!latched && state == HOMING && !stop)
		:: (!latched && state == MASSAGE) -> state = RETRACTING /* stopped, or over */
		:: (!latched && state == MASSAGE && !stop)
		:: (!latched && state == RETRACTING) -> state = INHIBITED /* off the body */
		:: (!latched && state == RETRACTING)
		:: (!latched && state == RETRACTING) -> latched = true; state = FAULT /* too late */
		fi;

		/* the gate */
		work = (state == HOMING || state == MASSAGE) && !latched;
		if
		:: (!latched) -> edge = true; g_beat = true
		:: else
		fi;

		g_cut = latched;
		g_stop = stop;
		cut = false; stop = false; pressed = false; started = false
	}
	od
}

/* The charge pump: it holds while edges come, and its fall takes the drives' memory. */
active proctype relay_chain()
{
end:
	do
	:: atomic {
		if
		:: (edge) -> edge = false; missed = 0; relay = true
		:: (!edge && missed < FALL) -> missed++
		:: (!edge && missed == FALL) ->
			relay = false;
			configured = false;
			turning = false
		fi
	}
	od
}

/* One exchange after the other. A command is fetched first and arrives later, or is lost. */
active proctype bus()
{
end:
	do
	:: fetched = work;
	   atomic {
		if
		:: (relay && !configured) -> configured = true; turning = false; lost = 0
		:: (relay && configured) -> turning = fetched; lost = 0
		:: (lost < SILENCE) -> lost++
		:: (lost == SILENCE) -> turning = false /* the drive's own timeout */
		fi;
		fetched = false
	   }
	od
}

/* Whoever is seated, at the panel, in the house, or near the red button. */
active proctype people()
{
end:
	do
	:: atomic { (!button) -> button = true; g_intent = true }
	:: atomic { (button) -> button = false }
	:: atomic { (!estop) -> estop = true; g_estop_seen = false }
	:: atomic { (estop && g_estop_seen && !relay) -> estop = false }
	:: atomic { (queued == NONE) -> queued = START; g_intent = true }
	:: atomic { (queued == NONE) -> queued = ASK }
	:: atomic { (queued != NONE) -> queued = NONE; overtaken = false /* lost */ }
	:: atomic { (!stop_flag) -> stop_flag = true; overtaken = queued != NONE }
	od
}

/* "p until q, or p for ever", which spin has no operator for. */
#define UNLESS(p, q) ((((p)) U (q)) || ([] (p)))

/* The e-stop takes the power away, whatever else happens. */
ltl estop_cuts { [] (estop -> <> !relay) }
/* While a fault is latched there is no edge, and once fallen the relay stays down, until a reset. */
ltl fault_is_silent { [] (g_cut -> UNLESS(!g_beat, g_ack)) }
ltl fault_stays_dark { [] ((g_cut && !relay && !edge) -> UNLESS(!relay, g_ack)) }
/* The acknowledging press never starts, nor does the next one before the button was let go. */
ltl reset_is_no_start { [] (g_ack -> !work && UNLESS(!g_by_button, g_let_go)) }
/* After a stop nothing is told to work until a start that was asked for after it. */
ltl stop_stops { [] (g_stop -> UNLESS(!work, g_new)) }
/* Once what was on its way has arrived, nothing moves either. */
ltl stop_stays { [] ((g_stop && !turning && !fetched) -> UNLESS(!moving, g_new)) }
/* A drive stops even when every message to it is lost. */
ltl stop_arrives { [] (g_stop -> <> (!moving || g_new)) }
/* Nothing begins that nobody at the chair asked for; an ask from afar alone is nothing. */
ltl nothing_by_itself { [] ((!work && !g_intent) -> UNLESS(!work, g_intent)) }
/* No drive turns before its limits were read back since the relay closed. */
ltl configured_first { [] (moving -> configured) }
