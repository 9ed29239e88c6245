/*
 * Errors: one table of number, status, code and text, so that they can't drift.
 *
 * A function that can fail returns enum err; OK is 0. A client receives
 * `{"detail": <text>, "code": <code>}` with the row's status, which must have a row in
 * http_status.h. Services send no error below ERR_INTERNAL. The first rows below it are results of
 * a store, which its caller maps to another error; if the caller does not, the client receives a
 * 500. The last rows are errors of the gateway; errors_print_gateway() prints them for it.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdbool.h>
#include <stdio.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* clang-format off */
#define ERRORS(X)                                                                              \
	/* the request's form */                                                               \
	X(ERR_BAD_REQUEST,          400, "bad_request",             "Bad Request")              \
	X(ERR_NOT_FOUND,            404, "not_found",               "Not Found")                \
	X(ERR_METHOD_NOT_ALLOWED,   405, "method_not_allowed",      "Method Not Allowed")       \
	X(ERR_BODY_TOO_LARGE,       413, "request_body_too_large",  "Request body too large")   \
	X(ERR_UNSUPPORTED_MEDIA,    415, "unsupported_media_type",  "Unsupported media type")   \
	X(ERR_INVALID,              422, "validation_error",        "Validation error") /* with a list */   \
	X(ERR_TOO_MANY_REQUESTS,    429, "too_many_requests",       "Too many requests")        \
	/* authentication and access */                                                        \
	X(ERR_MISSING_TOKEN,        401, "missing_token",           "Missing token")            \
	X(ERR_TOKEN_FORMAT,         401, "invalid_token_format",    "Invalid token format")     \
	X(ERR_TOKEN,                401, "invalid_or_expired_token", "Invalid or expired token") \
	X(ERR_FORBIDDEN,            403, "forbidden",               "Forbidden")                \
	/* user service */                                                                     \
	X(ERR_OTP,                  400, "invalid_otp",             "Invalid OTP")              \
	X(ERR_EMAIL_EXISTS,         400, "email_already_exists",    "Email already exists")     \
	X(ERR_CREDENTIALS,          401, "invalid_credentials",     "Invalid credentials")      \
	X(ERR_USER_NOT_FOUND,       404, "user_not_found",          "User not found")           \
	/* product service */                                                                  \
	X(ERR_PRODUCT_NOT_FOUND,    404, "product_not_found",       "Product not found")        \
	X(ERR_STOCK_CHANGED,        409, "stock_changed",           "Stock changed")            \
	/* cart & order service */                                                             \
	X(ERR_PRODUCT_UNAVAILABLE,  409, "product_not_available",   "Product not available")    \
	X(ERR_ITEM_NOT_FOUND,       404, "item_not_found",          "Item not found")           \
	X(ERR_QUANTITY_LIMIT,       400, "quantity_limit_reached",  "Quantity limit reached")   \
	X(ERR_CART_FULL,            400, "cart_is_full",            "Cart is full")             \
	X(ERR_CART_EMPTY,           400, "cart_is_empty",           "Cart is empty")            \
	X(ERR_OUT_OF_STOCK,         409, "out_of_stock",            "Out of stock")             \
	X(ERR_STOCK_RELEASED,       409, "stock_given_back",        "Stock given back")         \
	X(ERR_ORDER_TOO_LARGE,      409, "order_too_large",         "Order too large")          \
	X(ERR_TOO_MANY_ORDERS,      429, "too_many_orders",         "Too many orders")          \
	X(ERR_STOCK_RELEASE_POSTPONED, 409, "stock_release_put_off", "Stock release put off")    \
	X(ERR_TOTAL_CHANGED,        409, "total_changed",           "Total changed")            \
	X(ERR_IDEMPOTENCY_KEY,      400, "invalid_idempotency_key", "Invalid Idempotency-Key")  \
	X(ERR_IN_PROGRESS,          409, "request_in_progress",     "Request in progress")      \
	X(ERR_NOT_CANCELLABLE,      409, "order_can_no_longer_be_cancelled", "Order can no longer be cancelled") \
	/* delivery service */                                                                 \
	X(ERR_ORDER_NOT_FOUND,      404, "order_not_found",         "Order not found")          \
	X(ERR_START_PLACED,         400, "order_must_start_with_placed", "Order must start with PLACED") \
	X(ERR_TRANSITION,           400, "invalid_transition",      "Invalid transition")       \
	/* server; the first four are temporary: a client gets the same error for each and may try again, the log has the reason */ \
	X(ERR_UNAVAILABLE,          503, "service_temporarily_unavailable", "Service temporarily unavailable") /* the database, another service, or a full queue */ \
	X(ERR_TIMEOUT,              503, "service_temporarily_unavailable", "Service temporarily unavailable") /* no time is left, or a response is late */ \
	X(ERR_BAD_ANSWER,           503, "service_temporarily_unavailable", "Service temporarily unavailable") /* another service's response is malformed */ \
	X(ERR_NO_MEMORY,            503, "service_temporarily_unavailable", "Service temporarily unavailable") /* of the machine, or the request's ceiling */ \
	X(ERR_INTERNAL,             500, "internal_server_error",   "Internal Server Error")    \
	/* results of a store for its caller */                                                \
	X(ERR_NO_DOCUMENT,          500, "internal_server_error",   "Internal Server Error") /* nothing matches the filter */ \
	X(ERR_DUPLICATE,            500, "internal_server_error",   "Internal Server Error") /* a unique index has the key already */ \
	X(ERR_RETRY,                500, "internal_server_error",   "Internal Server Error") /* the data changed: start again */ \
	/* gateway only */                                                                     \
	X(ERR_WEBSOCKET,            400, "websocket_not_supported", "WebSocket is not supported") \
	X(ERR_UNAUTHORIZED,         401, "unauthorized",            "Unauthorized")             \
	X(ERR_LENGTH_REQUIRED,      411, "length_required",         "Length Required")          \
	X(ERR_PRECONDITION,         412, "precondition_failed",     "Precondition Failed")      \
	X(ERR_URI_TOO_LONG,         414, "uri_too_long",            "URI Too Long")             \
	X(ERR_RANGE,                416, "range_not_satisfiable",   "Range Not Satisfiable")    \
	X(ERR_UNKNOWN_HOST,         421, "unknown_host",            "Unknown host")             \
	X(ERR_HEADER_TOO_LARGE,     431, "request_header_fields_too_large", "Request header fields too large") \
	X(ERR_NOT_IMPLEMENTED,      501, "not_implemented",         "Not Implemented")          \
	X(ERR_BAD_GATEWAY,          502, "service_temporarily_unavailable", "Service temporarily unavailable") \
	X(ERR_GATEWAY_TIMEOUT,      504, "service_temporarily_unavailable", "Service temporarily unavailable") \
	X(ERR_HTTP_VERSION,         505, "http_version_not_supported", "HTTP Version Not Supported")
/* clang-format on */

enum err {
	OK = 0,
#define X(name, status, code, text) name,
	ERRORS(X)
#undef X
	    ERR_COUNT
};

struct err_info {
	int status;       /* HTTP status */
	const char *code; /* stable, for programs */
	const char *text; /* for people */
};

/* Whether it is one of the four temporary errors, after which a client may try again. The operation
 * may have been executed or not. */
bool err_is_temporary(enum err e);

/* The row of an error; ERR_INTERNAL's for a number outside the table. Static memory. */
const struct err_info *err_info(enum err e);

/* Prints `STATUS<TAB>CODE<TAB>TEXT` lines: the errors that the gateway sends itself. The first row
 * of a status is its default; further rows with the same status are for particular locations. The
 * very first row is for statuses that have no row. */
void errors_print_gateway(FILE *out);

#endif
