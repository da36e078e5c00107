/* SPDX-License-Identifier: MIT */
/* replay_draw.h - a recording as a drawing, with the means of chair-program's. */
#ifndef CONSOLE_REPLAY_DRAW_H
#define CONSOLE_REPLAY_DRAW_H

#include "replayer.h"

#include <stdio.h>

/* Replay @bytes once more, of which @replay tells the outcome, and draw it. 0, -ENOMEM or -EIO. */
int replay_draw(const uint8_t *bytes, size_t length, const struct replay *replay, FILE *to)
	__attribute__((warn_unused_result));

#endif /* CONSOLE_REPLAY_DRAW_H */
