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
	HOST_SIZE = 254, /* a name has at most 253 characters: RFC 1035, 2.3.4 */
	PORT_SIZE = 6,
	PORT_MAX = 65535,
	BACKLOG = 1024, /* many more than threads, so that bursts wait and aren't refused */
};

struct address {
	char host[HOST_SIZE]; /* empty: omitted */
	char port[PORT_SIZE];
};

/* Listens or connects with a socket, at one of the addresses of a name. 0, or -1 with errno. */
typedef int use_socket(int fd, const struct addrinfo *info, int timeout_ms);

/* ---- the text ---- */

static bool parse(struct address *out, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	size_t port_len = colon ? strlen(colon + 1) : 0;
	long port;

	if (!port_len || port_len >= PORT_SIZE || strspn(colon + 1, "0123456789") != port_len)
		return false;
	port = strtol(colon + 1, NULL, 10);
	if (port < 1 || port > PORT_MAX)
		return false;
	memcpy(out->port, colon + 1, port_len + 1);
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (strcspn(text, ":[]") < len) {
		return false; /* an IPv6 address without brackets is ambiguous */
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
	/* Connections of the previous process may still use the port. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Accepted sockets inherit it. Without it the last part of an answer would wait for an
	 * acknowledgement. */
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

/* A socket for the first usable address of a host; -1 with errno. */
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

/* `any` are the hosts for an omitted one; the second is for a machine without IPv6 or IPv4. */
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
