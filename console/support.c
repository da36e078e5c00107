/* SPDX-License-Identifier: MIT */
/*
 * support.c - `chairctl support`: one archive with what a maintainer needs and nothing about
 * people. What goes in is listed here, key by key where a document also tells of a session: what is
 * added to a document later stays out until somebody has thought about it.
 */
#include "support.h"
#include "doctor.h"
#include "link.h"
#include "show.h"
#include "tools.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROOT_NAME   "chair-support" /* of the directory in the archive */
#define LOG_LINES   "5000"
#define WORDS_MAX   16
#define COPY_BYTES  65536
#define SUFFIX	    ".chairrec"
#define PRIVATE	    0600
#define PRIVATE_DIR 0700

struct support {
	const struct console *console;
	struct doctor doctor; /* where the daemon's files are */
	struct hide hide;
	char directory[256]; /* temporary, with ROOT_NAME in it */
	json_t *files;	     /* names, owned like the next */
	json_t *missing;
	bool failed; /* a file could not be written */
};

static void miss(struct support *s, const char *name, const char *why)
{
	(void)json_array_append_new(
		s->missing, json_pack("{s:s, s:o}", "name", name, "why", hide_text(&s->hide, why)));
}

/* A file of the archive; NULL after it was noted. */
static FILE *begin_file(struct support *s, const char *name)
{
	char path[400];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/" ROOT_NAME "/%s", s->directory, name);
	file = fopen(path, "wxe");
	s->failed = s->failed || file == NULL;
	return file;
}

static void end_file(struct support *s, const char *name, FILE *file, bool good)
{
	if (file == NULL) {
		return;
	}
	if (fclose(file) != 0 || !good) {
		s->failed = true;
	}
	(void)json_array_append_new(s->files, json_string(name));
}

/* Takes @object over. */
static void put_json(struct support *s, const char *name, json_t *object)
{
	FILE *file;

	hide_strings(&s->hide, object);
	file = begin_file(s, name);
	if (file != NULL) {
		end_file(s, name, file,
			 object != NULL && json_dumpf(object, file, JSON_INDENT(2)) == 0 &&
				 fputc('\n', file) != EOF);
	}
	json_decref(object);
}

static void put_text(struct support *s, const char *name, const char *text)
{
	FILE *file = begin_file(s, name);

	end_file(s, name, file, file == NULL || fputs(text, file) != EOF);
}

/* ---- what chairctl itself tells ---- */

/* Run `chairctl --json VERB...` and take what it prints. An owned text, or NULL. */
static char *run_verb(const struct support *s, const char *const verb[])
{
	char path[300];
	char timeout[32];
	const char *argv[WORDS_MAX] = { tool_path("chairctl", path, sizeof(path)),
					"-q",
					"--json",
					"--socket",
					s->console->socket,
					"--timeout",
					timeout };
	size_t n = 7;
	char *text = NULL;

	(void)snprintf(timeout, sizeof(timeout), "%g", (double)s->console->timeout_us / 1e6);
	for (size_t i = 0; verb[i] != NULL && n + 1U < WORDS_MAX; i++) {
		argv[n++] = verb[i];
	}
	if (tool_read(argv, true, &text) < 0) {
		return NULL;
	}
	return text;
}

/* The object in what a verb printed: messages come before it, each on a line. NULL: there is none.
 */
static json_t *find_object(const char *text)
{
	while (text != NULL && text[0] != '{') {
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return text == NULL ? NULL : json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
}

/* What a verb said. Noted and NULL when it said only what went wrong. */
static json_t *ask_verb(struct support *s, const char *name, const char *const verb[])
{
	static const char lead[] = "chairctl: ";
	char *text = run_verb(s, verb);
	json_t *object = find_object(text);

	if (object == NULL && (text == NULL || text[0] == '\0')) {
		miss(s, name, "chairctl could not be run");
	} else if (object == NULL) {
		text[strcspn(text, "\n")] = '\0';
		miss(s, name, text + (strncmp(text, lead, strlen(lead)) == 0 ? strlen(lead) : 0));
	}
	free(text);
	return object;
}

static void put_verbs(struct support *s)
{
	static const struct {
		const char *file;
		const char *verb[3];
	} plain[] = {
		{ "version.json", { "version" } },
		{ "doctor.json", { "doctor" } },
		{ "interlocks.json", { "interlocks" } },
		{ "bus.json", { "bus" } },
		{ "io.json", { "io" } },
		{ "care.json", { "care" } },
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		json_t *object = ask_verb(s, plain[i].file, plain[i].verb);

		if (object != NULL) {
			put_json(s, plain[i].file, object);
		}
	}
}

/* Of the state, what tells nothing of a session: no program, side, phase, levels, heat, ask. */
static void put_status(struct support *s)
{
	static const char *const verb[] = { "status", NULL };
	static const char *const keys[] = { "schema",	     "time",	"uptime_s", "chair",
					    "state",	     "permits", "inhibits", "faults",
					    "seat_occupied", "proof",	"care" };
	json_t *status = ask_verb(s, "status.json", verb);
	json_t *kept = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(json_object_get(status, "state"), keys[i]);

		if (value != NULL) {
			(void)json_object_set(kept, keys[i], value);
		}
	}
	if (status != NULL) {
		put_json(s, "status.json",
			 json_pack("{s:s, s:b, s:O}", "schema", text_of(status, "schema"), "fault",
				   true_of(status, "fault"), "state", kept));
	}
	json_decref(kept);
	json_decref(status);
}

/* The configuration without the programs: which one somebody likes may be a file of its own. */
static void put_config(struct support *s)
{
	const char *verb[] = { "config",     "show",
			       "--config",   s->doctor.config,
			       "--profiles", s->doctor.profiles,
			       NULL };
	json_t *shown = ask_verb(s, "config.yaml", verb);
	const char *yaml = text_of(shown, "yaml");
	const char *programs = strstr(yaml, "\nprograms:");
	const size_t length = programs == NULL ? strlen(yaml) : (size_t)(programs - yaml) + 1U;

	if (yaml[0] != '\0') {
		json_t *text = json_stringn(yaml, length);

		hide_one(&s->hide, text);
		put_text(s, "config.yaml", json_string_value(text));
		json_decref(text);
		s->doctor.printed = strdup(yaml); /* without it storage is the default's */
	} else if (shown != NULL) {
		miss(s, "config.yaml", "it is not valid: config-problems.json");
		put_json(s, "config-problems.json",
			 json_pack("{s:O?}", "problems", json_object_get(shown, "problems")));
	}
	json_decref(shown);
}

static void put_gateway(struct support *s, const char *printed)
{
	char *text = printed == NULL ? NULL : hide_settings(printed);

	if (text == NULL) {
		miss(s, "chair-mqtt.yaml", "chair-mqtt does not run, or may not be looked at");
	} else {
		put_text(s, "chair-mqtt.yaml", text);
	}
	free(text);
}

/* ---- the journal ---- */

static bool put_line(FILE *file, const json_t *entry)
{
	return json_dumpf(entry, file, JSON_COMPACT) == 0 && fputc('\n', file) != EOF;
}

/* All lines of @text, and once more those of faults alone: the history of faults. */
static void put_entries(struct support *s, char *text)
{
	FILE *log = begin_file(s, "log.jsonl");
	FILE *faults = begin_file(s, "faults.jsonl");
	bool good = log != NULL && faults != NULL;
	char *line;

	while (good && (line = strsep(&text, "\n")) != NULL) {
		json_t *entry = json_loads(line, 0, NULL);

		if (entry == NULL) {
			continue; /* what journalctl itself has to say */
		}
		hide_entry(&s->hide, entry);
		good = put_line(log, entry) &&
		       (strcmp(text_of(entry, "kind"), "cause") != 0 || put_line(faults, entry));
		json_decref(entry);
	}
	end_file(s, "log.jsonl", log, good);
	end_file(s, "faults.jsonl", faults, good);
}

static void put_log(struct support *s)
{
	static const char *const verb[] = { "log", "--lines", LOG_LINES, NULL };
	char *text = run_verb(s, verb);

	if (text == NULL || strchr(text, '{') == NULL) {
		miss(s, "log.jsonl",
		     "the journal is empty, or may not be read: sudo, or the group "
		     "systemd-journal");
	} else {
		put_entries(s, text);
	}
	free(text);
}

/* ---- the machine ---- */

/* Names and sizes. The recordings show how somebody was massaged: they stay where they are. */
static void put_recordings(struct support *s)
{
	char path[300];
	DIR *dir;
	const struct dirent *entry;
	json_t *list = json_array();

	doctor_storage(&s->doctor);
	(void)snprintf(path, sizeof(path), "%s/recordings", s->doctor.storage);
	dir = opendir(path);
	if (dir == NULL && errno != ENOENT) {
		miss(s, "recordings.json", strerror(errno));
		json_decref(list);
		return;
	}
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const size_t length = strlen(entry->d_name);
		struct stat info;

		if (length > strlen(SUFFIX) &&
		    strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0 &&
		    fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
			(void)json_array_append_new(list,
						    json_pack("{s:s, s:I}", "name", entry->d_name,
							      "bytes", (json_int_t)info.st_size));
		}
	}
	if (dir != NULL) {
		(void)closedir(dir); /* only read from */
	}
	put_json(s, "recordings.json",
		 json_pack("{s:s, s:o}", "note",
			   "the recordings themselves are health data and are not in this archive",
			   "recordings", list));
}

static void put_machine(struct support *s)
{
	put_json(s, "system.json", support_system());
	put_recordings(s);
}

/* ---- the archive ---- */

static void collect(struct support *s)
{
	char *gateway = doctor_gateway(s->console);

	doctor_daemon(&s->doctor);
	hide_hosts(&s->hide, gateway);
	put_verbs(s);
	put_status(s);
	put_config(s);
	put_gateway(s, gateway);
	put_log(s);
	put_machine(s);
	free(gateway);
}

/* The last file: what there is, what could not be had, what is left out on purpose. */
static void put_contents(struct support *s)
{
	char time_text[32];
	const time_t now = time(NULL);
	struct tm utc;

	(void)gmtime_r(&now, &utc);
	(void)strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	put_json(s, "contents.json",
		 json_pack("{s:s, s:s, s:s, s:O, s:O, s:s}", "schema",
			   "chairctl.support.contents/1", "time", time_text, "version",
			   CHAIR_VERSION, "files", s->files, "missing", s->missing, "left_out",
			   "guests and what they say, sessions, programs, sides, positions of the "
			   "rollers, recordings, passwords, tokens, names of phones and hosts"));
}

/* tar's output into @fd. @owner: no name of an account in it. 0 or -errno. */
static int pack(const struct support *s, int fd)
{
	const char *const argv[] = { "tar",	  "-C",	       s->directory,
				     "--owner=0", "--group=0", "--numeric-owner",
				     "-czf",	  "-",	       ROOT_NAME,
				     NULL };
	static char bytes[COPY_BYTES];
	struct tool tool = { 0 };
	size_t length;
	int r = tool_start(argv, false, &tool);

	if (r < 0) {
		return r;
	}
	while (r == 0 && (length = fread(bytes, 1, sizeof(bytes), tool.out)) > 0) {
		r = write(fd, bytes, length) == (ssize_t)length ? 0 : -EIO;
	}
	if (tool_end(&tool) != 0 && r == 0) {
		r = -EIO;
	}
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* Whatever could be collected is forgotten here. */
static void remove_directory(const struct support *s)
{
	char path[700];
	DIR *dir;
	const struct dirent *entry;

	(void)snprintf(path, sizeof(path), "%s/" ROOT_NAME, s->directory);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)unlinkat(dirfd(dir), entry->d_name, 0); /* not "." and ".." */
	}
	if (dir != NULL) {
		(void)closedir(dir);
	}
	(void)rmdir(path);
	(void)rmdir(s->directory);
}

static int make_directory(struct support *s)
{
	const char *parent = getenv("TMPDIR");
	char path[400];

	(void)snprintf(s->directory, sizeof(s->directory), "%s/chairctl-XXXXXX",
		       parent == NULL || parent[0] == '\0' ? "/tmp" : parent);
	if (mkdtemp(s->directory) == NULL) {
		return -errno;
	}
	(void)snprintf(path, sizeof(path), "%s/" ROOT_NAME, s->directory);
	return mkdir(path, PRIVATE_DIR) < 0 ? -errno : 0;
}

/* Collect and pack into @fd, which is empty. 0 or -errno. */
static int fill(struct support *s, int fd)
{
	int r = make_directory(s);

	if (r < 0) {
		return r;
	}
	collect(s);
	put_contents(s);
	r = s->failed ? -EIO : pack(s, fd);
	remove_directory(s);
	return r;
}

static int tell(const struct support *s, const char *file)
{
	const json_t *missing;
	size_t i;

	if (s->console->json) {
		return show_json("support", json_pack("{s:s, s:O, s:O}", "file", file, "files",
						      s->files, "missing", s->missing));
	}
	(void)printf("%s: %zu files\n", file, json_array_size(s->files));
	json_array_foreach(s->missing, i, missing)
	{
		(void)printf("without %s\n", text_of(missing, "name"));
		show_wrapped("     ", text_of(missing, "why"));
	}
	say_hint("nothing about people is in it; look at it before you send it");
	return STATUS_DONE;
}

static void default_name(char *text, size_t size)
{
	const time_t now = time(NULL);
	struct tm utc;

	(void)gmtime_r(&now, &utc);
	(void)strftime(text, size, "chair-support-%Y%m%dT%H%M%SZ.tar.gz", &utc);
}

int verb_support(const struct console *console, int count, char *const words[])
{
	struct support s = { .console = console,
			     .doctor = { .console = console, .checks = json_array() },
			     .files = json_array(),
			     .missing = json_array() };
	char name[64];
	const char *file = count == 1 ? words[0] : name;
	int r = STATUS_FAILED;
	int fd;

	default_name(name, sizeof(name));
	(void)umask(S_IRWXG | S_IRWXO);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE);
	if (fd < 0) {
		say_error("%s: %s%s", file, strerror(errno),
			  errno == EEXIST ? "; nothing is overwritten" : "");
	} else {
		const int error = fill(&s, fd);

		(void)close(fd); /* synced */
		if (error < 0) {
			(void)unlink(file);
			say_error("%s could not be written: %s", file, strerror(-error));
		} else {
			r = tell(&s, file);
		}
	}
	free(s.doctor.printed);
	json_decref(s.doctor.checks);
	json_decref(s.files);
	json_decref(s.missing);
	return r;
}
