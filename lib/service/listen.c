#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	HOST_SIZE = 254, /* a name has at most 253 characters: RFC 1035, 2.3.4 */
	PORT_LEN = 5,    /* digits at most */
	PORT_MAX = 65535,
	BACKLOG = 1024, /* many more than threads, so that bursts wait and aren't refused */
};

/* Listens or connects with a socket, at one of the addresses of a name. 0, or -1 with errno. */
typedef int use_socket(int fd, const struct addrinfo *info, int timeout_ms);

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

/* `text` is HOST:PORT or :PORT. `any` are the hosts for an omitted one; the second is for a machine
 * without IPv6 or IPv4. */
static enum err open_address(int *out, const char *text, const char *const any[static 2],
			     use_socket *use, int timeout_ms)
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : "";
	size_t len = colon ? (size_t)(colon - text) : 0, port_len = strlen(port);
	char host[HOST_SIZE];
	long number;
	int fd;

	if (!port_len || port_len > PORT_LEN || strspn(port, "0123456789") != port_len)
		return ERR_INVALID;
	number = strtol(port, NULL, 10);
	if (number < 1 || number > PORT_MAX)
		return ERR_INVALID;
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (strcspn(text, ":[]") < len) {
		return ERR_INVALID; /* an IPv6 address without brackets is ambiguous */
	}
	if (len >= HOST_SIZE)
		return ERR_INVALID;
	memcpy(host, text, len);
	host[len] = '\0';
	fd = open_first(len ? host : any[0], port, use, timeout_ms);
	if (fd < 0 && !len && errno != EADDRINUSE)
		fd = open_first(any[1], port, use, timeout_ms);
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
