import CPlatform
import Foundation
import Glibc
import SystemPackage

/// Makes this process the parent of the orphans below it.
public enum Subreaper {
    /// Makes this process a subreaper: orphans below it become its children instead of the first process's.
    ///
    /// Source: `PR_SET_CHILD_SUBREAPER`, <https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html>.
    public static func become() {
        tfjob_admin_become_subreaper()
    }

    /// Waits until a child has ended and reads its exit code, so that it is no longer a zombie.
    ///
    /// Does nothing for a process that is no child.
    public static func reap(_ pid: Int32) {
        tfjob_admin_reap(pid)
    }
}

/// The program that this process runs.
public enum ProcessImage {
    /// Replaces this process with the program on disk, with the same arguments and environment.
    ///
    /// - Returns: the error. On success it does not return.
    public static func replaceWithItself() -> PlatformError {
        guard let path = Bundle.main.executablePath else {
            return .system(.noSuchFileOrDirectory, call: "readlink", path: "/proc/self/exe")
        }
        unsafe execv(path, CommandLine.unsafeArgv)
        return .system(Errno(rawValue: errno), call: "execv", path: path)
    }
}

/// The number of files that this process may have open.
public enum DescriptorLimit {
    /// Raises the soft limit to the hard limit: each watched replica needs a descriptor, and the usual limit is 1024.
    ///
    /// Source: `RLIMIT_NOFILE`, <https://man7.org/linux/man-pages/man2/getrlimit.2.html>.
    public static func raise() {
        tfjob_admin_raise_descriptor_limit()
    }
}
