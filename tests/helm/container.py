"""Runs a program in a root filesystem as a container runtime would, without one.

    python3 container.py ROOT UID FOLDER=MOUNTPOINT... -- ARGV...

It gets namespaces of its own for mounts, processes, IPC and host name, ROOT read-only as its root, the
named folders as writable volumes, no capability, no way to new privileges, and the user UID. The network stays
the caller's, for the pod's containers share one too. It is process 1; the caller's signals reach it.
"""

import ctypes
import os
import signal
import sys

NEW_NAMESPACES = 0x00020000 | 0x20000000 | 0x08000000 | 0x04000000  # mount, process, IPC, UTS
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_SET_PDEATHSIG = 38, 24, 1
libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def mount(source, target, kind, flags):
    checked(libc.mount(source.encode(), target.encode(), kind, flags, None), f"mount {target}")


def enter(root, uid, volumes):
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount(root, root, None, MS_BIND)
    for folder, point in volumes:
        mount(folder, root + point, None, MS_BIND)
    mount("proc", root + "/proc", b"proc", MS_NOSUID | MS_NODEV)
    mount("none", root, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chroot(root)
    os.chdir("/")
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def main():
    options, argv = sys.argv[1:sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1:]
    root, uid, *volumes = options
    checked(libc.unshare(NEW_NAMESPACES), "unshare")
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        enter(root, int(uid), [v.split("=", 1) for v in volumes])
        os.execve(argv[0], argv, {"PATH": "/usr/bin"})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda given, _: os.kill(child, given))
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
