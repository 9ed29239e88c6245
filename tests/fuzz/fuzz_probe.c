/*
 * Responses to the probe. The first byte of the input determines how many bytes each recv()
 * returns; if it is odd, the target first packs the bytes into records. The rest is the response.
 * The result must be that of a second parser of FastCGI records.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "listen.h"
#include "probe.h"

enum { HEADER_LEN = 8, PARAMS_TYPE = 4, STDOUT_TYPE = 6, ROOM = 64 * 1024 };

/* The linker replaces the original functions by these (Makefile). */
enum err __wrap_listen_connect(int *fd, const char *address, int timeout_ms);
ssize_t __wrap_recv(int fd, void *to, size_t room, int flags);

static struct {
	const uint8_t *bytes;
	size_t len, at, step;
	int peer;
} answer;

enum err __wrap_listen_connect(int *fd, const char *address, int timeout_ms)
{
	int ends[2];

	(void)address;
	(void)timeout_ms;
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	*fd = ends[0];
	answer.peer = ends[1];
	return OK;
}

ssize_t __wrap_recv(int fd, void *to, size_t room, int flags)
{
	size_t left = answer.len - answer.at;
	size_t n = left < answer.step ? left : answer.step;

	(void)fd;
	(void)flags;
	n = n < room ? n : room;
	memcpy(to, answer.bytes + answer.at, n);
	answer.at += n;
	return (ssize_t)n;
}

/* Packs a text into records of different lengths and types. Returns the number of bytes. */
static size_t pack(uint8_t *to, const uint8_t *text, size_t len, size_t step)
{
	size_t n = 0;

	for (size_t at = 0, part; at < len; at += part) {
		uint8_t padding = (uint8_t)(at % 5);

		part = len - at < step ? len - at : step;
		memcpy(to + n,
		       (const uint8_t[]){1, STDOUT_TYPE, 0, 1, (uint8_t)(part >> 8), (uint8_t)part,
					 padding, 0},
		       HEADER_LEN);
		memcpy(to + n + HEADER_LEN, text + at, part);
		memset(to + n + HEADER_LEN + part, 'p', padding);
		n += HEADER_LEN + part + padding;
	}
	return n;
}

/* Joins the content of all records of a type; false if the bytes are not complete records. */
static bool unpacked(char *text, int type, const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + len;
	size_t n = 0;

	while (bytes < end) {
		size_t content, all;

		if (end - bytes < HEADER_LEN || bytes[0] != 1)
			return false;
		content = (size_t)(bytes[4] * 256 + bytes[5]);
		all = HEADER_LEN + content + bytes[6];
		if ((size_t)(end - bytes) < all)
			return false;
		if (bytes[1] == type) {
			memcpy(text + n, bytes + HEADER_LEN, content);
			n += content;
		}
		bytes += all;
	}
	text[n] = '\0';
	return true;
}

/* The probe's request consists of complete records. The second parameter has the path. */
static void check_request(const char *path)
{
	static const char first[] = "\x0e\x03REQUEST_METHODGET", name[] = "DOCUMENT_URI";
	uint8_t bytes[1024];
	char params[sizeof bytes + 1];
	const char *second = params + sizeof first - 1;
	ssize_t n = read(answer.peer, bytes, sizeof bytes);

	close(answer.peer);
	REQUIRE(n > 0 && unpacked(params, PARAMS_TYPE, bytes, (size_t)n));
	REQUIRE(memcmp(params, first, sizeof first - 1) == 0);
	REQUIRE(second[0] == sizeof name - 1 && second[1] == (char)strlen(path));
	REQUIRE(memcmp(second + 2, name, sizeof name - 1) == 0);
	REQUIRE(memcmp(second + 1 + sizeof name, path, strlen(path)) == 0);
}

static void check_result(enum err e, const char *out)
{
	static char text[ROOM + 1];
	const char *body = NULL;

	if (unpacked(text, STDOUT_TYPE, answer.bytes, answer.len))
		body = strstr(text, "\r\n\r\n");
	if (!body) {
		REQUIRE(e == ERR_UNAVAILABLE);
		return;
	}
	REQUIRE((e == OK) == (strncmp(text, "Status: 200 ", 12) == 0));
	REQUIRE(e == OK || e == ERR_UNAVAILABLE);
	REQUIRE(strncmp(out, body + 4, strlen(body + 4)) == 0);
	REQUIRE(strcmp(out + strlen(body + 4), "\n") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char path[] = "/readyz";
	static uint8_t packed[ROOM];
	static char out[ROOM];
	struct fuzz_input in = {data, size};
	uint8_t choice = fuzz_byte(&in);
	FILE *stream;
	enum err e;

	/* A record of one byte takes up to 13. */
	if (in.len > ROOM / 13)
		return 0;
	answer.bytes = in.bytes;
	answer.len = in.len;
	answer.at = 0;
	answer.step = 1 + choice / 2u;
	if (choice & 1) {
		answer.len = pack(packed, in.bytes, in.len, answer.step);
		answer.bytes = packed;
	}
	stream = fmemopen(out, sizeof out, "w");
	REQUIRE(stream);
	e = probe("peer", path, stream);
	fclose(stream);
	check_request(path);
	check_result(e, out);
	return 0;
}
