/*
 * HTTP statuses: one table of all statuses that the services and the gateway send, with phrases.
 * Source: RFC 9110, 15; RFC 6585, 4 and 5.
 */
#ifndef LIB_HTTP_STATUS_H
#define LIB_HTTP_STATUS_H

/* clang-format off */
#define HTTP_STATUSES(X)                        \
	X(200, "OK")                            \
	X(204, "No Content")                    \
	X(304, "Not Modified")                  \
	X(400, "Bad Request")                   \
	X(401, "Unauthorized")                  \
	X(403, "Forbidden")                     \
	X(404, "Not Found")                     \
	X(405, "Method Not Allowed")            \
	X(409, "Conflict")                      \
	X(411, "Length Required")               \
	X(412, "Precondition Failed")           \
	X(413, "Content Too Large")             \
	X(414, "URI Too Long")                  \
	X(415, "Unsupported Media Type")        \
	X(416, "Range Not Satisfiable")         \
	X(421, "Misdirected Request")           \
	X(422, "Unprocessable Content")         \
	X(429, "Too Many Requests")             \
	X(431, "Request Header Fields Too Large") \
	X(500, "Internal Server Error")         \
	X(501, "Not Implemented")               \
	X(502, "Bad Gateway")                   \
	X(503, "Service Unavailable")           \
	X(504, "Gateway Timeout")               \
	X(505, "HTTP Version Not Supported")
/* clang-format on */

/* HTTP_404 and so on. The use of a status without a row does not compile. */
enum http_status {
#define X(status, phrase) HTTP_##status = (status),
	HTTP_STATUSES(X)
#undef X
};

/* The phrase of a status; "" if the table has no row for it. Static memory. */
const char *http_status_phrase(int status);

#endif
