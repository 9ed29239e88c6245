/* A command of several updates of products, put together line by line. For the stock's files. */
#ifndef STOCK_COMMAND_STORE_H
#define STOCK_COMMAND_STORE_H

#include "db.h"

struct stock_command {
	struct ctx *ctx;
	struct db_statement *statements;
	size_t n;
};

/* Makes room for `max` updates. */
enum err stock_command_begin(struct stock_command *command, struct ctx *ctx, size_t max) MUST_CHECK;

/* Takes filter and update over; either may be NULL for want of memory. `needed`: as db_statement.
 */
enum err stock_command_add(struct stock_command *command, bson_t *filter, bson_t *update,
			   bool needed) MUST_CHECK;

enum err stock_command_run(const struct stock_command *command) MUST_CHECK;

#endif
