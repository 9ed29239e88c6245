/* Calls on stock: inputs and handlers for the service's table. */
#ifndef STOCK_API_H
#define STOCK_API_H

#include "metrics.h"
#include "req.h"

extern const struct shape stock_put_in, stock_left_out;
extern const struct metrics stock_metrics;
handler stock_put, stock_take_post, stock_give_back_post, stock_settle_post, stock_forget_post;

#endif
