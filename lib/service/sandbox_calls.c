#define _GNU_SOURCE /* CLONE_THREAD */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "sandbox_parts.h"

/*
 * The filter lists the allowed calls, not the forbidden ones: new kernels add calls, and the
 * services use few. A call is
 *
 * - allowed, in some cases only with certain arguments;
 * - fatal (SIGSYS) if no library uses it, because then foreign code runs;
 * - ENOSYS otherwise. Libraries expect this error from older kernels, and then use an allowed call
 *   (clone for clone3, openat for openat2) or none. They would treat EPERM as a failure. So a
 *   newer C library or kernel doesn't break a service.
 *
 * Calls that an architecture lacks have a negative number, and libseccomp leaves them out.
 */

enum { ARGUMENTS_MAX = 2 };

/* Conditions of an argument, by its number; the operator is never 0. */
#define IS(argument, value)                     \
	{                                       \
		argument, SCMP_CMP_EQ, value, 0 \
	}
#define BITS(argument, mask, value)                       \
	{                                                 \
		argument, SCMP_CMP_MASKED_EQ, mask, value \
	}

#ifdef __s390__
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 }; /* number of the argument */
#endif

static const int allowed[] = {
    /* open files, and metadata of others */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(fstat), SCMP_SYS(fstat64),
    SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
    SCMP_SYS(getdents64), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(fadvise64),
    /* memory */
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock),
    SCMP_SYS(munlock), SCMP_SYS(membarrier),
    /* threads and signals */
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(futex), SCMP_SYS(futex_time64),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler), SCMP_SYS(getcpu), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(getppid), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    /* time */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres),
    SCMP_SYS(clock_getres_time64), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    /* the network; bind() is for the netlink socket of getaddrinfo() */
    SCMP_SYS(connect), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(send),
    SCMP_SYS(sendto), SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(recvmmsg_time64), SCMP_SYS(shutdown),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(_newselect),
    SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2),
    /* the process and the system */
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrandom),
    SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit),
    SCMP_SYS(getrusage)};

/* Calls that are allowed with certain arguments. */
static const struct conditional {
	int call;
	struct scmp_arg_cmp when[ARGUMENTS_MAX];
} conditional[] = {
/* Only for reading. */
#define OPEN_MASK (O_ACCMODE | O_CREAT | O_TRUNC)
    {SCMP_SYS(open), {BITS(1, OPEN_MASK, O_RDONLY)}},
    {SCMP_SYS(openat), {BITS(2, OPEN_MASK, O_RDONLY)}},
/* No memory that is both written and executed. */
#define WRITE_EXEC (PROT_WRITE | PROT_EXEC)
#ifdef __s390__
    {SCMP_SYS(mmap)}, /* its arguments are in memory, where a filter can't read */
#else
    {SCMP_SYS(mmap), {BITS(2, WRITE_EXEC, 0)}},
    {SCMP_SYS(mmap), {BITS(2, WRITE_EXEC, PROT_WRITE)}},
    {SCMP_SYS(mmap), {BITS(2, WRITE_EXEC, PROT_EXEC)}},
#endif
    {SCMP_SYS(mmap2), {BITS(2, WRITE_EXEC, 0)}},
    {SCMP_SYS(mmap2), {BITS(2, WRITE_EXEC, PROT_WRITE)}},
    {SCMP_SYS(mmap2), {BITS(2, WRITE_EXEC, PROT_EXEC)}},
    {SCMP_SYS(mprotect), {BITS(2, PROT_EXEC, 0)}},
    /* Not AF_UNIX: a session bus, a supervisor or a container engine behind such a socket can
     * start programs outside of this sandbox. */
    {SCMP_SYS(socket), {IS(0, AF_INET)}},
    {SCMP_SYS(socket), {IS(0, AF_INET6)}},
    {SCMP_SYS(socket), {IS(0, AF_NETLINK), IS(2, NETLINK_ROUTE)}},
    /* Not SOCK_DGRAM: a datagram socket can send to any Unix socket of the machine. */
    {SCMP_SYS(socketpair), {IS(0, AF_UNIX), BITS(1, 0xf, SOCK_STREAM)}},
    {SCMP_SYS(ioctl), {IS(1, FIONBIO)}},
    {SCMP_SYS(ioctl), {IS(1, FIONREAD)}},
    {SCMP_SYS(ioctl), {IS(1, TCGETS)}},
    {SCMP_SYS(prlimit64), {IS(0, 0)}},
/* Threads of this process. */
#define CLONE_MASK                                                                    \
	(CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
    {SCMP_SYS(clone), {BITS(CLONE_FLAGS, CLONE_MASK, CLONE_THREAD)}},
    {SCMP_SYS(prctl), {IS(0, PR_SET_NAME)}},
    {SCMP_SYS(prctl), {IS(0, PR_SET_VMA)}},
};

static const int killed[] = {
    /* other programs and processes */
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd),
    /* the kernel */
    SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(reboot),
    /* namespaces and mounts */
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
    SCMP_SYS(chroot), SCMP_SYS(open_by_handle_at), SCMP_SYS(move_mount), SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    /* credentials and keys */
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(keyctl), SCMP_SYS(add_key),
    SCMP_SYS(request_key)};

#ifdef __SANITIZE_ADDRESS__
/* LeakSanitizer stops all threads from a helper process that traces them. */
#define TRACING_ACTION SCMP_ACT_ALLOW
static const int tracing[] = {SCMP_SYS(ptrace), SCMP_SYS(clone),  SCMP_SYS(prctl),
			      SCMP_SYS(wait4),  SCMP_SYS(tgkill), SCMP_SYS(getdents)};
#else
#define TRACING_ACTION SCMP_ACT_KILL_PROCESS
static const int tracing[] = {SCMP_SYS(ptrace)};
#endif

/* Adds a rule with one action for each call of a list. */
static int add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
	int error = 0;

	for (size_t i = 0; i < n && !error; i++)
		error = -seccomp_rule_add_array(filter, action, calls[i], 0, NULL);
	return error;
}

static int add_rules(scmp_filter_ctx filter)
{
	/* Signals between threads of this process: abort(), and the end of accept() in a drain. */
	const struct scmp_arg_cmp own = IS(0, (scmp_datum_t)getpid());
	int error = add_calls(filter, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof allowed[0]);

	for (size_t i = 0; i < sizeof conditional / sizeof conditional[0] && !error; i++) {
		const struct conditional *row = &conditional[i];
		unsigned n = 0;

		while (n < ARGUMENTS_MAX && row->when[n].op)
			n++;
		error = -seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, n, row->when);
	}
	if (!error)
		error = -seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &own);
	if (!error)
		error =
		    add_calls(filter, TRACING_ACTION, tracing, sizeof tracing / sizeof tracing[0]);
	if (!error)
		error = add_calls(filter, SCMP_ACT_KILL_PROCESS, killed,
				  sizeof killed / sizeof killed[0]);
	return error;
}

int sandbox_restrict_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error;

	if (!filter)
		return ENOMEM;
	error = -seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!error)
		error = -seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A binary tree of comparisons instead of a list: most calls take few steps. */
	if (!error)
		error = -seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* Kernels before 5.16 slow down filtered processes by a mitigation of Spectre variant 4,
	 * which is needed only for untrusted code in the same process. Kernels before 4.17 don't
	 * support this flag. */
	if (!error)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	if (!error)
		error = add_rules(filter);
	if (!error) {
		errno = 0;
		error = -seccomp_load(filter);
		/* ECANCELED of the library means an error of the kernel, which is in errno. */
		if (error == ECANCELED && errno)
			error = errno;
	}
	seccomp_release(filter);
	return error;
}
