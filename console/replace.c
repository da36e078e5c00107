/* SPDX-License-Identifier: MIT */
/*
 * replace.c - `chairctl bus scan`, `bus read`, `replace`: who answers on a line, and a new device's
 * place on it. chaird carries the requests out between its own, while nothing moves.
 */
#include "replace.h"

#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_MAX 247
#define SCAN_MAX    32 /* addresses that are looked at without -n */
#define READY_US    UINT64_C(10000000)

/* One read of a register; its answer, owned. */
static int read_register(struct link *link, const char *port, int address, int reg, int count,
			 int baud, json_t **ret)
{
	json_t *params = json_pack("{s:s, s:i, s:i, s:i}", "port", port, "address", address,
				   "register", reg, "count", count);

	if (baud != 0) {
		(void)json_object_set_new(params, "baud", json_integer(baud));
	}
	return link_call(link, "bus.read", params, ret);
}

/* Does anybody answer? An exception is an answer, too. */
enum heard bus_sense(struct link *link, const char *port, int address, int baud)
{
	json_t *doc = NULL;
	const char *result;
	enum heard heard = HEARD_NOBODY;

	if (read_register(link, port, address, 0, 1, baud, &doc) != STATUS_DONE) {
		return HEARD_FAILED;
	}
	result = text_of(doc, "result");
	if (strcmp(result, "ok") == 0 || strcmp(result, "exception") == 0) {
		heard = HEARD_ONE;
	} else if (strcmp(result, "garbled") == 0) {
		heard = HEARD_SEVERAL;
	} else if (strcmp(result, "port_gone") == 0) {
		say_error("%s: the port does not open", port);
		heard = HEARD_FAILED;
	}
	json_decref(doc);
	return heard;
}

static const json_t *find_port(const json_t *bus, const char *name)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(bus, "ports"), i, port)
	{
		if (strcmp(text_of(port, "name"), name) == 0) {
			return port;
		}
	}
	return NULL;
}

const json_t *bus_device_at(const json_t *port, int address)
{
	const json_t *device;
	size_t i;

	json_array_foreach(json_object_get(port, "devices"), i, device)
	{
		if (integer_of(device, "address") == address) {
			return device;
		}
	}
	return NULL;
}

static int whole_number(const char *what, const char *text, long min, long max, int *ret)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0' || value < min || value > max) {
		say_error("%s: must be %ld to %ld", what, min, max);
		return STATUS_USAGE;
	}
	*ret = (int)value;
	return STATUS_DONE;
}

static void show_heard(int address, const char *known, enum heard heard)
{
	static const char *const words[] = { "does not answer", "answers",
					     "damaged: two devices at one address, or noise" };

	(void)printf("%-3d  %-20s %s\n", address, known, words[heard]);
	(void)fflush(stdout);
}

static json_t *heard_row(int address, const json_t *device, enum heard heard)
{
	static const char *const words[] = { "nobody", "one", "several" };

	return json_pack("{s:i, s:s?, s:s}", "address", address, "device",
			 device == NULL ? NULL : text_of(device, "name"), "heard", words[heard]);
}

static int scan(const struct console *console, struct link *link, const json_t *port)
{
	const char *name = text_of(port, "name");
	const int most = (console->given & OPTION_LINES) != 0 && console->lines < ADDRESS_MAX
				 ? console->lines
				 : SCAN_MAX;
	json_t *found = json_array();

	for (int address = 1; address <= most; address++) {
		const json_t *device = bus_device_at(port, address);
		const enum heard heard = bus_sense(link, name, address, 0);

		if (heard == HEARD_FAILED) {
			json_decref(found);
			return STATUS_FAILED;
		}
		if (heard == HEARD_NOBODY && device == NULL) {
			continue;
		}
		(void)json_array_append_new(found, heard_row(address, device, heard));
		if (!console->json) {
			show_heard(address,
				   device == NULL ? "not in chair.yaml" : text_of(device, "name"),
				   heard);
		}
	}
	if (console->json) {
		return show_json("bus-scan", json_pack("{s:s, s:o}", "port", name, "found", found));
	}
	json_decref(found);
	return STATUS_DONE;
}

static int read_out(const struct console *console, struct link *link, const char *port,
		    char *const words[])
{
	json_t *doc = NULL;
	const json_t *value;
	int address = 0;
	int reg = 0;
	size_t i;
	int r = whole_number("address", words[0], 1, ADDRESS_MAX, &address);

	r = r == STATUS_DONE ? whole_number("register", words[1], 0, 0xffff, &reg) : r;
	r = r == STATUS_DONE ? read_register(link, port, address, reg, 1, 0, &doc) : r;
	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("bus-read", doc);
	}
	(void)printf("%s\n", text_of(doc, "result"));
	json_array_foreach(json_object_get(doc, "registers"), i, value)
	{
		(void)printf("0x%04x  %5d  0x%04x\n", reg + (int)i, (int)json_integer_value(value),
			     (unsigned int)json_integer_value(value));
	}
	r = strcmp(text_of(doc, "result"), "ok") == 0 ? STATUS_DONE : STATUS_FAILED;
	json_decref(doc);
	return r;
}

int bus_by_hand(const struct console *console, int count, char *const words[])
{
	const bool scans = strcmp(words[0], "scan") == 0 && count == 2;
	const bool reads = strcmp(words[0], "read") == 0 && count == 4;
	const json_t *port;
	struct link link;
	json_t *bus = NULL;
	int r;

	if (!scans && !reads) {
		say_error("usage: chairctl bus [scan PORT | read PORT ADDRESS REGISTER]");
		return STATUS_USAGE;
	}
	r = link_open(console, LINK_BIT(LINK_SERVICE), &link);
	if (r != STATUS_DONE) {
		return r;
	}
	r = link_call(&link, "bus.stats", NULL, &bus);
	port = find_port(bus, words[1]);
	if (r == STATUS_DONE && port == NULL) {
		say_error("%s: there is no such port; chairctl bus lists them", words[1]);
		r = STATUS_USAGE;
	}
	if (r == STATUS_DONE) {
		r = scans ? scan(console, &link, port)
			  : read_out(console, &link, words[1], words + 2);
	}
	json_decref(bus);
	link_close(&link);
	return r;
}

/* ---- replace ---- */

struct swap {
	struct link link;
	const char *name;
	char port[32];
	int address;
	int baud;
	int factory_baud;
	json_t *factory; /* addresses, owned */
	int at;		 /* where the new one was found, */
	int at_baud;
};

/* The device's entry now; @ret_bus owns it. */
static const json_t *look(struct swap *swap, json_t **ret_bus)
{
	const json_t *port;
	const json_t *device;
	size_t i;
	size_t k;

	if (link_call(&swap->link, "bus.stats", NULL, ret_bus) != STATUS_DONE) {
		return NULL;
	}
	json_array_foreach(json_object_get(*ret_bus, "ports"), i, port)
	{
		json_array_foreach(json_object_get(port, "devices"), k, device)
		{
			if (strcmp(text_of(device, "name"), swap->name) == 0) {
				(void)snprintf(swap->port, sizeof(swap->port), "%s",
					       text_of(port, "name"));
				swap->baud = (int)integer_of(port, "baud");
				return device;
			}
		}
	}
	say_error("%s: there is no such device; chairctl bus lists them", swap->name);
	return NULL;
}

static bool is_ready(struct swap *swap)
{
	json_t *bus = NULL;
	const json_t *device = look(swap, &bus);
	const bool ready = device != NULL && strcmp(text_of(device, "stage"), "ready") == 0;

	json_decref(bus);
	return ready;
}

/* One that answers where nobody of chair.yaml does. */
static int search(struct swap *swap, const json_t *port, int baud)
{
	for (size_t i = 0; i < json_array_size(swap->factory) + SCAN_MAX; i++) {
		const bool first = i < json_array_size(swap->factory);
		const int address =
			first ? (int)json_integer_value(json_array_get(swap->factory, i))
			      : (int)(i - json_array_size(swap->factory)) + 1;
		const json_t *device = bus_device_at(port, address);
		const bool another =
			device != NULL && strcmp(text_of(device, "name"), swap->name) != 0;
		enum heard heard;

		if (another && strcmp(text_of(device, "stage"), "ready") == 0) {
			continue; /* nobody else is there, or it would not be */
		}
		heard = bus_sense(&swap->link, swap->port, address, baud == swap->baud ? 0 : baud);
		if (heard == HEARD_FAILED) {
			return STATUS_FAILED;
		}
		if (heard == HEARD_SEVERAL) {
			say_error("two devices answer at address %d of %s: unplug the one that "
				  "belongs there, and run this again",
				  address, swap->port);
			return STATUS_REFUSED;
		}
		if (heard == HEARD_ONE && !another) {
			swap->at = address;
			swap->at_baud = baud;
			return STATUS_DONE;
		}
	}
	return STATUS_TIMEOUT;
}

static int find_new(struct swap *swap)
{
	json_t *bus = NULL;
	int r = link_call(&swap->link, "bus.stats", NULL, &bus);

	if (r == STATUS_DONE) {
		r = search(swap, find_port(bus, swap->port), swap->baud);
	}
	if (r == STATUS_TIMEOUT && swap->factory_baud != swap->baud) {
		r = search(swap, find_port(bus, swap->port), swap->factory_baud);
	}
	json_decref(bus);
	if (r == STATUS_TIMEOUT) {
		say_error("no new device answers on %s: power, wiring (A and B exchanged?), or it "
			  "is set to another speed",
			  swap->port);
		return STATUS_FAILED;
	}
	return r;
}

/* Write one thing and see it taken. */
static int assign(struct swap *swap, const char *what, int at, int baud)
{
	json_t *doc = NULL;
	json_t *params = json_pack("{s:s, s:i, s:s}", "device", swap->name, "at", at, "what", what);
	int r;

	if (baud != swap->baud) {
		(void)json_object_set_new(params, "baud", json_integer(baud));
	}
	r = link_call(&swap->link, "bus.assign", params, &doc);
	if (r == STATUS_DONE && strcmp(text_of(doc, "result"), "ok") != 0) {
		say_error("%s was not taken: %s", what, text_of(doc, "result"));
		r = STATUS_FAILED;
	}
	json_decref(doc);
	return r;
}

/* Its address at once, or after its next start: where does it answer now? */
static int address_now(struct swap *swap)
{
	const int baud = swap->at_baud == swap->baud ? 0 : swap->at_baud;

	return bus_sense(&swap->link, swap->port, swap->address, baud) == HEARD_ONE ? swap->address
										    : swap->at;
}

static int give_place(struct swap *swap, bool saves)
{
	int r = STATUS_DONE;

	say_hint("a new device answers at address %d, %d baud", swap->at, swap->at_baud);
	if (swap->at != swap->address) {
		r = assign(swap, "address", swap->at, swap->at_baud);
	}
	if (r == STATUS_DONE && swap->at_baud != swap->baud) {
		r = assign(swap, "baud", address_now(swap), swap->at_baud);
	}
	if (r == STATUS_DONE && saves) {
		r = assign(swap, "save", address_now(swap), swap->at_baud);
	}
	return r;
}

static int wait_until_ready(struct swap *swap, uint64_t us)
{
	const uint64_t end = link_now_us() + us;

	while (!is_ready(swap)) {
		int r = STATUS_TIMEOUT;

		if (link_now_us() < end) { /* a pause, in which nothing is awaited but its end */
			r = link_follow(&swap->link, link_now_us() + 250000U);
		}
		if (r != STATUS_TIMEOUT || link_now_us() >= end) {
			return r;
		}
	}
	return STATUS_DONE;
}

/* Drives start anew when the relay has opened, which the proof test makes it do. */
static int restart_and_prove(struct swap *swap)
{
	int r = wait_until_ready(swap, READY_US / 5);

	if (r != STATUS_DONE) {
		r = link_call(&swap->link, "service.prove", NULL, NULL);
		r = r == STATUS_DONE ? wait_until_ready(swap, READY_US) : r;
	}
	if (r == STATUS_TIMEOUT) {
		say_error("%s does not answer in its place yet: switch the chair's supply off and "
			  "on, and run this again",
			  swap->name);
		return STATUS_FAILED;
	}
	return r;
}

static int report(const struct console *console, struct swap *swap)
{
	int r = link_call(&swap->link, "service.replaced",
			  json_pack("{s:s, s:s*}", "device", swap->name, "who", link_user()), NULL);

	if (r != STATUS_DONE) {
		return r;
	}
	if (console->json) {
		return show_json("replace",
				 json_pack("{s:s, s:i, s:i}", "device", swap->name, "address",
					   swap->address, "found_at", swap->at));
	}
	(void)printf("%s is in its place: address %d on %s; limits written and read back\n",
		     swap->name, swap->address, swap->port);
	return STATUS_DONE;
}

static int replace(struct swap *swap)
{
	json_t *bus = NULL;
	const json_t *device = look(swap, &bus);
	bool saves;
	int r = STATUS_DONE;

	if (device == NULL) {
		json_decref(bus);
		return STATUS_USAGE;
	}
	swap->address = (int)integer_of(device, "address");
	swap->at = swap->address;
	swap->factory_baud = (int)integer_of(device, "default_baud");
	swap->factory = json_incref(json_object_get(device, "factory"));
	saves = true_of(device, "saves");
	if (strcmp(text_of(device, "stage"), "ready") == 0) {
		say_hint("%s answers in its place already", swap->name);
	} else {
		r = find_new(swap);
		r = r == STATUS_DONE ? give_place(swap, saves) : r;
		r = r == STATUS_DONE ? restart_and_prove(swap) : r;
	}
	json_decref(bus);
	return r;
}

int verb_replace(const struct console *console, int count, char *const words[])
{
	struct swap swap = { .name = words[0] };
	int r = link_open(console, LINK_BIT(LINK_SERVICE), &swap.link);

	(void)count;
	if (r != STATUS_DONE) {
		return r;
	}
	r = replace(&swap);
	r = r == STATUS_DONE ? report(console, &swap) : r;
	json_decref(swap.factory);
	link_close(&swap.link);
	if (r == STATUS_DONE) {
		r = verb_selftest(console, 0, NULL);
	}
	return r;
}
