/* SPDX-License-Identifier: MIT */
#include "gpio_backend.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONSUMER      "chaird" /* shown by gpioinfo */
#define LINES_MAX     ((int)SWITCH_COUNT > (int)COIL_COUNT ? (int)SWITCH_COUNT : (int)COIL_COUNT)
#define EVENTS_BUFFER 64
#define DRAINS_MAX    8 /* a chattering line must not hold the control thread */
#define PATH_BYTES    128

_Static_assert(SWITCH_COUNT <= 32 && COIL_COUNT <= 32, "lines must fit in 32 bits");

/* The lines of one direction on one chip. */
struct bank {
	struct gpiod_line_request *request; /* owned; NULL when the bank has no line */
	size_t count;
	unsigned int offsets[LINES_MAX];
	uint8_t bits[LINES_MAX]; /* bit in the chair's set, in the order of offsets */
};

struct gpio_gpiod {
	struct bank inputs[GPIO_CHIP_MAX];
	struct bank outputs[GPIO_CHIP_MAX];
	struct gpiod_edge_event_buffer *events;
	int chip_count;
	uint32_t inputs_found;
	uint32_t outputs_found;
};

static void say(struct gpio_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct gpio_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
}

static const char *advice(int r)
{
	switch (-r) {
	case EBUSY:
		return "another program holds it; stop that one";
	case EACCES:
	case EPERM:
		return "add the service's user to the gpio group";
	case ENXIO:
		return "the chip cannot report edges";
	default:
		return "see the kernel's log";
	}
}

/* ---- the configuration ---- */

static int check_lines(const struct gpio_line lines[], int count, const char *(*name_of)(int),
		       struct gpio_error *error)
{
	for (int i = 0; i < count; i++) {
		if (lines[i].chip[0] == '\0' || lines[i].name[0] == '\0') {
			say(error, "%s has no chip label or line name; give both in chair.yaml",
			    name_of(i));
			return -EINVAL;
		}
	}
	return 0;
}

static const char *input_name(int i)
{
	return chair_switch_name((enum chair_switch)i);
}

static const char *output_name(int i)
{
	return chair_coil_name((enum chair_coil)i);
}

static bool same_line(const struct gpio_line *a, const struct gpio_line *b)
{
	return strcmp(a->chip, b->chip) == 0 && strcmp(a->name, b->name) == 0;
}

static const struct gpio_line *line_at(const struct gpio_config *config, int i)
{
	return i < SWITCH_COUNT ? &config->inputs[i] : &config->outputs[i - SWITCH_COUNT];
}

static const char *name_at(int i)
{
	return i < SWITCH_COUNT ? input_name(i) : output_name(i - SWITCH_COUNT);
}

static int check_config(const struct gpio_config *config, struct gpio_error *error)
{
	int r = check_lines(config->inputs, SWITCH_COUNT, input_name, error);

	if (r == 0) {
		r = check_lines(config->outputs, COIL_COUNT, output_name, error);
	}
	for (int i = 0; r == 0 && i < SWITCH_COUNT + COIL_COUNT; i++) {
		for (int j = 0; r == 0 && j < i; j++) {
			if (same_line(line_at(config, i), line_at(config, j))) {
				say(error, "line %s of chip %s is used for %s and for %s",
				    line_at(config, i)->name, line_at(config, i)->chip, name_at(j),
				    name_at(i));
				r = -EINVAL;
			}
		}
	}
	return r;
}

/* ---- finding lines ---- */

/* Add to @bank the lines of @lines that live on the chip with this label. */
static void find_lines(struct gpiod_chip *chip, const char *label, const struct gpio_line lines[],
		       int count, uint32_t *found, struct bank *bank)
{
	for (int i = 0; i < count; i++) {
		int offset;

		if ((*found & 1U << (unsigned int)i) != 0 || strcmp(lines[i].chip, label) != 0) {
			continue;
		}
		offset = gpiod_chip_get_line_offset_from_name(chip, lines[i].name);
		if (offset < 0) {
			continue; /* another chip may bear the same label; reported if none */
		}
		*found |= 1U << (unsigned int)i;
		bank->offsets[bank->count] = (unsigned int)offset;
		bank->bits[bank->count] = (uint8_t)i;
		bank->count++;
	}
}

static int report_missing(const struct gpio_gpiod *gpio, const struct gpio_config *config,
			  struct gpio_error *error)
{
	for (int i = 0; i < SWITCH_COUNT + COIL_COUNT; i++) {
		const bool found = i < SWITCH_COUNT
					   ? (gpio->inputs_found >> i & 1U) != 0
					   : (gpio->outputs_found >> (i - SWITCH_COUNT) & 1U) != 0;

		if (!found) {
			say(error, "%s: no line %s on a chip labelled %s; look with gpioinfo",
			    name_at(i), line_at(config, i)->name, line_at(config, i)->chip);
			return -ENODEV;
		}
	}
	return 0;
}

/* ---- requesting ---- */

static enum gpiod_line_bias bias_of(enum gpio_bias bias)
{
	switch (bias) {
	case GPIO_BIAS_PULL_UP:
		return GPIOD_LINE_BIAS_PULL_UP;
	case GPIO_BIAS_PULL_DOWN:
		return GPIOD_LINE_BIAS_PULL_DOWN;
	case GPIO_BIAS_AS_IS:
		break;
	}
	return GPIOD_LINE_BIAS_AS_IS;
}

/* No debouncing, not even of the e-stop: a stop must act on the first edge, and the core knows how
 * long each input has to hold before anything starts again. */
static int set_line(struct gpiod_line_settings *settings, const struct gpio_line *line, bool output)
{
	gpiod_line_settings_reset(settings);
	gpiod_line_settings_set_active_low(settings, line->active_low);
	if (gpiod_line_settings_set_bias(settings, bias_of(line->bias)) < 0) {
		return -errno;
	}
	if (output) {
		if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) < 0 ||
		    gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE) < 0) {
			return -errno;
		}
		return 0;
	}
	if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) < 0 ||
	    gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH) < 0) {
		return -errno;
	}
	return 0;
}

static int fill_config(const struct bank *bank, const struct gpio_line lines[], bool output,
		       struct gpiod_line_config *config)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	int r = 0;

	if (settings == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < bank->count; i++) {
		r = set_line(settings, &lines[bank->bits[i]], output);
		if (r == 0 && gpiod_line_config_add_line_settings(config, &bank->offsets[i], 1,
								  settings) < 0) {
			r = -errno;
		}
	}
	gpiod_line_settings_free(settings);
	return r;
}

static int request_bank(struct gpiod_chip *chip, struct bank *bank, const struct gpio_line lines[],
			bool output)
{
	struct gpiod_line_config *line_config;
	struct gpiod_request_config *request_config;
	int r;

	if (bank->count == 0) {
		return 0;
	}
	line_config = gpiod_line_config_new();
	if (line_config == NULL) {
		return -ENOMEM;
	}
	request_config = gpiod_request_config_new();
	if (request_config == NULL) {
		r = -ENOMEM;
		goto out_line_config;
	}
	gpiod_request_config_set_consumer(request_config, CONSUMER);
	r = fill_config(bank, lines, output, line_config);
	if (r == 0) {
		bank->request = gpiod_chip_request_lines(chip, request_config, line_config);
		r = bank->request == NULL ? -errno : 0;
	}
	gpiod_request_config_free(request_config);
out_line_config:
	gpiod_line_config_free(line_config);
	return r;
}

/* ---- chips ---- */

/* Find and request what this chip has of ours. Outputs first: they are safe before inputs count. */
static int use_chip(struct gpio_gpiod *gpio, struct gpiod_chip *chip, const char *label,
		    const struct gpio_config *config, struct gpio_error *error)
{
	struct bank *inputs = &gpio->inputs[gpio->chip_count];
	struct bank *outputs = &gpio->outputs[gpio->chip_count];
	int r;

	find_lines(chip, label, config->inputs, SWITCH_COUNT, &gpio->inputs_found, inputs);
	find_lines(chip, label, config->outputs, COIL_COUNT, &gpio->outputs_found, outputs);
	if (inputs->count == 0 && outputs->count == 0) {
		return 0;
	}
	gpio->chip_count++;
	r = request_bank(chip, outputs, config->outputs, true);
	if (r < 0) {
		say(error, "cannot take the %zu outputs from %s of chip %s: %s; %s", outputs->count,
		    config->outputs[outputs->bits[0]].name, label, strerrordesc_np(-r), advice(r));
		return r;
	}
	r = request_bank(chip, inputs, config->inputs, false);
	if (r < 0) {
		say(error, "cannot take the %zu inputs from %s of chip %s: %s; %s", inputs->count,
		    config->inputs[inputs->bits[0]].name, label, strerrordesc_np(-r), advice(r));
	}
	return r;
}

static bool is_wanted(const struct gpio_config *config, const char *label)
{
	for (int i = 0; i < SWITCH_COUNT + COIL_COUNT; i++) {
		if (strcmp(line_at(config, i)->chip, label) == 0) {
			return true;
		}
	}
	return false;
}

static int try_chip(struct gpio_gpiod *gpio, const char *path, const struct gpio_config *config,
		    struct gpio_error *error)
{
	struct gpiod_chip *chip;
	struct gpiod_chip_info *info;
	int r = 0;

	if (!gpiod_is_gpiochip_device(path)) {
		return 0;
	}
	chip = gpiod_chip_open(path);
	if (chip == NULL) {
		r = -errno;
		say(error, "cannot open %s: %s; %s", path, strerrordesc_np(-r), advice(r));
		return r;
	}
	info = gpiod_chip_get_info(chip);
	if (info == NULL) {
		r = -errno;
		say(error, "cannot ask %s for its label: %s", path, strerrordesc_np(-r));
	} else if (is_wanted(config, gpiod_chip_info_get_label(info))) {
		r = gpio->chip_count == GPIO_CHIP_MAX
			    ? -E2BIG
			    : use_chip(gpio, chip, gpiod_chip_info_get_label(info), config, error);
		if (r == -E2BIG) {
			say(error, "the lines are spread over more than %d chips", GPIO_CHIP_MAX);
		}
	}
	gpiod_chip_info_free(info);
	gpiod_chip_close(chip); /* a request outlives its chip */
	return r;
}

static int starts_with_gpiochip(const struct dirent *entry)
{
	return strncmp(entry->d_name, "gpiochip", strlen("gpiochip")) == 0 ? 1 : 0;
}

static int use_chips(struct gpio_gpiod *gpio, const char *dev_dir, const struct gpio_config *config,
		     struct gpio_error *error)
{
	struct dirent **entries;
	const int count = scandir(dev_dir, &entries, starts_with_gpiochip, versionsort);
	int r = 0;

	if (count < 0) {
		r = -errno;
		say(error, "cannot list %s: %s", dev_dir, strerrordesc_np(-r));
		return r;
	}
	for (int i = 0; i < count; i++) {
		char path[PATH_BYTES];

		if (r == 0 && snprintf(path, sizeof(path), "%s/%s", dev_dir, entries[i]->d_name) <
				      (int)sizeof(path)) {
			r = try_chip(gpio, path, config, error);
		}
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* ---- the interface ---- */

int gpio_gpiod_open(const struct gpio_config *config, const char *dev_dir, struct gpio_gpiod **ret,
		    struct gpio_error *ret_error)
{
	struct gpio_gpiod *gpio;
	int r;

	assert(config != NULL && dev_dir != NULL && ret != NULL && ret_error != NULL);

	r = check_config(config, ret_error);
	if (r < 0) {
		return r;
	}
	gpio = calloc(1, sizeof(*gpio));
	if (gpio == NULL) {
		say(ret_error, "out of memory");
		return -ENOMEM;
	}
	gpio->events = gpiod_edge_event_buffer_new(EVENTS_BUFFER);
	if (gpio->events == NULL) {
		say(ret_error, "out of memory");
		r = -ENOMEM;
	} else {
		r = use_chips(gpio, dev_dir, config, ret_error);
	}
	if (r == 0) {
		r = report_missing(gpio, config, ret_error);
	}
	if (r < 0) {
		gpio_gpiod_close(gpio);
		return r;
	}
	*ret = gpio;
	return 0;
}

int gpio_gpiod_read(struct gpio_gpiod *gpio, uint32_t *ret_levels)
{
	uint32_t levels = 0;

	for (int i = 0; i < gpio->chip_count; i++) {
		const struct bank *bank = &gpio->inputs[i];
		enum gpiod_line_value values[LINES_MAX];

		if (bank->request == NULL) {
			continue;
		}
		if (gpiod_line_request_get_values_subset(bank->request, bank->count, bank->offsets,
							 values) < 0) {
			return -errno;
		}
		for (size_t j = 0; j < bank->count; j++) {
			if (values[j] == GPIOD_LINE_VALUE_ACTIVE) {
				levels |= 1U << bank->bits[j];
			}
		}
	}
	*ret_levels = levels;
	return 0;
}

int gpio_gpiod_write(struct gpio_gpiod *gpio, uint32_t levels)
{
	int r = 0;

	/* every chip is written even when one fails: the others may still be made safe */
	for (int i = 0; i < gpio->chip_count; i++) {
		const struct bank *bank = &gpio->outputs[i];
		enum gpiod_line_value values[LINES_MAX];

		if (bank->request == NULL) {
			continue;
		}
		for (size_t j = 0; j < bank->count; j++) {
			values[j] = (levels >> bank->bits[j] & 1U) != 0 ? GPIOD_LINE_VALUE_ACTIVE
									: GPIOD_LINE_VALUE_INACTIVE;
		}
		if (gpiod_line_request_set_values_subset(bank->request, bank->count, bank->offsets,
							 values) < 0) {
			r = -errno;
		}
	}
	return r;
}

int gpio_gpiod_edge_fds(const struct gpio_gpiod *gpio, int fds[], int max)
{
	int count = 0;

	for (int i = 0; i < gpio->chip_count && count < max; i++) {
		if (gpio->inputs[i].request != NULL) {
			fds[count++] = gpiod_line_request_get_fd(gpio->inputs[i].request);
		}
	}
	return count;
}

bool gpio_gpiod_drain_edges(struct gpio_gpiod *gpio)
{
	bool any = false;

	for (int i = 0; i < gpio->chip_count; i++) {
		struct gpiod_line_request *request = gpio->inputs[i].request;

		/* the wait does not wait: its time is 0; a failure shows in the next read */
		for (int n = 0; request != NULL && n < DRAINS_MAX &&
				gpiod_line_request_wait_edge_events(request, 0) > 0;
		     n++) {
			if (gpiod_line_request_read_edge_events(request, gpio->events,
								EVENTS_BUFFER) < 0) {
				break;
			}
			any = true;
		}
	}
	return any;
}

void gpio_gpiod_close(struct gpio_gpiod *gpio)
{
	if (gpio == NULL) {
		return;
	}
	(void)gpio_gpiod_write(gpio, 0); /* nothing more can be done; hardware pulls them down */
	for (int i = 0; i < gpio->chip_count; i++) {
		if (gpio->outputs[i].request != NULL) {
			gpiod_line_request_release(gpio->outputs[i].request);
		}
		if (gpio->inputs[i].request != NULL) {
			gpiod_line_request_release(gpio->inputs[i].request);
		}
	}
	gpiod_edge_event_buffer_free(gpio->events);
	free(gpio);
}
