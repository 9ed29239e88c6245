/* The status of an order. The delivery service owns it; cart & order returns it as well. */
#ifndef CONTRACTS_ORDER_STATUS_H
#define CONTRACTS_ORDER_STATUS_H

enum order_status {
	STATUS_PLACED, /* the initial status */
	STATUS_PACKED,
	STATUS_OUT_FOR_DELIVERY,
	STATUS_DELIVERED,
	STATUS_CANCELLED,
	STATUS_COUNT,
};

/* The names in the order of the enum, and NULL. */
extern const char *const order_status_names[STATUS_COUNT + 1];

/* Members of a field row for a status. */
#define ORDER_STATUS_FIELD .values = order_status_names, .enum_name = "OrderStatus"

/* The status with that name; STATUS_COUNT where there is none. */
enum order_status order_status_parse(const char *word);

#endif
