/* The status of an order, in the answers of both services that give it: the delivery service, which
 * owns it, and cart & order. */
#ifndef CONTRACTS_ORDER_STATUS_H
#define CONTRACTS_ORDER_STATUS_H

enum order_status {
	STATUS_PLACED, /* where an order begins */
	STATUS_PACKED,
	STATUS_OUT_FOR_DELIVERY,
	STATUS_DELIVERED,
	STATUS_CANCELLED,
	STATUS_COUNT,
};

/* Their words, in this order, NULL behind the last. */
extern const char *const order_status_names[STATUS_COUNT + 1];

/* Members of a field with one of them. */
#define ORDER_STATUS_FIELD .values = order_status_names, .enum_name = "OrderStatus"

/* The status of that word; STATUS_COUNT where there is none. */
enum order_status order_status_parse(const char *word);

#endif
