/* SPDX-License-Identifier: MIT */
/*
 * program_file.h - the program language: config/programs/<id>.yaml.
 */
#ifndef CHAIRD_PROGRAM_FILE_H
#define CHAIRD_PROGRAM_FILE_H

#include "setup.h"

/* Load every *.yaml of @directory in the order of their names into @setup. A program that breaks a
 * limit is recorded in @problems with file, phase and reason. */
void program_files_load(const char *directory, struct setup *setup,
			struct schema_problems *problems);

/* The same for one file more. */
void program_file_load(const char *path, struct setup *setup, struct schema_problems *problems);

/* Name of a part in the program language; NULL-safe words for schema_word(). */
const char *part_name(enum part part);

#endif /* CHAIRD_PROGRAM_FILE_H */
