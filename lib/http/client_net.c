#include "client_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_AT = 12, NET_BYTES = 8 };

void client_net(char net[static CLIENT_NET_SIZE], const char *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (address && inet_pton(AF_INET, address, &ipv4) == 1) {
		inet_ntop(AF_INET, &ipv4, net, CLIENT_NET_SIZE);
	} else if (!address || inet_pton(AF_INET6, address, &ipv6) != 1) {
		snprintf(net, CLIENT_NET_SIZE, "-");
	} else if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
		inet_ntop(AF_INET, ipv6.s6_addr + MAPPED_AT, net, CLIENT_NET_SIZE);
	} else {
		memset(ipv6.s6_addr + NET_BYTES, 0, sizeof ipv6.s6_addr - NET_BYTES);
		inet_ntop(AF_INET6, &ipv6, text, sizeof text);
		snprintf(net, CLIENT_NET_SIZE, "%s/64", text);
	}
}
