/**
 * The system calls of x86-64 that may reach the kernel from behind the wall, and what for. Written down apart from the
 * filter's own list, so that a call let in there by mistake is found here: a second pair of eyes.
 */
export const PERMITTED_CALLS: readonly { readonly why: string; readonly calls: readonly number[] }[] = [
  {
    why: 'reading and writing what is open already',
    // read, write, close, lseek, ioctl, pread64, pwrite64, readv, writev, fsync, fdatasync, preadv, pwritev
    calls: [0, 1, 3, 8, 16, 17, 18, 19, 20, 74, 75, 295, 296],
  },
  {
    why: 'opening and looking at the files that are bound, all of which are read-only',
    // open, stat, fstat, lstat, access, getdents, getcwd, readlink, statfs, fstatfs, getdents64, fadvise64, openat,
    // newfstatat, readlinkat, faccessat, statx, faccessat2
    calls: [2, 4, 5, 6, 21, 78, 79, 89, 137, 138, 217, 221, 257, 262, 267, 269, 332, 439],
  },
  {
    why: 'copies, pipes, events and timers of its own, as many as the limit of descriptors lets it have',
    // poll, pipe, select, dup, dup2, fcntl, epoll_wait, epoll_ctl, pselect6, ppoll, epoll_pwait, timerfd_create,
    // eventfd, timerfd_settime, timerfd_gettime, eventfd2, epoll_create1, dup3, pipe2, close_range, epoll_pwait2
    calls: [7, 22, 23, 32, 33, 72, 232, 233, 270, 271, 281, 283, 284, 286, 287, 290, 291, 292, 293, 436, 441],
  },
  {
    why: 'memory of its own, up to its limits',
    // mmap, mprotect, munmap, brk, mremap, msync, mincore, madvise
    calls: [9, 10, 11, 12, 25, 26, 27, 28],
  },
  {
    why: 'signals and threads of its own',
    // rt_sigaction, rt_sigprocmask, rt_sigreturn, sched_yield, nanosleep, sigaltstack, prctl, arch_prctl, gettid, futex,
    // set_tid_address, restart_syscall, clock_nanosleep, tgkill, waitid, set_robust_list, get_robust_list, membarrier,
    // rseq, clone (threads only)
    calls: [13, 14, 15, 24, 35, 56, 131, 157, 158, 186, 202, 218, 219, 230, 234, 247, 273, 274, 324, 334],
  },
  {
    why: 'who it is, what time it is, what it has used: nothing of others',
    // getpid, uname, gettimeofday, getrlimit, getrusage, sysinfo, times, getuid, getgid, geteuid, getegid, getppid,
    // getpgrp, getgroups, getresuid, getresgid, getpgid, getsid, capget, sched_getparam, sched_getscheduler,
    // sched_get_priority_max, sched_get_priority_min, time, sched_getaffinity, clock_gettime, clock_getres, prlimit64,
    // getcpu, getrandom
    calls: [
      39, 63, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 111, 115, 118, 120, 121, 124, 125, 143, 145, 146, 147, 201,
      204, 228, 229, 302, 309, 318,
    ],
  },
  {
    why: 'starting the one program there is, and ending',
    // execve, exit, exit_group
    calls: [59, 60, 231],
  },
];
