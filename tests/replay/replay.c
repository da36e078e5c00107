/* SPDX-License-Identifier: MIT */
/*
 * replay FILE... - a line for each recording: what `chairctl replay` would say of it, and a digest
 * of all that came out. Of nothing but core and record, so that it is easily built for another
 * machine. Ends with status 1 when one of them does not come out again.
 */
#include "replayer.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t bytes[RECORDING_BYTES_MAX];
static struct replay replay;

/* A core that has changed since is asked for less: tests/recordings/README.md. */
static bool comes_again(const struct replay *r)
{
	return !r->torn && r->damaged == 0 &&
	       (r->result == REPLAY_IDENTICAL ||
		(r->result == REPLAY_OTHER_CORE && r->tripped && r->recurred && r->safe));
}

static void tell(const char *path, const struct replay *r)
{
	static const char *const results[] = {
		[REPLAY_UNREADABLE] = "unreadable",
		[REPLAY_DIFFERS] = "differs",
		[REPLAY_OTHER_CORE] = "other_core",
		[REPLAY_IDENTICAL] = "identical",
	};
	const struct replay_difference *d = &r->difference;

	(void)printf("%s %s digest %016llx, %llu cycles, %u events", path, results[r->result],
		     (unsigned long long)r->digest, (unsigned long long)r->cycles, r->event_count);
	if (r->tripped) {
		(void)printf(", %s%s%s", fault_row(r->cause)->name,
			     r->recurred ? " comes again" : " does NOT come again",
			     r->safe ? "" : ", NOT safe");
	}
	if (d->found) {
		(void)printf(", cycle %llu: %s was %s, replayed %s", (unsigned long long)d->cycle,
			     d->name, d->recorded, d->replayed);
	}
	(void)printf("%s%s%s%s\n", r->torn ? ", torn" : "", r->damaged > 0 ? ", damaged" : "",
		     r->why[0] != '\0' ? ", " : "", r->why);
}

static bool replay_file(const char *path)
{
	FILE *from = fopen(path, "rb");
	size_t length;

	if (from == NULL) {
		perror(path);
		return false;
	}
	length = fread(bytes, 1, sizeof(bytes), from);
	(void)fclose(from); /* was only read */
	if (replayer_run(bytes, length, NULL, &replay) < 0) {
		(void)fprintf(stderr, "%s: no memory\n", path);
		return false;
	}
	tell(path, &replay);
	return comes_again(&replay);
}

int main(int argc, char *argv[])
{
	bool all = argc > 1;

	for (int i = 1; i < argc; i++) {
		all = replay_file(argv[i]) && all;
	}
	return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
