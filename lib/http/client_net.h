/* Networks of client addresses, for limits. */
#ifndef LIB_CLIENT_NET_H
#define LIB_CLIENT_NET_H

enum { CLIENT_NET_SIZE = 64 };

/* Writes the part of an address that a client can't choose: a whole IPv4 address (also a mapped
 * one), or the /64 of an IPv6 address, because providers assign a /64 to each customer. Writes "-"
 * for NULL and for other texts (a Unix socket). */
void client_net(char net[static CLIENT_NET_SIZE], const char *address);

#endif
