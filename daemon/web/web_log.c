/* SPDX-License-Identifier: MIT */
#include "web_log.h"

const struct journal_kind web_log_kinds[WEB_LOG_COUNT] = {
	[WEB_LOG_INTERNAL] = { "internal", "f1ba59100d054811bc4ef978cdff2bab" },
	[WEB_LOG_STARTED] = { "started", "efc55a7c264ecf1c404d13ad47335b45" },
	[WEB_LOG_REFUSED] = { "refused", "112a3d66ca9aa34151ff1bceac21e82e" },
	[WEB_LOG_PANEL] = { "panel", "68ed9a0734f634773b98fbea815dfc78" },
	[WEB_LOG_PAIRING] = { "pairing", "c2978f1ed645e8dfd8dbedc84f434ef3" },
	[WEB_LOG_PHONES] = { "phones", "1349f951766430b6223dc9382a77bcc9" },
};
