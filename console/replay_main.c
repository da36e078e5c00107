/* SPDX-License-Identifier: MIT */
/* chair-replay - `replay FILE` as a program of its own. */
#include "replay.h"

int main(int argc, char *argv[])
{
	return replay_command(argc, argv);
}
