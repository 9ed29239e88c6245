/* The status of an order: GET /order/{order_id}/status, POST /order/{order_id}/update-status. */
#include "status_api.h"

#include <string.h>

#include "auth.h"
#include "delivery_owner_store.h"
#include "delivery_view.h"
#include "service.h"

/* ---- GET /order/{order_id}/status ---- */

static const struct field delivery_order_fields[] = {
    {FIELD(struct delivery_order_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
};
const struct shape delivery_order_in = SHAPE(struct delivery_order_in, delivery_order_fields);

enum err delivery_visible(struct delivery *delivery, struct req *rq, const bson_oid_t *order_id)
{
	const struct token *token = req_token(rq);
	struct delivery found;
	enum err e = delivery_get(&found, req_ctx(rq), order_id);

	if (e)
		return e;
	if (token && token->role & ROLES_PERSON &&
	    (!found.user_id || strcmp(found.user_id, token->user_id) != 0))
		return ERR_ORDER_NOT_FOUND;
	*delivery = found;
	return OK;
}

enum err delivery_status_get(struct req *rq)
{
	const struct delivery_order_in *in = req_input(rq);
	struct delivery delivery;
	enum err e = delivery_visible(&delivery, rq, &in->order_id);

	return e ? e : req_reply(rq, &delivery_view, &delivery);
}

/* ---- POST /order/{order_id}/update-status ---- */

struct update_in {
	bson_oid_t order_id;
	int status;          /* enum order_status */
	const char *user_id; /* the customer; used only from a token of the role `service` */
};

static const struct field update_fields[] = {
    {FIELD(struct update_in, order_id), .from = FROM_PATH, .unknown = ERR_ORDER_NOT_FOUND},
    {FIELD(struct update_in, status), ORDER_STATUS_FIELD},
    {FIELD(struct update_in, user_id), USER_ID_OUT, .optional = true,
     .check = check_stored_user_id},
};
const struct shape status_update_in = NAMED_SHAPE("StatusUpdate", struct update_in, update_fields);

/* The caller as an actor of the history. A service's token names no person. */
static struct actor caller(const struct req *rq)
{
	const struct token *token = req_token(rq);

	if (!token)
		return (struct actor){.by = "guest"};
	return (struct actor){
	    .by = role_name(token->role),
	    .user_id = token->role == ROLE_SERVICE ? NULL : token->user_id,
	};
}

/* Replies why an order can't get the requested status: it is unknown, or in another status. */
static enum err refuse_move(struct req *rq, const struct update_in *in)
{
	struct delivery now;
	enum err e = delivery_get(&now, req_ctx(rq), &in->order_id);

	if (e == ERR_ORDER_NOT_FOUND)
		return in->status == STATUS_PLACED ? e : ERR_START_PLACED;
	if (e)
		return e;
	return req_refuse(rq, ERR_TRANSITION, "Invalid transition from %s to %s",
			  order_status_names[now.status], order_status_names[in->status]);
}

/* Creates a delivery in its first status; idempotent. Only a service may do so. Any other caller
 * gets the published errors, except that an unknown order without a token (AUTH_REQUIRED=off) is
 * ERR_MISSING_TOKEN: else a guest could create deliveries of future orders. */
static enum err place(struct req *rq, const struct update_in *in)
{
	const struct delivery_order *order =
	    &(struct delivery_order){in->order_id, in->user_id, NULL, NULL};
	const struct token *token = req_token(rq);
	struct actor actor = caller(rq);
	enum err e;

	if (!token || token->role != ROLE_SERVICE) {
		e = refuse_move(rq, in);
		return e == ERR_ORDER_NOT_FOUND && !token ? ERR_MISSING_TOKEN : e;
	}
	e = delivery_create(req_ctx(rq), &in->order_id, in->user_id, &actor);
	if (e == ERR_DUPLICATE)
		e = deliveries_set_missing_users(req_ctx(rq), &order, 1);
	return e ? e : req_message(rq, "Order status created");
}

enum err delivery_status_update(struct req *rq)
{
	const struct update_in *in = req_input(rq);
	enum order_status to = (enum order_status)in->status;
	struct actor actor = caller(rq);
	enum err e;

	if (to == STATUS_PLACED)
		return place(rq, in);
	e = delivery_move(req_ctx(rq), &in->order_id, STEP_ADVANCE, to, &actor);
	if (e == ERR_NO_DOCUMENT)
		return refuse_move(rq, in);
	delivery_wake_streams(); /* after an error, too: the update may have been written */
	return e ? e : req_message(rq, "Status updated");
}
