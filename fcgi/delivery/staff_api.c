/* Calls of staff: the list of deliveries. */
#include "staff_api.h"

#include "delivery_store.h"
#include "delivery_view.h"

enum { DELIVERIES_DEFAULT = 100 };

struct deliveries_in {
	const char *status; /* NULL: those under way */
	int64_t limit;      /* 0: not given */
	bson_oid_t after;   /* the last order of the previous page; all zero: not given */
};

static const char *check_status(const char *word)
{
	return order_status_parse(word) != STATUS_COUNT ? NULL
							: "Input should be a status of an order";
}

static const struct field fields[] = {
    {FIELD(struct deliveries_in, status), .from = FROM_QUERY, .optional = true,
     .check = check_status, ORDER_STATUS_FIELD, .example = "PACKED"},
    {FIELD(struct deliveries_in, limit), .from = FROM_QUERY, .optional = true, .min = 1, .max = 100,
     .example = "20"},
    {FIELD(struct deliveries_in, after), .from = FROM_QUERY, .optional = true},
};
const struct shape deliveries_in = SHAPE(struct deliveries_in, fields);

enum err deliveries_get(struct req *rq)
{
	static const bson_oid_t none;
	const struct deliveries_in *in = req_input(rq);
	const bson_oid_t *after = bson_oid_equal(&in->after, &none) ? NULL : &in->after;
	enum order_status status = in->status ? order_status_parse(in->status) : STATUS_COUNT;
	size_t limit = in->limit ? (size_t)in->limit : DELIVERIES_DEFAULT;
	struct list deliveries;
	/* one more than the page: whether there is a next page */
	enum err e = deliveries_list(&deliveries, req_ctx(rq), status, after, limit + 1);

	if (e == ERR_ORDER_NOT_FOUND)
		return req_invalid(rq, "query", "after", "Input should be an order of this list");
	if (!e && deliveries.n > limit) {
		const struct delivery *last = (const struct delivery *)deliveries.items + limit - 1;
		char cursor[25];

		deliveries.n = limit;
		bson_oid_to_string(&last->order_id, cursor);
		e = req_link_next(rq, cursor);
	}
	return e ? e : req_reply_list(rq, &delivery_staff_view, &deliveries);
}
