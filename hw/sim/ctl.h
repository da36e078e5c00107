/* SPDX-License-Identifier: MIT */
/* ctl.h - `chairsim ctl`: one request to a running chairsim. */
#ifndef SIM_CTL_H
#define SIM_CTL_H

/* @argv: what follows the word ctl, @argc of them, NULL-terminated. Returns the exit status:
 * 0 = the result was printed, 1 = refused or unreachable, 2 = not understood. */
int ctl_main(int argc, char *const argv[]);

#endif /* SIM_CTL_H */
