#include "probe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "listen.h"

enum {
	FCGI_VERSION = 1,
	FCGI_BEGIN_REQUEST = 1,
	FCGI_PARAMS = 4,
	FCGI_STDIN = 5,
	FCGI_STDOUT = 6,
	FCGI_RESPONDER = 1,
	FCGI_HEADER_LEN = 8,
	REQUEST_ID = 1,
	REQUEST_MAX = 512,
	ANSWER_MAX = 128 * 1024,
	SHORT_LEN = 127, /* lengths up to 127 are encoded in one byte */
};

struct buffer {
	unsigned char bytes[REQUEST_MAX];
	size_t len;
};

/* ---- the request ---- */

static void append(struct buffer *to, const void *bytes, size_t len)
{
	memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
}

static void append_header(struct buffer *to, int type, size_t len)
{
	const unsigned char header[FCGI_HEADER_LEN] = {
	    FCGI_VERSION, (unsigned char)type,       0,
	    REQUEST_ID,   (unsigned char)(len >> 8), (unsigned char)len,
	};

	append(to, header, sizeof header);
}

static void append_param(struct buffer *to, const char *name, const char *value)
{
	const unsigned char lengths[] = {(unsigned char)strlen(name), (unsigned char)strlen(value)};

	append(to, lengths, sizeof lengths);
	append(to, name, lengths[0]);
	append(to, value, lengths[1]);
}

/* The parameters are those that the gateway sets (nginx/snippets/fastcgi.conf.in). */
static void make_request(struct buffer *request, const char *path)
{
	static const unsigned char begin[8] = {0, FCGI_RESPONDER};
	struct buffer params = {.len = 0};

	append_param(&params, "REQUEST_METHOD", "GET");
	append_param(&params, "DOCUMENT_URI", path);
	append_param(&params, "QUERY_STRING", "");
	append_param(&params, "CONTENT_TYPE", "");
	append_param(&params, "CONTENT_LENGTH", "");
	append_param(&params, "REQUEST_ID", "health");
	append_param(&params, "LISTENER", "internal");
	append_header(request, FCGI_BEGIN_REQUEST, sizeof begin);
	append(request, begin, sizeof begin);
	append_header(request, FCGI_PARAMS, params.len);
	append(request, params.bytes, params.len);
	append_header(request, FCGI_PARAMS, 0);
	append_header(request, FCGI_STDIN, 0);
}

/* ---- the answer ---- */

/* Replaces the records of an answer by their content, as a text; false if they aren't FastCGI. */
static bool unpack(char *bytes, size_t len)
{
	size_t text = 0;

	for (size_t at = 0; at < len;) {
		const unsigned char *header = (const unsigned char *)bytes + at;
		size_t content, padding;
		int type;

		if (len - at < FCGI_HEADER_LEN || header[0] != FCGI_VERSION)
			return false;
		type = header[1];
		content = (size_t)header[4] << 8 | header[5];
		padding = header[6];
		at += FCGI_HEADER_LEN;
		if (len - at < content + padding)
			return false;
		if (type == FCGI_STDOUT) {
			memmove(bytes + text, bytes + at, content);
			text += content;
		}
		at += content + padding;
	}
	bytes[text] = '\0';
	return true;
}

/* Receives until the service closes the connection. An answer that is too large counts as one that
 * takes too long. */
static enum err read_answer(int fd, FILE *out)
{
	static char text[ANSWER_MAX + 1];
	int64_t until = clock_mono_ms() + PROBE_TIMEOUT_MS;
	const char *body;
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < ANSWER_MAX && clock_mono_ms() < until) {
		n = recv(fd, text + len, ANSWER_MAX - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n) {
		fprintf(out, "no answer: %s\n", strerror(n < 0 ? errno : ETIMEDOUT));
		return ERR_UNAVAILABLE;
	}
	body = unpack(text, len) ? strstr(text, "\r\n\r\n") : NULL;
	if (!body) {
		fputs("no answer of a service\n", out);
		return ERR_UNAVAILABLE;
	}
	fprintf(out, "%s\n", body + 4);
	return strncmp(text, "Status: 200 ", 12) == 0 ? OK : ERR_UNAVAILABLE;
}

enum err probe(const char *address, const char *path, FILE *out)
{
	struct buffer request = {.len = 0};
	size_t sent = 0;
	ssize_t n = 0;
	int fd;
	enum err e;

	if (strlen(path) > SHORT_LEN)
		return ERR_INVALID;
	e = listen_connect(&fd, address, PROBE_TIMEOUT_MS);
	if (e) {
		fprintf(out, "%s: %s\n", address,
			e == ERR_INVALID ? "no address" : strerror(errno));
		return e;
	}
	make_request(&request, path);
	do {
		n = send(fd, request.bytes + sent, request.len - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	} while (n > 0 && sent < request.len);
	if (sent == request.len) {
		e = read_answer(fd, out);
	} else {
		fprintf(out, "%s: %s\n", address, strerror(errno));
		e = ERR_UNAVAILABLE;
	}
	close(fd);
	return e;
}
