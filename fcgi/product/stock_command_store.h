/* One command with several updates of products. Used by the stock_*_store files. */
#ifndef STOCK_COMMAND_STORE_H
#define STOCK_COMMAND_STORE_H

#include "db.h"

struct stock_command {
	struct ctx *ctx;
	struct db_statement *statements;
	size_t n;
};

/* Starts a command of up to `max` updates; memory from the arena. ERR_NO_MEMORY. */
enum err stock_command_begin(struct stock_command *command, struct ctx *ctx, size_t max) MUST_CHECK;

/* Adds an update, and takes ownership of filter and update. ERR_NO_MEMORY where one of them is
 * NULL. `needed`: as in db_statement. */
enum err stock_command_add(struct stock_command *command, bson_t *filter, bson_t *update,
			   bool needed) MUST_CHECK;

/* Sends the command. */
enum err stock_command_run(const struct stock_command *command) MUST_CHECK;

#endif
