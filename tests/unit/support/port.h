/* An unused TCP port below the kernel's range of ephemeral ports. */
#ifndef TESTS_LIB_PORT_H
#define TESTS_LIB_PORT_H

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_FIRST = 20000, N_PORTS = 12000, PORT_TRIES = 100 };

/* Returns 0 if there is none. */
static unsigned free_port(void)
{
	static unsigned given;

	for (int i = 0; i < PORT_TRIES; i++) {
		unsigned port = PORT_FIRST + ((unsigned)getpid() * 31 + given++) % N_PORTS;
		struct sockaddr_in address = {.sin_family = AF_INET,
					      .sin_port = htons((uint16_t)port)};
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int taken = bind(fd, (struct sockaddr *)&address, sizeof address);

		close(fd);
		if (!taken)
			return port;
	}
	return 0;
}

#endif
