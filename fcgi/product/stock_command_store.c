/* One command with several updates of products. */
#include "stock_command_store.h"

#include "product_store.h"

enum err stock_command_begin(struct stock_command *command, struct ctx *ctx, size_t max)
{
	*command = (struct stock_command){.ctx = ctx};
	command->statements = arena_array(ctx->arena, max, sizeof *command->statements);
	return command->statements ? OK : ERR_NO_MEMORY;
}

enum err stock_command_add(struct stock_command *command, bson_t *filter, bson_t *update,
			   bool needed)
{
	filter = ctx_bson(command->ctx, filter);
	update = ctx_bson(command->ctx, update);
	if (!filter || !update)
		return ERR_NO_MEMORY;
	command->statements[command->n++] = (struct db_statement){filter, update, .needed = needed};
	return OK;
}

enum err stock_command_run(const struct stock_command *command)
{
	int64_t matched;

	return db_update_each(&matched, command->ctx, product_collection, command->statements,
			      command->n);
}
