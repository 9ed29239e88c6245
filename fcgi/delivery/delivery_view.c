/* The public form of a delivery. */
#include "delivery_view.h"

#include "auth.h"
#include "delivery_store.h"

static const struct field fields[] = {
    {FIELD(struct delivery, _id)},
    {FIELD(struct delivery, order_id)},
    {FIELD(struct delivery, status), ORDER_STATUS_FIELD},
    {FIELD(struct delivery, last_updated)},
    /* The last: for staff only. */
    {FIELD(struct delivery, user_id), .optional = true, USER_ID_OUT},
};

const struct shape delivery_view = {
    .size = sizeof(struct delivery),
    .fields = fields,
    .n = sizeof fields / sizeof fields[0] - 1,
    .name = "Delivery",
};
const struct shape delivery_staff_view = NAMED_SHAPE("StaffDelivery", struct delivery, fields);
