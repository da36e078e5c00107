/* SPDX-License-Identifier: MIT */
/*
 * GPIO against a fake libgpiod that fails its nth call and counts what is held, and the simulated
 * chair's socket against a small server. The fake is linked in place of the library.
 */
#include "gpio.h"

#include "gpio_backend.h"
#include "sim/gpio_wire.h"

#include <setjmp.h> /* cmocka needs these four first */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- fake libgpiod: two chips of 32 lines ---- */

#define CHIPS 2
#define LINES 32

struct gpiod_chip {
	int number;
};
struct gpiod_chip_info {
	int number;
};
struct gpiod_line_settings {
	struct gpio_fake_line {
		bool output;
		bool active_low;
		bool both_edges;
		enum gpiod_line_bias bias;
		enum gpiod_line_value value;
	} line;
};
struct gpiod_line_config {
	size_t count;
	unsigned int offsets[LINES];
	struct gpio_fake_line lines[LINES];
};
struct gpiod_request_config {
	char consumer[16];
};
struct gpiod_line_request {
	int chip;
	struct gpiod_line_config lines;
};
struct gpiod_edge_event_buffer {
	size_t capacity;
};

static struct {
	int fail_nth;
	int fail_errno;
	int calls;
	int live;
	int requests_live;
	unsigned int most_lines; /* in one request */
	struct gpio_fake_line lines[CHIPS][LINES];
	bool requested[CHIPS][LINES];
	int waiting_events;
} fake;

static bool fails(void)
{
	if (++fake.calls != fake.fail_nth) {
		return false;
	}
	errno = fake.fail_errno != 0 ? fake.fail_errno : EIO;
	return true;
}

static void *make(size_t size)
{
	void *object = fails() ? NULL : calloc(1, size);

	fake.live += object != NULL;
	return object;
}

static void drop(void *object)
{
	fake.live -= object != NULL;
	free(object);
}

bool gpiod_is_gpiochip_device(const char *path)
{
	return strstr(path, "gpiochip0") != NULL || strstr(path, "gpiochip10") != NULL;
}

struct gpiod_chip *gpiod_chip_open(const char *path)
{
	struct gpiod_chip *chip = make(sizeof(*chip));

	if (chip != NULL) {
		chip->number = strstr(path, "gpiochip10") != NULL ? 1 : 0;
	}
	return chip;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
	drop(chip);
}

struct gpiod_chip_info *gpiod_chip_get_info(struct gpiod_chip *chip)
{
	struct gpiod_chip_info *info = make(sizeof(*info));

	if (info != NULL) {
		info->number = chip->number;
	}
	return info;
}

void gpiod_chip_info_free(struct gpiod_chip_info *info)
{
	drop(info);
}

const char *gpiod_chip_info_get_label(struct gpiod_chip_info *info)
{
	return info->number == 0 ? "pinctrl-rp1" : "expander";
}

int gpiod_chip_get_line_offset_from_name(struct gpiod_chip *chip, const char *name)
{
	int offset = -1;

	(void)chip;
	(void)sscanf(name, "GPIO%d", &offset);
	return offset < LINES ? offset : -1;
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
	return make(sizeof(struct gpiod_line_settings));
}

void gpiod_line_settings_free(struct gpiod_line_settings *settings)
{
	drop(settings);
}

void gpiod_line_settings_reset(struct gpiod_line_settings *settings)
{
	*settings = (struct gpiod_line_settings){ .line = { .value = GPIOD_LINE_VALUE_ACTIVE } };
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *settings,
				      enum gpiod_line_direction direction)
{
	settings->line.output = direction == GPIOD_LINE_DIRECTION_OUTPUT;
	return fails() ? -1 : 0;
}

int gpiod_line_settings_set_edge_detection(struct gpiod_line_settings *settings,
					   enum gpiod_line_edge edge)
{
	settings->line.both_edges = edge == GPIOD_LINE_EDGE_BOTH;
	return fails() ? -1 : 0;
}

int gpiod_line_settings_set_bias(struct gpiod_line_settings *settings, enum gpiod_line_bias bias)
{
	settings->line.bias = bias;
	return fails() ? -1 : 0;
}

void gpiod_line_settings_set_active_low(struct gpiod_line_settings *settings, bool active_low)
{
	settings->line.active_low = active_low;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *settings,
					 enum gpiod_line_value value)
{
	settings->line.value = value;
	return fails() ? -1 : 0;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
	return make(sizeof(struct gpiod_line_config));
}

void gpiod_line_config_free(struct gpiod_line_config *config)
{
	drop(config);
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *config,
					const unsigned int *offsets, size_t count,
					struct gpiod_line_settings *settings)
{
	assert_int_equal(count, 1);
	config->offsets[config->count] = offsets[0];
	config->lines[config->count] = settings->line;
	config->count++;
	return fails() ? -1 : 0;
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
	return make(sizeof(struct gpiod_request_config));
}

void gpiod_request_config_free(struct gpiod_request_config *config)
{
	drop(config);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *config, const char *consumer)
{
	(void)snprintf(config->consumer, sizeof(config->consumer), "%s", consumer);
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip,
						    struct gpiod_request_config *request_config,
						    struct gpiod_line_config *line_config)
{
	struct gpiod_line_request *request = make(sizeof(*request));

	assert_string_equal(request_config->consumer, "chaird");
	if (request == NULL) {
		return NULL;
	}
	fake.requests_live++;
	request->chip = chip->number;
	request->lines = *line_config;
	for (size_t i = 0; i < line_config->count; i++) {
		const unsigned int offset = line_config->offsets[i];

		assert_false(fake.requested[chip->number][offset]);
		fake.requested[chip->number][offset] = true;
		if (line_config->lines[i].output) {
			fake.lines[chip->number][offset] = line_config->lines[i];
		}
	}
	if (line_config->count > fake.most_lines) {
		fake.most_lines = (unsigned int)line_config->count;
	}
	return request;
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
	for (size_t i = 0; i < request->lines.count; i++) {
		fake.requested[request->chip][request->lines.offsets[i]] = false;
	}
	fake.requests_live--;
	drop(request);
}

int gpiod_line_request_get_values_subset(struct gpiod_line_request *request, size_t count,
					 const unsigned int *offsets, enum gpiod_line_value *values)
{
	for (size_t i = 0; i < count; i++) {
		values[i] = fake.lines[request->chip][offsets[i]].value;
	}
	return fails() ? -1 : 0;
}

int gpiod_line_request_set_values_subset(struct gpiod_line_request *request, size_t count,
					 const unsigned int *offsets,
					 const enum gpiod_line_value *values)
{
	if (fails()) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		fake.lines[request->chip][offsets[i]].value = values[i];
	}
	return 0;
}

int gpiod_line_request_get_fd(struct gpiod_line_request *request)
{
	return 100 + request->chip;
}

int gpiod_line_request_wait_edge_events(struct gpiod_line_request *request, int64_t timeout_ns)
{
	(void)request;
	assert_int_equal(timeout_ns, 0);
	return fake.waiting_events > 0;
}

int gpiod_line_request_read_edge_events(struct gpiod_line_request *request,
					struct gpiod_edge_event_buffer *buffer, size_t max)
{
	(void)request;
	assert_true(max <= buffer->capacity);
	fake.waiting_events--;
	return 1;
}

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t capacity)
{
	struct gpiod_edge_event_buffer *buffer = make(sizeof(*buffer));

	if (buffer != NULL) {
		buffer->capacity = capacity;
	}
	return buffer;
}

void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *buffer)
{
	drop(buffer);
}

/* ---- bench ---- */

struct bench {
	struct gpio_config config;
	struct gpio_error error;
	char dev[32]; /* stands for /dev */
};

static void touch(const char *dir, const char *name)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int n = 0;

	assert_non_null(bench);
	memset(&fake, 0, sizeof(fake));
	bench->config.backend = GPIO_BACKEND_LIBGPIOD;
	for (int i = 0; i < SWITCH_COUNT; i++) {
		struct gpio_line *line = &bench->config.inputs[i];

		(void)snprintf(line->chip, sizeof(line->chip), "pinctrl-rp1");
		(void)snprintf(line->name, sizeof(line->name), "GPIO%d", n++);
	}
	for (int i = 0; i < COIL_COUNT; i++) {
		struct gpio_line *line = &bench->config.outputs[i];

		/* the last two hang on another chip */
		(void)snprintf(line->chip, sizeof(line->chip), "%s",
			       i < COIL_COUNT - 2 ? "pinctrl-rp1" : "expander");
		(void)snprintf(line->name, sizeof(line->name), "GPIO%d", n++);
	}
	(void)snprintf(bench->dev, sizeof(bench->dev), "/tmp/gpio_XXXXXX");
	assert_non_null(mkdtemp(bench->dev));
	touch(bench->dev, "gpiochip0");
	touch(bench->dev, "gpiochip10");
	touch(bench->dev, "gpiochip2"); /* not a chip */
	touch(bench->dev, "tty0");
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "gpiochip0", "gpiochip10", "gpiochip2", "tty0" };
	struct bench *bench = *state;
	char path[64];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", bench->dev, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(bench->dev);
	free(bench);
	return 0;
}

static int open_fake(struct bench *bench, struct gpio_gpiod **ret)
{
	return gpio_gpiod_open(&bench->config, bench->dev, ret, &bench->error);
}

/* ---- the kernel's lines ---- */

static void open_survives_a_fault_at_every_call(void **state)
{
	struct bench *bench = *state;
	int r = -1;

	for (int n = 1; r != 0 && n < 400; n++) {
		struct gpio_gpiod *gpio = NULL;

		fake.fail_nth = n;
		fake.calls = 0;
		bench->error.text[0] = '\0';
		r = open_fake(bench, &gpio);
		if (r != 0) {
			assert_true(r == -EIO || r == -ENOMEM);
			assert_null(gpio);
			assert_int_equal(fake.live, 0); /* nothing leaked */
			assert_true(bench->error.text[0] != '\0');
		} else {
			assert_int_equal(fake.calls, n - 1); /* every call was failed once */
			fake.fail_nth = 0;
			gpio_gpiod_close(gpio);
			assert_int_equal(fake.live, 0);
		}
	}
	assert_int_equal(r, 0);
}

static void outputs_of_a_chip_are_one_request_and_inactive_from_the_first_moment(void **state)
{
	struct bench *bench = *state;
	struct gpio_gpiod *gpio = NULL;
	int fds[4];

	bench->config.outputs[COIL_BEEPER].active_low = true;
	bench->config.inputs[SWITCH_BUTTON_STOP].bias = GPIO_BIAS_PULL_UP;
	assert_int_equal(open_fake(bench, &gpio), 0);
	assert_int_equal(fake.requests_live, 3); /* outputs of two chips, inputs of one */
	assert_int_equal(fake.most_lines, SWITCH_COUNT);
	for (int i = 0; i < COIL_COUNT; i++) {
		const struct gpio_fake_line *line =
			&fake.lines[i < COIL_COUNT - 2 ? 0 : 1][SWITCH_COUNT + i];

		assert_true(line->output);
		assert_int_equal(line->value, GPIOD_LINE_VALUE_INACTIVE);
		assert_int_equal(line->active_low, i == COIL_BEEPER);
	}
	assert_int_equal(gpio_gpiod_edge_fds(gpio, fds, 4), 1);
	assert_int_equal(fds[0], 100);
	gpio_gpiod_close(gpio);
}

static void each_bit_is_its_own_line(void **state)
{
	struct bench *bench = *state;
	struct gpio_gpiod *gpio = NULL;

	assert_int_equal(open_fake(bench, &gpio), 0);
	for (unsigned int i = 0; i < SWITCH_COUNT; i++) {
		uint32_t levels = 0;

		fake.lines[0][i].value = GPIOD_LINE_VALUE_ACTIVE;
		assert_int_equal(gpio_gpiod_read(gpio, &levels), 0);
		assert_int_equal(levels, 1U << i);
		fake.lines[0][i].value = GPIOD_LINE_VALUE_INACTIVE;
	}
	for (unsigned int i = 0; i < COIL_COUNT; i++) {
		assert_int_equal(gpio_gpiod_write(gpio, 1U << i), 0);
		for (unsigned int j = 0; j < COIL_COUNT; j++) {
			const int chip = j < COIL_COUNT - 2 ? 0 : 1;

			assert_int_equal(fake.lines[chip][SWITCH_COUNT + j].value, i == j);
		}
	}
	gpio_gpiod_close(gpio);
	for (unsigned int j = 0; j < COIL_COUNT; j++) {
		assert_int_equal(fake.lines[j < COIL_COUNT - 2 ? 0 : 1][SWITCH_COUNT + j].value, 0);
	}
}

static void a_failed_write_of_one_chip_still_writes_the_other(void **state)
{
	struct bench *bench = *state;
	struct gpio_gpiod *gpio = NULL;
	uint32_t levels = 7;

	assert_int_equal(open_fake(bench, &gpio), 0);
	fake.calls = 0;
	fake.fail_nth = 1;
	assert_int_equal(gpio_gpiod_write(gpio, 1U << COIL_LAMP), -EIO);
	assert_int_equal(fake.lines[1][SWITCH_COUNT + COIL_LAMP].value, 1);
	fake.calls = 0;
	assert_int_equal(gpio_gpiod_read(gpio, &levels), -EIO);
	assert_int_equal(levels, 7); /* untouched */
	fake.fail_nth = 0;
	gpio_gpiod_close(gpio);
}

static void draining_ends_even_when_a_line_chatters(void **state)
{
	struct bench *bench = *state;
	struct gpio_gpiod *gpio = NULL;

	assert_int_equal(open_fake(bench, &gpio), 0);
	assert_false(gpio_gpiod_drain_edges(gpio));
	fake.waiting_events = 1000;
	assert_true(gpio_gpiod_drain_edges(gpio));
	assert_true(fake.waiting_events > 900);
	gpio_gpiod_close(gpio);
}

static void the_error_names_line_chip_and_what_to_do(void **state)
{
	struct bench *bench = *state;
	struct gpio_gpiod *gpio = NULL;

	(void)snprintf(bench->config.inputs[0].name, sizeof(bench->config.inputs[0].name),
		       "GPIO99");
	assert_int_equal(open_fake(bench, &gpio), -ENODEV);
	assert_string_equal(bench->error.text, "estop_closed: no line GPIO99 on a chip labelled "
					       "pinctrl-rp1; look with gpioinfo");
	assert_int_equal(fake.live, 0);

	(void)snprintf(bench->config.inputs[0].name, sizeof(bench->config.inputs[0].name), "GPIO1");
	assert_int_equal(open_fake(bench, &gpio), -EINVAL);
	assert_non_null(strstr(bench->error.text, "is used for estop_closed and for"));

	bench->config.inputs[0].name[0] = '\0';
	assert_int_equal(open_fake(bench, &gpio), -EINVAL);
	assert_non_null(strstr(bench->error.text, "estop_closed has no chip label or line name"));
}

static void a_line_in_use_is_said_to_be_in_use(void **state)
{
	struct bench *bench = *state;
	struct gpio_gpiod *gpio = NULL;
	bool said = false;

	fake.fail_errno = EBUSY;
	for (int n = 1; n < 100; n++) {
		fake.fail_nth = n;
		fake.calls = 0;
		if (open_fake(bench, &gpio) == 0) {
			gpio_gpiod_close(gpio);
			break;
		}
		said = said || strstr(bench->error.text, "another program holds it") != NULL;
	}
	assert_true(said);
}

/* ---- the simulated chair ---- */

struct chair {
	int listener;
	int client;
	struct gpio_config config;
	struct gpio_error error;
	pthread_t thread;
};

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void chair_send(const struct chair *chair, uint32_t magic, uint32_t levels)
{
	const struct gpio_wire_inputs inputs = { .magic = magic, .levels = levels };

	assert_int_equal(send(chair->client, &inputs, sizeof(inputs), MSG_NOSIGNAL),
			 sizeof(inputs));
}

/* The newest outputs that have arrived. */
static uint32_t chair_outputs(const struct chair *chair)
{
	struct gpio_wire_outputs outputs = { 0 };
	uint32_t levels = UINT32_MAX;

	while (recv(chair->client, &outputs, sizeof(outputs), MSG_DONTWAIT) ==
	       (ssize_t)sizeof(outputs)) {
		assert_int_equal(outputs.magic, GPIO_WIRE_MAGIC);
		levels = outputs.levels;
	}
	return levels;
}

static void *greet(void *arg)
{
	struct chair *chair = arg;
	struct pollfd readable;

	chair->client = accept(chair->listener, NULL, NULL);
	readable = (struct pollfd){ .fd = chair->client, .events = POLLIN };
	(void)poll(&readable, 1, 5000);
	(void)chair_outputs(chair);
	chair_send(chair, GPIO_WIRE_MAGIC, 0x5);
	return NULL;
}

static struct gpio *open_chair(struct chair *chair)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct gpio *gpio = NULL;

	*chair = (struct chair){ .config = { .backend = GPIO_BACKEND_SIMULATOR } };
	(void)snprintf(chair->config.socket_path, sizeof(chair->config.socket_path),
		       "/tmp/gpio_sim_%d", getpid());
	memcpy(address.sun_path, chair->config.socket_path, sizeof(address.sun_path));
	(void)unlink(address.sun_path);
	chair->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(chair->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(chair->listener, 1), 0);
	assert_int_equal(pthread_create(&chair->thread, NULL, greet, chair), 0);
	assert_int_equal(gpio_open(&chair->config, &gpio, &chair->error), 0);
	assert_int_equal(pthread_join(chair->thread, NULL), 0);
	return gpio;
}

static void close_chair(struct chair *chair)
{
	(void)close(chair->client);
	(void)close(chair->listener);
	(void)unlink(chair->config.socket_path);
}

static void the_simulated_chair_is_read_and_written(void **state)
{
	struct chair chair;
	struct gpio *gpio = open_chair(&chair);
	uint32_t levels = 0;
	int fds[2];

	(void)state;
	assert_int_equal(gpio_read(gpio, now_us(), &levels), 0);
	assert_int_equal(levels, 0x5);
	assert_int_equal(gpio_edge_fds(gpio, fds, 2), 1);
	assert_int_equal(gpio_write(gpio, 0x81), 0);
	assert_int_equal(chair_outputs(&chair), 0x81);
	chair_send(&chair, GPIO_WIRE_MAGIC, 0x5);
	(void)gpio_drain_edges(gpio);
	chair_send(&chair, GPIO_WIRE_MAGIC, 0x5);
	assert_false(gpio_drain_edges(gpio)); /* an answer, not an edge */
	chair_send(&chair, GPIO_WIRE_MAGIC, 0x4);
	assert_true(gpio_drain_edges(gpio));
	assert_int_equal(gpio_read(gpio, now_us(), &levels), 0);
	assert_int_equal(levels, 0x4);
	gpio_close(gpio);
	assert_int_equal(chair_outputs(&chair), 0);
	close_chair(&chair);
}

static void fifty_milliseconds_of_silence_are_an_error(void **state)
{
	struct chair chair;
	struct gpio *gpio = open_chair(&chair);
	const uint64_t heard_us = now_us();
	uint32_t levels = 0;

	(void)state;
	chair_send(&chair, GPIO_WIRE_MAGIC, 0x5);
	assert_int_equal(gpio_read(gpio, heard_us, &levels), 0);
	assert_int_equal(gpio_read(gpio, heard_us + 50000, &levels), 0);
	assert_int_equal(gpio_read(gpio, heard_us + 50001, &levels), -ETIMEDOUT);
	chair_send(&chair, GPIO_WIRE_MAGIC, 0x7);
	assert_int_equal(gpio_read(gpio, heard_us + 60000, &levels), 0);
	assert_int_equal(levels, 0x7);
	gpio_close(gpio);
	close_chair(&chair);
}

static void a_chair_that_leaves_or_babbles_is_an_error_that_stays(void **state)
{
	struct chair chair;
	struct gpio *gpio = open_chair(&chair);
	uint32_t levels = 0;
	int fds[1];

	(void)state;
	chair_send(&chair, 1234, 0xFF);
	assert_int_equal(gpio_read(gpio, now_us(), &levels), -EPROTO);
	assert_int_equal(gpio_write(gpio, 0), -EPROTO);
	assert_int_equal(gpio_edge_fds(gpio, fds, 1), 0);
	gpio_close(gpio);
	close_chair(&chair);

	gpio = open_chair(&chair);
	(void)close(chair.client);
	chair.client = -1;
	assert_int_equal(gpio_read(gpio, now_us(), &levels), -ENOTCONN);
	assert_true(gpio_drain_edges(gpio));
	gpio_close(gpio);
	close_chair(&chair);
}

static void without_a_simulator_the_error_says_what_to_start(void **state)
{
	struct gpio_config config = { .backend = GPIO_BACKEND_SIMULATOR,
				      .socket_path = "/nowhere/gpio" };
	struct gpio_error error = { 0 };
	struct gpio *gpio = NULL;

	(void)state;
	assert_int_equal(gpio_open(&config, &gpio, &error), -ENOENT);
	assert_null(gpio);
	assert_non_null(strstr(error.text, "is chairsim running?"));
	config.backend = GPIO_BACKEND_NONE;
	assert_int_equal(gpio_open(&config, &gpio, &error), -EINVAL);
	gpio_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void write_parameter(const char *sys, const char *module, const char *name,
			    const char *value)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "mkdir -p %s/%s/parameters", sys, module);
	assert_int_equal(system(path), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/parameters/%s", sys, module, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(value, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_kernel_that_keeps_outputs_driven_is_recognised(void **state)
{
	static const struct {
		const char *module;
		const char *name;
		const char *value;
		enum gpio_after_death expected;
	} table[] = {
		{ "pinctrl_rp1", "persist_gpio_outputs", "Y\n", GPIO_AFTER_DEATH_KEPT },
		{ "pinctrl_bcm2835", "persist_gpio_outputs", "Y\n", GPIO_AFTER_DEATH_KEPT },
		{ "pinctrl_bcm2835", "persist_gpio_outputs", "N\n", GPIO_AFTER_DEATH_RELEASED },
		{ "pinctrl_rp1", "strict_gpiod", "N\n", GPIO_AFTER_DEATH_KEPT },
		{ "pinctrl_bcm2835", "strict_gpiod", "Y\n", GPIO_AFTER_DEATH_RELEASED },
		{ "pinctrl_rp1", "persist_gpio_outputs", "?", GPIO_AFTER_DEATH_UNKNOWN },
	};
	char sys[] = "/tmp/test_gpio_sys.XXXXXX";
	char command[64];

	(void)state;
	assert_non_null(mkdtemp(sys));
	assert_int_equal(gpio_look_after_death(sys), GPIO_AFTER_DEATH_UNKNOWN);
	(void)snprintf(command, sizeof(command), "rm -rf %s/*", sys);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		write_parameter(sys, table[i].module, table[i].name, table[i].value);
		assert_int_equal(gpio_look_after_death(sys), table[i].expected);
		assert_int_equal(system(command), 0);
	}
	write_parameter(sys, "pinctrl_bcm2835", "persist_gpio_outputs", "N");
	write_parameter(sys, "pinctrl_rp1", "persist_gpio_outputs", "Y"); /* one is enough */
	assert_int_equal(gpio_look_after_death(sys), GPIO_AFTER_DEATH_KEPT);
	assert_int_equal(system(command), 0);
	assert_int_equal(rmdir(sys), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_that_keeps_outputs_driven_is_recognised),
		TEST(open_survives_a_fault_at_every_call),
		TEST(outputs_of_a_chip_are_one_request_and_inactive_from_the_first_moment),
		TEST(each_bit_is_its_own_line),
		TEST(a_failed_write_of_one_chip_still_writes_the_other),
		TEST(draining_ends_even_when_a_line_chatters),
		TEST(the_error_names_line_chip_and_what_to_do),
		TEST(a_line_in_use_is_said_to_be_in_use),
		cmocka_unit_test(the_simulated_chair_is_read_and_written),
		cmocka_unit_test(fifty_milliseconds_of_silence_are_an_error),
		cmocka_unit_test(a_chair_that_leaves_or_babbles_is_an_error_that_stays),
		cmocka_unit_test(without_a_simulator_the_error_says_what_to_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
