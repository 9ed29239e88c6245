/* Client addresses, as limits count them. */
#ifndef LIB_CLIENT_NET_H
#define LIB_CLIENT_NET_H

enum { CLIENT_NET_SIZE = 64 };

/* Writes the part of an address that its owner cannot choose: an IPv4 address as it is (also where
 * it is mapped into IPv6), of an IPv6 address the /64, of which one customer of a provider has all
 * 2^64. NULL and what is no address (a Unix socket) share the text "-". */
void client_net(char net[static CLIENT_NET_SIZE], const char *address);

#endif
