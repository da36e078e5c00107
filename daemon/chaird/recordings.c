/* SPDX-License-Identifier: MIT */
#include "recordings.h"

#include "recording.h"
#include "replayer.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)
#define NAME_BYTES  64
#define SUFFIX	    ".chairrec"
#define UNFINISHED  "unfinished"
#define FILES_MAX   32 /* looked at; more than these are somebody else's */

struct job {
	struct recording_info info;
	char name[NAME_BYTES];
};

struct recordings {
	const struct setup *setup; /* borrowed, like the next */
	struct recorder *recorder;
	char directory[RECORDINGS_PATH_MAX - NAME_BYTES];
	pthread_t thread;
	/* main thread */
	bool tripped; /* a file is due */
	enum cause cause;
	uint64_t trip_us;
	uint64_t due_us;
	uint64_t last_us; /* when one was last begun; 0 = never */
	/* between the threads */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool quit;
	bool busy; /* from its being asked for until it is written */
	bool done; /* outcome waits to be told */
	int error;
	struct job job; /* the thread's while busy */
};

/* ---- the writing thread ---- */

struct kept {
	char name[NAME_BYTES];
	off_t bytes;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name);
}

/* The recordings in @directory, oldest first: their names begin with the time. */
static size_t look(const char *directory, struct kept kept[FILES_MAX])
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	size_t count = 0;

	while (dir != NULL && count < FILES_MAX && (entry = readdir(dir)) != NULL) {
		const size_t length = strlen(entry->d_name);
		struct stat st;

		if (length <= strlen(SUFFIX) || length >= NAME_BYTES ||
		    strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) != 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode)) {
			continue;
		}
		memcpy(kept[count].name, entry->d_name, length + 1);
		kept[count].bytes = st.st_size;
		count++;
	}
	if (dir != NULL) {
		(void)closedir(dir);
	}
	qsort(kept, count, sizeof(kept[0]), by_name);
	return count;
}

/* The oldest go. Never the newest one: a clock that was wrong must not cost what was just kept. */
static void prune(const char *directory, int fd, const char *newest)
{
	struct kept kept[FILES_MAX];
	const size_t count = look(directory, kept);
	size_t left = count;
	off_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		bytes += kept[i].bytes;
	}
	for (size_t i = 0; i < count && (left > RECORDINGS_KEPT || bytes > RECORDINGS_BYTES_KEPT);
	     i++) {
		if (strcmp(kept[i].name, newest) != 0 && unlinkat(fd, kept[i].name, 0) == 0) {
			left--;
			bytes -= kept[i].bytes;
		}
	}
}

static int write_to(struct recordings *r, const struct job *job, int fd)
{
	FILE *to = fdopen(fd, "w");
	int e;

	if (to == NULL) {
		e = -errno;
		(void)close(fd);
		return e;
	}
	e = recording_write(to, &job->info, &r->setup->core, r->recorder);
	if (e == 0 && (fflush(to) != 0 || fsync(fd) < 0)) {
		e = -errno;
	}
	if (fclose(to) != 0 && e == 0) {
		e = -errno;
	}
	return e;
}

/* Whole under its name, or not at all. @fd: the directory. */
static int write_in(struct recordings *r, const struct job *job, int fd)
{
	int file;
	int e;

	(void)unlinkat(fd, UNFINISHED, 0); /* of a run that was cut off */
	file = openat(fd, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0) {
		return -errno;
	}
	e = write_to(r, job, file);
	if (e == 0 && (renameat(fd, UNFINISHED, fd, job->name) < 0 || fsync(fd) < 0)) {
		e = -errno;
	}
	if (e < 0) {
		(void)unlinkat(fd, UNFINISHED, 0);
	}
	return e;
}

static int write_file(struct recordings *r, const struct job *job)
{
	int fd;
	int e;

	if (mkdir(r->directory, 0700) < 0 && errno != EEXIST) {
		return -errno;
	}
	fd = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	e = write_in(r, job, fd);
	if (e == 0) {
		prune(r->directory, fd, job->name);
	}
	(void)close(fd);
	return e;
}

static void *run(void *arg)
{
	struct recordings *r = arg;

	(void)prctl(PR_SET_NAME, "recordings", 0, 0, 0);
	(void)pthread_mutex_lock(&r->lock); /* an ordinary mutex: cannot fail, here and below */
	while (!r->quit || (r->busy && !r->done)) {
		int e;

		if (!r->busy || r->done) {
			(void)pthread_cond_wait(&r->wake, &r->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&r->lock);
		e = write_file(r, &r->job);
		(void)pthread_mutex_lock(&r->lock);
		r->error = e;
		r->done = true;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- the main thread ---- */

static int start_thread(struct recordings *r)
{
	pthread_attr_t attr;
	int e = pthread_attr_init(&attr);

	if (e == 0) {
		(void)pthread_attr_setstacksize(&attr, STACK_BYTES); /* above every minimum */
		e = pthread_create(&r->thread, &attr, run, r);
		(void)pthread_attr_destroy(&attr);
	}
	return -e;
}

int recordings_open(const char *storage, const struct setup *setup, struct recorder *recorder,
		    struct recordings **ret)
{
	struct recordings *r = calloc(1, sizeof(*r));
	int e;

	if (r == NULL) {
		return -ENOMEM;
	}
	r->setup = setup;
	r->recorder = recorder;
	(void)pthread_mutex_init(&r->lock, NULL); /* without attributes: cannot fail */
	(void)pthread_cond_init(&r->wake, NULL);
	e = snprintf(r->directory, sizeof(r->directory), "%s/recordings", storage) <
			    (int)sizeof(r->directory)
		    ? start_thread(r)
		    : -ENAMETOOLONG;
	if (e < 0) {
		free(r);
		return e;
	}
	*ret = r;
	return 0;
}

void recordings_event(struct recordings *recordings, const struct control_event *event)
{
	const enum cause cause = (enum cause)event->event.a;
	uint64_t due_us = event->now_us + RECORDINGS_AFTER_US;

	if (event->event.kind != CHAIR_EVENT_CAUSE || event->event.b != 1 ||
	    !replayer_is_trip(cause) || recordings->tripped) {
		return; /* the first one tells what the file is about */
	}
	if (recordings->last_us != 0 && due_us < recordings->last_us + RECORDINGS_GAP_US) {
		due_us = recordings->last_us + RECORDINGS_GAP_US;
	}
	recordings->tripped = true;
	recordings->cause = cause;
	recordings->trip_us = event->now_us;
	recordings->due_us = due_us;
}

/* Hand a file to the thread. -EBUSY while it has one. */
static int begin(struct recordings *r, uint64_t now_us, bool trip)
{
	const time_t utc_s = time(NULL);
	struct job job = { .info = { .saved_us = now_us, .saved_utc_s = (uint64_t)utc_s } };
	const char *what = trip ? fault_row(r->cause)->code : "request";
	struct tm utc = { 0 };
	char when[24] = "";
	bool busy;

	(void)gmtime_r(&utc_s, &utc); /* any time that a clock can show */
	(void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &utc);
	(void)snprintf(job.name, sizeof(job.name), "%s-%s" SUFFIX, when, what);
	(void)snprintf(job.info.core, sizeof(job.info.core), "%s", recording_core());
	(void)snprintf(job.info.reason, sizeof(job.info.reason), "%s", trip ? "trip" : "request");
	(void)snprintf(job.info.chair, sizeof(job.info.chair), "%.*s", RECORDING_WORD_MAX - 1,
		       r->setup->chair);
	job.info.tripped = trip;
	job.info.cause = r->cause;
	job.info.trip_us = r->trip_us;
	(void)pthread_mutex_lock(&r->lock);
	busy = r->busy;
	if (!busy) {
		r->job = job;
		r->busy = true;
		(void)pthread_cond_signal(&r->wake);
	}
	(void)pthread_mutex_unlock(&r->lock);
	if (!busy) {
		r->last_us = now_us;
	}
	return busy ? -EBUSY : 0;
}

void recordings_tick(struct recordings *recordings, uint64_t now_us)
{
	if (recordings->tripped && now_us >= recordings->due_us &&
	    begin(recordings, now_us, true) == 0) {
		recordings->tripped = false;
	}
}

int recordings_save(struct recordings *recordings, uint64_t now_us,
		    char ret_path[RECORDINGS_PATH_MAX])
{
	const uint64_t last_us = recordings->last_us;
	int e = begin(recordings, now_us, false);

	if (e == 0) {
		recordings->last_us = last_us; /* a request puts no trip off */
		(void)snprintf(ret_path, RECORDINGS_PATH_MAX, "%s/%s", recordings->directory,
			       recordings->job.name);
	}
	return e;
}

int recordings_outcome(struct recordings *recordings, char ret_path[RECORDINGS_PATH_MAX],
		       int *ret_error)
{
	bool done;

	(void)pthread_mutex_lock(&recordings->lock);
	done = recordings->done;
	if (done) {
		(void)snprintf(ret_path, RECORDINGS_PATH_MAX, "%s/%s", recordings->directory,
			       recordings->job.name);
		*ret_error = recordings->error;
		recordings->done = false;
		recordings->busy = false;
	}
	(void)pthread_mutex_unlock(&recordings->lock);
	return done ? 1 : 0;
}

json_t *recordings_list(struct recordings *recordings)
{
	struct kept kept[FILES_MAX];
	const size_t count = look(recordings->directory, kept);
	json_t *list = json_array();
	bool saving;

	(void)pthread_mutex_lock(&recordings->lock);
	saving = recordings->busy; /* as recordings_save() sees it */
	(void)pthread_mutex_unlock(&recordings->lock);
	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(list, json_pack("{s:s, s:I}", "name", kept[i].name,
							  "bytes", (json_int_t)kept[i].bytes)) <
		    0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o, s:b}", "directory", recordings->directory, "recordings", list,
			 "saving", saving);
}

void recordings_close(struct recordings *recordings)
{
	char path[RECORDINGS_PATH_MAX];
	int error;

	if (recordings == NULL) {
		return;
	}
	(void)recordings_outcome(recordings, path, &error); /* nobody is left to be told */
	if (recordings->tripped) {
		/* Refused only while another file is under way, which has the trip in it too. */
		(void)begin(recordings, recordings->trip_us, true);
	}
	(void)pthread_mutex_lock(&recordings->lock);
	recordings->quit = true;
	(void)pthread_cond_signal(&recordings->wake);
	(void)pthread_mutex_unlock(&recordings->lock);
	(void)pthread_join(recordings->thread, NULL);
	(void)pthread_cond_destroy(&recordings->wake);
	(void)pthread_mutex_destroy(&recordings->lock);
	free(recordings);
}
