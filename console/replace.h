/* SPDX-License-Identifier: MIT */
/*
 * replace.h - requests on a bus by hand.
 */
#ifndef CONSOLE_REPLACE_H
#define CONSOLE_REPLACE_H

#include "console.h"

/* `chairctl bus scan PORT`, `bus read PORT ADDRESS REGISTER`: @words from there on. */
int bus_by_hand(const struct console *console, int count, char *const words[]);

#endif /* CONSOLE_REPLACE_H */
