/* SPDX-License-Identifier: MIT */
/*
 * bus_plan.h - turns a device's profile into prepared transactions: neighbouring registers share
 * one, every one has its timeout. Used by bus_line.c only; pure.
 */
#ifndef HW_BUS_PLAN_H
#define HW_BUS_PLAN_H

#include "bus_line.h"

/* Prepare every job of device @index. Returns 0, or -EINVAL when the device cannot be served. */
int bus_plan_build(const struct bus_line_config *config, unsigned int index, struct bus_plan *plan)
	__attribute__((warn_unused_result));

bool bus_function_is_write(enum bus_function function);

#endif /* HW_BUS_PLAN_H */
