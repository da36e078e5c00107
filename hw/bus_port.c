/* SPDX-License-Identifier: MIT */
#include "bus_port.h"

#include "mailbox.h"

#include <assert.h>
#include <errno.h>
#include <modbus.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define STACK_BYTES	   (256U * 1024U)
#define BACKOFF_FIRST_US   100000U
#define BACKOFF_LONGEST_US 2000000U
#define NAP_US		   100000U /* longest sleep between two looks at `stop` */

struct bus_port {
	struct bus_port_config config;
	pthread_t thread;
	atomic_uint ticks;
	atomic_bool open;
	atomic_bool stop;

	/* the thread's own */
	modbus_t *modbus;
	bool dirty; /* late bytes may wait on the line */
	uint32_t backoff_us;
	struct bus_request request;
	uint16_t regs[BUS_REGS_MAX];
	uint8_t bits[BUS_REGS_MAX];
	struct bus_line line;

	struct mailbox commands;
	struct mailbox images;
	struct mailbox errands;
	struct mailbox answers;
	uint32_t errand; /* number of the last one, the thread's own */
	struct bus_errand errand_slots[3];
	struct bus_answer answer_slots[3];
	struct bus_line_command command_slots[3];
	struct bus_line_image image_slots[3];
};

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock exists */
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void sleep_until_us(uint64_t deadline_us)
{
	const struct timespec deadline = {
		.tv_sec = (time_t)(deadline_us / 1000000U),
		.tv_nsec = (long)(deadline_us % 1000000U) * 1000L,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) {
		continue;
	}
}

static void publish(struct bus_port *port)
{
	struct bus_line_image *slot = mailbox_slot(&port->images);
	const struct bus_line_image *image = bus_line_image(&port->line);
	const size_t count = port->config.line.device_count;

	slot->round_us = image->round_us;
	memcpy(slot->device, image->device, count * sizeof(image->device[0]));
	memcpy(slot->stats, image->stats, count * sizeof(image->stats[0]));
	mailbox_put(&port->images);
}

/* ---- the port itself ---- */

static void shut(struct bus_port *port)
{
	if (port->modbus != NULL) {
		modbus_close(port->modbus);
		modbus_free(port->modbus);
		port->modbus = NULL;
	}
	atomic_store(&port->open, false);
}

static int set_up(struct bus_port *port, modbus_t *modbus)
{
	/* Byte timeout 0: the response timeout bounds the whole reply, not its first byte. */
	if (modbus_set_byte_timeout(modbus, 0, 0) < 0 ||
	    modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE) < 0 ||
	    modbus_connect(modbus) < 0) {
		return -errno;
	}
	/* needs the open descriptor */
	if (port->config.rs485_ioctl && modbus_rtu_set_serial_mode(modbus, MODBUS_RTU_RS485) < 0) {
		const int r = -errno;

		modbus_close(modbus);
		return r;
	}
	return 0;
}

static int open_port(struct bus_port *port, uint32_t baud)
{
	const struct bus_port_config *config = &port->config;
	modbus_t *modbus =
		modbus_new_rtu(config->path, (int)baud, config->parity, 8, config->stop_bits);
	int r;

	if (modbus == NULL) {
		return -errno;
	}
	r = set_up(port, modbus);
	if (r < 0) {
		modbus_free(modbus);
		return r;
	}
	port->modbus = modbus;
	port->dirty = true;
	port->backoff_us = BACKOFF_FIRST_US;
	atomic_store(&port->open, true);
	return 0;
}

/* In naps, so that a stop is seen and the watchdog's tick goes on. */
static void back_off(struct bus_port *port)
{
	uint64_t left_us = port->backoff_us;

	while (left_us > 0 && !atomic_load(&port->stop)) {
		const uint64_t nap_us = left_us < NAP_US ? left_us : NAP_US;

		sleep_until_us(now_us() + nap_us);
		left_us -= nap_us;
		atomic_fetch_add(&port->ticks, 1);
	}
	port->backoff_us *= 2;
	if (port->backoff_us > BACKOFF_LONGEST_US) {
		port->backoff_us = BACKOFF_LONGEST_US;
	}
}

/* ---- one transaction ---- */

static enum bus_result result_of(int error)
{
	switch (error) {
	case ETIMEDOUT:
		return BUS_RESULT_TIMEOUT;
	case EMBXILFUN:
	case EMBXILADD:
	case EMBXILVAL:
	case EMBXSFAIL:
	case EMBXACK:
	case EMBXSBUSY:
	case EMBXNACK:
	case EMBXMEMPAR:
	case EMBXGPATH:
	case EMBXGTAR:
		return BUS_RESULT_EXCEPTION;
	case EMBBADCRC:
	case EMBBADDATA:
	case EMBBADEXC:
	case EMBUNKEXC:
	case EMBMDATA:
	case EMBBADSLAVE:
	case EAGAIN:
		return BUS_RESULT_GARBLED;
	default:
		/* EIO, ENODEV, EBADF, EPIPE, ECONNRESET ...: an adapter pulled or a driver that
		 * failed. Opening it anew is right for every one of them. */
		return BUS_RESULT_PORT_GONE;
	}
}

static int read_bits(struct bus_port *port, const struct bus_request *request)
{
	const int r =
		modbus_read_input_bits(port->modbus, request->reg, request->count, port->bits);

	for (int i = 0; i < r; i++) {
		port->regs[i] = port->bits[i];
	}
	return r;
}

static int exchange(struct bus_port *port, const struct bus_request *request)
{
	switch (request->function) {
	case BUS_READ_DISCRETE:
		return read_bits(port, request);
	case BUS_READ_HOLDING:
		return modbus_read_registers(port->modbus, request->reg, request->count,
					     port->regs);
	case BUS_READ_INPUT:
		return modbus_read_input_registers(port->modbus, request->reg, request->count,
						   port->regs);
	case BUS_WRITE_COIL:
		return modbus_write_bit(port->modbus, request->reg, request->values[0] != 0);
	case BUS_WRITE_REGISTER:
		return modbus_write_register(port->modbus, request->reg, request->values[0]);
	case BUS_WRITE_REGISTERS:
		return modbus_write_registers(port->modbus, request->reg, request->count,
					      request->values);
	case BUS_FUNCTION_NONE:
		break;
	}
	errno = EMBBADDATA;
	return -1;
}

static enum bus_result carry_out(struct bus_port *port, const struct bus_request *request)
{
	enum bus_result result;

	/* Bytes that come after their time must not be taken for the next reply. Only then: it
	 * is a system call that a healthy line does not need. */
	if (port->dirty) {
		(void)modbus_flush(port->modbus); /* a failing port shows in the next line */
		port->dirty = false;
	}
	(void)modbus_set_slave(port->modbus, request->address); /* 1..247: checked */
	(void)modbus_set_response_timeout(port->modbus, request->timeout_us / 1000000U,
					  request->timeout_us % 1000000U);
	result = exchange(port, request) < 0 ? result_of(errno) : BUS_RESULT_OK;
	port->dirty = result == BUS_RESULT_TIMEOUT || result == BUS_RESULT_GARBLED;
	return result;
}

static void transact(struct bus_port *port, const struct bus_line_command *command)
{
	enum bus_result result;

	bus_line_next(&port->line, now_us(), command, &port->request);
	result = carry_out(port, &port->request);
	bus_line_done(&port->line, now_us(), &port->request, result, port->regs);
	if (result == BUS_RESULT_PORT_GONE) {
		shut(port);
	}
	atomic_fetch_add(&port->ticks, 1);
	publish(port);
}

/* One that speaks at another speed needs the port opened anew, for it and after it. */
static enum bus_result carry_out_at(struct bus_port *port, uint32_t baud,
				    const struct bus_request *request)
{
	enum bus_result result = BUS_RESULT_PORT_GONE;

	if (baud == 0 || baud == port->config.line.baud) {
		return carry_out(port, request);
	}
	shut(port);
	if (open_port(port, baud) == 0) {
		result = carry_out(port, request);
	}
	shut(port);
	return result;
}

static void run_errand(struct bus_port *port)
{
	const struct bus_errand *errand = mailbox_get(&port->errands, NULL);
	struct bus_answer *answer;

	if (errand->number == port->errand) {
		return;
	}
	port->errand = errand->number;
	sleep_until_us(bus_line_ready_at(&port->line));
	answer = mailbox_slot(&port->answers);
	*answer = (struct bus_answer){ .number = errand->number };
	answer->result = carry_out_at(port, errand->baud, &errand->request);
	if (answer->result == BUS_RESULT_OK) {
		memcpy(answer->regs, port->regs, sizeof(answer->regs));
	} else if (answer->result == BUS_RESULT_PORT_GONE) {
		shut(port);
	}
	bus_line_disturbed(&port->line, now_us());
	mailbox_put(&port->answers);
}

/* ---- the thread ---- */

/* A last stop and disable for every drive. Bounded: silent drives are not waited for twice. */
static void park(struct bus_port *port)
{
	struct bus_line_command command = { 0 };
	const struct bus_line_command *last = mailbox_get(&port->commands, NULL);
	unsigned int budget = 4U * port->config.line.device_count;

	command.urgent = last->urgent + 1;
	command.power_epoch = last->power_epoch;
	do {
		sleep_until_us(bus_line_ready_at(&port->line));
		transact(port, &command);
		budget--;
	} while (budget > 0 && port->modbus != NULL && !bus_line_at_rest(&port->line));
}

static void *run(void *arg)
{
	struct bus_port *port = arg;

	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL,
		    0UL);				 /* without it gaps are longer, no more */
	(void)pthread_setname_np(pthread_self(), "bus"); /* only a name */
	while (!atomic_load(&port->stop)) {
		if (port->modbus == NULL && open_port(port, port->config.line.baud) < 0) {
			back_off(port);
			continue;
		}
		sleep_until_us(bus_line_ready_at(&port->line));
		transact(port, mailbox_get(&port->commands, NULL));
		if (port->modbus != NULL) {
			run_errand(port);
		}
		if (port->modbus == NULL) {
			back_off(port);
		}
	}
	if (port->modbus != NULL) {
		park(port);
	}
	shut(port);
	publish(port);
	return NULL;
}

static int set_attributes(pthread_attr_t *attr, int fifo_priority)
{
	const struct sched_param param = { .sched_priority = fifo_priority };
	int r = pthread_attr_setstacksize(attr, STACK_BYTES);

	if (r == 0 && fifo_priority > 0) {
		r = pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);
		if (r == 0) {
			r = pthread_attr_setschedpolicy(attr, SCHED_FIFO);
		}
		if (r == 0) {
			r = pthread_attr_setschedparam(attr, &param);
		}
	}
	return -r;
}

static int start_thread(struct bus_port *port)
{
	pthread_attr_t attr;
	sigset_t all;
	sigset_t before;
	int r = -pthread_attr_init(&attr);

	if (r < 0) {
		return r;
	}
	r = set_attributes(&attr, port->config.fifo_priority);
	if (r == 0) {
		/* signals are for the main thread */
		(void)sigfillset(&all);
		(void)pthread_sigmask(SIG_SETMASK, &all, &before);
		r = -pthread_create(&port->thread, &attr, run, port);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	(void)pthread_attr_destroy(&attr);
	return r;
}

int bus_port_start(const struct bus_port_config *config, struct bus_port **ret)
{
	struct bus_port *port;
	int r;

	assert(config != NULL);
	assert(ret != NULL);

	port = calloc(1, sizeof(*port));
	if (port == NULL) {
		return -ENOMEM;
	}
	port->config = *config;
	port->backoff_us = BACKOFF_FIRST_US;
	atomic_init(&port->ticks, 0);
	atomic_init(&port->open, false);
	atomic_init(&port->stop, false);
	mailbox_init(&port->commands, port->command_slots, sizeof(port->command_slots[0]));
	mailbox_init(&port->errands, port->errand_slots, sizeof(port->errand_slots[0]));
	mailbox_init(&port->answers, port->answer_slots, sizeof(port->answer_slots[0]));
	mailbox_init(&port->images, port->image_slots, sizeof(port->image_slots[0]));
	r = bus_line_init(&port->line, &port->config.line);
	if (r == 0) {
		r = start_thread(port);
	}
	if (r < 0) {
		free(port);
		return r;
	}
	*ret = port;
	return 0;
}

void bus_port_command(struct bus_port *port, const struct bus_line_command *command)
{
	memcpy(mailbox_slot(&port->commands), command, sizeof(*command));
	mailbox_put(&port->commands);
}

const struct bus_line_image *bus_port_image(struct bus_port *port)
{
	return mailbox_get(&port->images, NULL);
}

void bus_port_send(struct bus_port *port, const struct bus_errand *errand)
{
	memcpy(mailbox_slot(&port->errands), errand, sizeof(*errand));
	mailbox_put(&port->errands);
}

const struct bus_answer *bus_port_answer(struct bus_port *port)
{
	return mailbox_get(&port->answers, NULL);
}

uint32_t bus_port_ticks(const struct bus_port *port)
{
	return atomic_load(&port->ticks);
}

bool bus_port_is_open(const struct bus_port *port)
{
	return atomic_load(&port->open);
}

void bus_port_stop(struct bus_port *port)
{
	if (port == NULL) {
		return;
	}
	atomic_store(&port->stop, true);
	(void)pthread_join(port->thread, NULL); /* fails only for a thread that never was */
	free(port);
}
