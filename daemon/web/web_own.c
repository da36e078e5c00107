/* SPDX-License-Identifier: MIT */
#include "web_log.h"
#include "web_server.h"

#include <errno.h>
#include <string.h>

#define CODE_REFUSED	    (-32000)
#define CODE_INVALID_PARAMS (-32602)

static char *invalid(const struct web_call *call)
{
	return web_call_error(call, CODE_INVALID_PARAMS, "invalid_params",
			      "A parameter is missing, unknown or out of range.");
}

/* Whoever used the phone until now is out at once. */
static void end_phone(struct web_server *server, uint32_t id)
{
	for (struct web_conn *conn = server->conns; conn != NULL; conn = conn->next) {
		if (conn->open && conn->phone == id) {
			web_bridge_end(conn, WEB_CLOSE_REVOKED);
		}
	}
}

static char *revoke_phone(struct web_server *server, const struct web_call *call)
{
	json_int_t id = 0;
	int r;

	if (call->params == NULL || json_unpack(call->params, "{s:I !}", "id", &id) < 0) {
		return invalid(call);
	}
	r = id < 1 || id > UINT32_MAX ? -ENOENT : web_phones_revoke(&server->phones, (uint32_t)id);
	if (r == -ENOENT) {
		return web_call_error(call, CODE_REFUSED, "no_such_phone",
				      "This phone is not paired.");
	}
	end_phone(server, (uint32_t)id);
	web_log(WEB_LOG_PHONES, LOG_NOTICE, NULL, "phone %u was revoked at the panel",
		(unsigned int)id);
	if (r < 0) {
		web_log(WEB_LOG_PHONES, LOG_ERR, NULL, "the revocation cannot be stored: %s",
			strerror(-r));
		return web_call_error(call, CODE_REFUSED, "not_stored",
				      "The phone is out, but this could not be stored: after a "
				      "restart it may be back.");
	}
	return web_call_result(call, json_object());
}

char *web_own_answer(struct web_conn *conn, const struct web_call *call)
{
	struct web_server *server = conn->server;

	if (!conn->lan && strcmp(call->method, "web.phones") == 0) {
		if (call->params != NULL &&
		    (!json_is_object(call->params) || json_object_size(call->params) > 0)) {
			return invalid(call);
		}
		return web_call_result(call, web_phones_list(&server->phones));
	}
	if (!conn->lan && strcmp(call->method, "web.revoke") == 0) {
		return revoke_phone(server, call);
	}
	return web_call_refused(call);
}
