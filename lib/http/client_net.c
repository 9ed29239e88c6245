#include "client_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_AT = 12, NET_BYTES = 8 };

static void write_ipv6(char net[static CLIENT_NET_SIZE], struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		inet_ntop(AF_INET, address->s6_addr + MAPPED_AT, net, CLIENT_NET_SIZE);
		return;
	}
	memset(address->s6_addr + NET_BYTES, 0, sizeof address->s6_addr - NET_BYTES);
	inet_ntop(AF_INET6, address, text, sizeof text);
	snprintf(net, CLIENT_NET_SIZE, "%s/64", text);
}

void client_net(char net[static CLIENT_NET_SIZE], const char *address)
{
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (address && inet_pton(AF_INET, address, &ipv4) == 1)
		inet_ntop(AF_INET, &ipv4, net, CLIENT_NET_SIZE);
	else if (address && inet_pton(AF_INET6, address, &ipv6) == 1)
		write_ipv6(net, &ipv6);
	else
		snprintf(net, CLIENT_NET_SIZE, "-");
}
