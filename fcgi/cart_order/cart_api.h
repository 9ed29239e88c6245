/* The cart routes: shapes and handlers for the service's route table. */
#ifndef CART_API_H
#define CART_API_H

#include "req.h"

extern const struct shape cart_add_in, cart_line_in, cart_user_in, cart_line_out;
handler cart_add, cart_remove, cart_increase, cart_decrease, cart_get;

#endif
