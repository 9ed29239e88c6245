/* The public form of a delivery: the response of GET …/status, and the events of its stream. */
#ifndef DELIVERY_VIEW_H
#define DELIVERY_VIEW_H

#include "shape.h"

/* Shapes of struct delivery. */
extern const struct shape delivery_view;       /* {_id, order_id, status, last_updated} */
extern const struct shape delivery_staff_view; /* with user_id */

#endif
