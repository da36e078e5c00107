/* SPDX-License-Identifier: MIT */
/*
 * safety_limits.h - compiled limits. Configuration may only be stricter. Sources: docs/safety.md;
 * the matrix of docs/architecture.md; burns, doses and accident figures stand there with their
 * sources.
 */
#ifndef CORE_SAFETY_LIMITS_H
#define CORE_SAFETY_LIMITS_H

#include <stdint.h>

#define S_US UINT64_C(1000000)

#define LIMIT_FORCE_TRIP_N  45.0f /* one sample over this leaves the body */
#define LIMIT_FORCE_HIGH_N  40.0f /* two samples over this do */
#define LIMIT_INNER_FORCE_N 10.0f /* inner leg roller: never above level 2 */
#define LIMIT_SCAN_N	    10.0f /* what the homing current may press with: level 2 */
#define LIMIT_SPEED_MM_S    60.0f /* any roller axis */
#define LIMIT_RETRACT_MM_S  20.0f /* at least: a full stroke within 2 s needs it */
#define LIMIT_CLEAR_MM	    5.0f  /* at most: a body is never that close to the stop */
#define LIMIT_STROKE_S                                                             \
	1.5f /* a full depth stroke; getting up to speed needs the rest of the 2 s \
	      */
#define LIMIT_KNEAD_RPM	      40.0f
#define LIMIT_SETPOINT_C      41.0f /* IEC 60601-1 ed. 2 applied part; 41 C for 30 min is 1.88 CEM43 */
#define LIMIT_PAD_TRIP_C      43.0f /* reference temperature of CEM43; 2 minutes here are 2 CEM43 */
#define LIMIT_SENSOR_MIN_C    (-10.0f)
#define LIMIT_SENSOR_MAX_C    80.0f /* beyond: implausible (85.0 is a DS18B20's power-on value) */
#define LIMIT_SENSOR_SPLIT_C  3.0f
#define LIMIT_SENSOR_RATE_C_S 2.0f /* 15 W warm a pad of 190 J/K by 0.08 C a second */
#define LIMIT_DOSE_CEM43      2.0f /* van Rhoon 2013, uncontrolled conditions */
#define LIMIT_DOSE_WARN_CEM43 1.0f
#define LIMIT_SESSION_US      (1800 * S_US)
#define LIMIT_PAUSE_US	      (600 * S_US)
#define LIMIT_RESUME_US	      (120 * S_US)
#define LIMIT_ASK_US	      (60 * S_US)
#define LIMIT_PREHEAT_US      (600 * S_US)
#define LIMIT_PREHEAT_C	      38.0f
#define LIMIT_PREHEAT_REST_US (3600 * S_US)

#define LIMIT_SWITCHES_AGE_US	UINT64_C(50000)
#define LIMIT_RELAY_FEEDBACK_US UINT64_C(100000)
#define LIMIT_RELAY_HOLD_US	UINT64_C(100000) /* the relay falls this long after the last edge */
#define LIMIT_DRIVE_AGE_US	UINT64_C(300000)
#define LIMIT_SENSOR_AGE_US	(3 * S_US)
#define LIMIT_POWER_UP_US	(3 * S_US)
#define LIMIT_DRIVE_READY_US	(2 * S_US) /* new limits and enabling take about 0.5 s */
#define LIMIT_RETRACT_US	(2 * S_US)
#define LIMIT_SEAT_EMPTY_US	S_US
#define LIMIT_HOME_DEPTH_US	(8 * S_US)	/* a full depth stroke at homing speed, twice */
#define LIMIT_HOME_TRAVEL_US	(42 * S_US)	/* maker's service manual, see domain facts */
#define LIMIT_SCAN_US		(90 * S_US)	/* the longest track at 20 mm/s takes 26 s, twice */
#define LIMIT_OVERRUN_US	UINT64_C(20000) /* a cycle this long after the last is an overrun */
#define LIMIT_OVERRUN_WINDOW_US S_US
#define LIMIT_OVERRUN_COUNT	3
#define LIMIT_LEVEL_STEP_US	(10 * S_US)
#define LIMIT_ACK_RELEASE_US	(3 * S_US)
#define LIMIT_BUTTON_STUCK_US	(30 * S_US)
#define LIMIT_PANEL_SILENT_US	(5 * S_US)
#define LIMIT_NO_MOTION_US	(2 * S_US) /* maker's service manual: no pulse for 1 to 3 s */
#define LIMIT_STALL_US		UINT64_C(500000)
#define LIMIT_DWELL_US                                                                             \
	(60 * S_US)		     /* nerve injury by a ball under the buttock, see domain facts \
				      */
#define LIMIT_MOVE_ON_US (50 * S_US) /* a technique leaves the spot before that */
#define LIMIT_SERVICE_MM_S                                                     \
	15.0f /* a third of working speed, under the homing current: judgement \
	       */
#define LIMIT_SERVICE_RPM	6.0f
#define LIMIT_SERVICE_LEASE_US	(600 * S_US)
#define LIMIT_SERVICE_SILENT_US (2 * S_US)
#define LIMIT_SERVICE_HOLD_US \
	UINT64_C(300000) /* hold-to-run: a jog ends this long after its hand */
#define LIMIT_SERVICE_STILL_US UINT64_C(500000)
#define LIMIT_SERVICE_HOME_US  (120 * S_US) /* the longest track at service speed, twice */
#define LIMIT_SERVICE_HEAT_US  (300 * S_US)
#define LIMIT_PROOF_CLOSE_US   UINT64_C(100000)
#define LIMIT_PROOF_DROP_US    UINT64_C(150000)
#define LIMIT_PROOF_PADS_US    (40 * S_US) /* a welded relay warms a pad by 3 C in that time */
#define LIMIT_PROOF_RISE_C     1.0f
#define LIMIT_ASK_SETTLE_US    S_US /* a press sooner after an ask was meant for something else */

#endif /* CORE_SAFETY_LIMITS_H */
