public import Foundation
import Glibc

/// What this process uses of the machine.
public struct ProcessUsage: Sendable {
    /// The CPU time since the start, of user and system, in seconds.
    public let cpuSeconds: Double
    /// The resident memory, in bytes; nil if unknown.
    public let residentBytes: Int?
    /// The number of open files, sockets among them; nil if unknown.
    public let openDescriptors: Int?
    /// How many open files there may be; nil if unknown, or without a limit.
    public let descriptorLimit: Int?
    /// When the process started; nil if unknown.
    public let startTime: Date?

    /// Measures now.
    public static func measure() -> ProcessUsage {
        var usage = rusage()
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        var limit = rlimit()
        let isLimited = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return ProcessUsage(
            cpuSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds,
            residentBytes: residentPages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) },
            openDescriptors: (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count,
            descriptorLimit: isLimited ? Int(exactly: limit.rlim_cur) : nil,
            startTime: startTime
        )
    }

    /// The second number of <https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html>.
    private static var residentPages: Int? {
        let numbers = SmallFile.readText("/proc/self/statm")?.split(separator: " ")
        return numbers.flatMap { $0.count > 1 ? Int($0[1]) : nil }
    }

    /// The boot's time and the ticks from it, <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
    private static let startTime: Date? = {
        guard let identity = ProcessIdentity.of(getpid()),
            let lines = SmallFile.readText("/proc/stat")?.split(separator: "\n"),
            let boot = lines.first(where: { $0.hasPrefix("btime ") }).flatMap({ Double($0.dropFirst(6)) })
        else { return nil }
        return Date(timeIntervalSince1970: boot + Double(identity.startTime) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }()
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1_000_000 }
}
