#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	HOST_SIZE = 254, /* a name has 253 characters at the most: RFC 1035, 2.3.4 */
	PORT_SIZE = 6,
	PORT_MAX = 65535,
	BACKLOG = 1024, /* of several threads' worth: a burst waits, and isn't turned away */
};

struct address {
	char host[HOST_SIZE]; /* empty: none was given */
	char port[PORT_SIZE];
};

/* What is done with a socket for one of a name's addresses: 0, or -1 with errno. */
typedef int use_socket(int fd, const struct addrinfo *info, int timeout_ms);

/* ---- the text ---- */

static bool parse_port(char out[static PORT_SIZE], const char *text)
{
	size_t len = strlen(text);
	long port;

	if (!len || len >= PORT_SIZE || strspn(text, "0123456789") != len)
		return false;
	port = strtol(text, NULL, 10);
	memcpy(out, text, len + 1);
	return port > 0 && port <= PORT_MAX;
}

static bool parse(struct address *out, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (!colon || !parse_port(out->port, colon + 1))
		return false;
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (strcspn(text, ":[]") < len) {
		return false; /* where would its address end? */
	}
	if (len >= HOST_SIZE)
		return false;
	memcpy(out->host, text, len);
	out->host[len] = '\0';
	return true;
}

/* ---- the socket ---- */

static int use_to_listen(int fd, const struct addrinfo *info, int timeout_ms)
{
	const int on = 1, off = 0;

	(void)timeout_ms;
	/* A process that follows another one finds its old connections on the port. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Accepted sockets inherit it: the rest of an answer mustn't wait for an acknowledgement.
	 */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	return bind(fd, info->ai_addr, info->ai_addrlen) ? -1 : listen(fd, BACKLOG);
}

static int use_to_connect(int fd, const struct addrinfo *info, int timeout_ms)
{
	struct timeval patience = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return connect(fd, info->ai_addr, info->ai_addrlen);
}

/* A socket for the first of a host's addresses that can be used; -1 with errno. */
static int open_first(const char *host, const char *port, use_socket *use, int timeout_ms)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *infos;
	int fd = -1;

	errno = EADDRNOTAVAIL;
	if (getaddrinfo(host, port, &hints, &infos))
		return -1;
	for (const struct addrinfo *info = infos; info && fd < 0; info = info->ai_next) {
		fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, 0);
		if (fd >= 0 && use(fd, info, timeout_ms)) {
			int reason = errno;

			close(fd);
			errno = reason;
			fd = -1;
		}
	}
	freeaddrinfo(infos);
	return fd;
}

/* `any` are the hosts that stand for none, the second one where the machine lacks IPv6 or IPv4. */
static enum err open_address(int *out, const char *text, const char *const any[static 2],
			     use_socket *use, int timeout_ms)
{
	struct address address;
	int fd;

	if (!parse(&address, text))
		return ERR_INVALID;
	fd = open_first(address.host[0] ? address.host : any[0], address.port, use, timeout_ms);
	if (fd < 0 && !address.host[0] && errno != EADDRINUSE)
		fd = open_first(any[1], address.port, use, timeout_ms);
	if (fd < 0)
		return ERR_UNAVAILABLE;
	*out = fd;
	return OK;
}

enum err listen_open(int *fd, const char *address)
{
	static const char *const any[] = {"::", "0.0.0.0"};

	return open_address(fd, address, any, use_to_listen, 0);
}

enum err listen_connect(int *fd, const char *address, int timeout_ms)
{
	static const char *const here[] = {"127.0.0.1", "::1"};

	return open_address(fd, address, here, use_to_connect, timeout_ms);
}
