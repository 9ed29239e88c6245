/* A mongod for one test program, which may freeze and kill it. MONGOD is its binary. */
#ifndef TESTS_LIB_MONGOD_H
#define TESTS_LIB_MONGOD_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct mongod {
	const char *binary;
	pid_t pid;
	char port[8];
	char dir[64];
	char uri[64];
};

/* A port that was free at the time of the call. */
static inline unsigned free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		abort();
	close(fd);
	return ntohs(address.sin_port);
}

static inline void mongod_exec(const struct mongod *server)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The kernel hangs up an orphaned process group with a stopped member, as soon as a parent
	 * in another group ends (kill_orphaned_pgrp()). The group of a test run may be orphaned. */
	setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	/* Test commands: failCommand. */
	execl(server->binary, server->binary, "--dbpath", server->dir, "--port", server->port,
	      "--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", "rs0", "--oplogSize", "64",
	      "--wiredTigerCacheSizeGB", "0.25", "--setParameter", "enableTestCommands=1",
	      "--setParameter", "transactionLifetimeLimitSeconds=1", "--setParameter",
	      "diagnosticDataCollectionEnabled=false", (char *)NULL);
	_exit(127);
}

/* Starts the server, for the first time or again with the same data. */
static inline void mongod_start(struct mongod *server)
{
	server->pid = fork();
	if (server->pid < 0)
		abort();
	if (server->pid == 0)
		mongod_exec(server);
}

/* Changes the address for the next start. */
static inline void mongod_move(struct mongod *server)
{
	unsigned port = free_port();

	snprintf(server->port, sizeof server->port, "%u", port);
	snprintf(server->uri, sizeof server->uri, "mongodb://127.0.0.1:%u/?replicaSet=rs0", port);
}

static inline void mongod_init(struct mongod *server, const char *binary)
{
	server->binary = binary;
	mongod_move(server);
	snprintf(server->dir, sizeof server->dir, "/tmp/test-mongod-XXXXXX");
	if (!mkdtemp(server->dir))
		abort();
	mongod_start(server);
}

/* Stops the server by SIGSTOP; returns when all its threads have stopped. */
static inline void mongod_freeze(const struct mongod *server)
{
	kill(server->pid, SIGSTOP);
	waitpid(server->pid, NULL, WUNTRACED);
}

static inline void mongod_thaw(const struct mongod *server)
{
	kill(server->pid, SIGCONT);
}

/* Kills the server by SIGKILL. */
static inline void mongod_kill(struct mongod *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
}

static inline int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void mongod_dispose(struct mongod *server)
{
	mongod_kill(server);
	nftw(server->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
