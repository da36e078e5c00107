/* SPDX-License-Identifier: MIT */
/*
 * guest_reports.h - what is told to a guest about themselves: how the pain went, left against
 * right, and everything that is stored. New references; NULL when the store or memory fails.
 */
#ifndef CHAIRD_GUEST_REPORTS_H
#define CHAIRD_GUEST_REPORTS_H

#include "guests.h"

/* Pain over time. A change counts from 2 points on, or 30 % of the pain at the beginning (at least
 * one point). After 6 sessions without one, or when it got worse, a doctor is advised. */
json_t *guest_progress(struct history *history, int64_t guest);

/* Stiffness left against right. A difference is stated only when it is more than two standard
 * errors; so is its trend. Never a diagnosis. */
json_t *guest_balance(struct history *history, int64_t guest);

/* A page of all that is stored, from record @from on: {"format", "records" or "csv", "next"}, on
 * the first page with the profile. */
json_t *guest_export(struct history *history, const struct guest_profile *profile, bool csv,
		     unsigned int from);

#endif /* CHAIRD_GUEST_REPORTS_H */
