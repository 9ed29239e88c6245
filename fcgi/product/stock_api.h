/* Stock calls: shapes and handlers for the service's route table. */
#ifndef STOCK_API_H
#define STOCK_API_H

#include "metrics.h"
#include "req.h"

extern const struct shape stock_put_in, stock_left_out;
extern const struct metrics stock_metrics;
handler stock_put, stock_reserve_post, stock_release_post, stock_confirm_post, stock_forget_post;

#endif
