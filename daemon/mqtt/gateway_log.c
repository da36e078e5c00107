/* SPDX-License-Identifier: MIT */
#include "gateway_log.h"

const struct journal_kind gateway_log_kinds[GATEWAY_LOG_COUNT] = {
	[GATEWAY_LOG_INTERNAL] = { "internal", "0631d75857a695dd71c1aff856b2867b" },
	[GATEWAY_LOG_STARTED] = { "started", "362b4fa4075355760ffeda6d8e648c0d" },
	[GATEWAY_LOG_BROKER_UP] = { "broker_up", "8a7ae83294ea183c74066aadd47175ed" },
	[GATEWAY_LOG_BROKER_DOWN] = { "broker_down", "f54421eecde76467ff8997178a996dfb" },
	[GATEWAY_LOG_CHAIR_UP] = { "chair_up", "23643b3daa037e6edafde7b498116aa9" },
	[GATEWAY_LOG_CHAIR_DOWN] = { "chair_down", "3594984d25ee8d588889c349a3587f67" },
	[GATEWAY_LOG_COMMAND] = { "command", "c962ed2e6c0db21cadc3884a4879285f" },
	[GATEWAY_LOG_COMMAND_IGNORED] = { "command_ignored", "306e0e3e2941adc6f92c9244576bb5fd" },
	[GATEWAY_LOG_BROKER_SLOW] = { "broker_slow", "d10e5c0a3e924219abe94a4ffe559b7a" },
	[GATEWAY_LOG_PUBLISH_REFUSED] = { "publish_refused", "5d0b7c29f1e64a83b6c4e8f2907a13dc" },
};
