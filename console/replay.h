/* SPDX-License-Identifier: MIT */
/*
 * replay.h - the command `replay FILE`: run the core over a recording, and tell what happened.
 */
#ifndef CONSOLE_REPLAY_H
#define CONSOLE_REPLAY_H

/* argv[0] is the command's name. Writes to standard output, complaints to standard error. Returns
 * the exit code: 0 every output came out again, 1 one did not, 2 wrong arguments or an unreadable
 * file. */
int replay_command(int argc, char *argv[]);

#endif /* CONSOLE_REPLAY_H */
