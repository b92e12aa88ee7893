import Glibc

/// A process, and no other that gets its number later: the number, when it was started, and the boot it belongs to.
public struct ProcessIdentity: Hashable, Codable, Sendable {
    /// The process's number.
    public let pid: Int32
    /// When it was started, in clock ticks (1/100 s on most machines) since the machine's boot.
    public let startTime: UInt64
    /// The kernel's name for this boot: numbers and ticks come again after the next.
    public let boot: String

    private static let currentBoot = SmallFile.text("/proc/sys/kernel/random/boot_id") ?? ""

    /// Finds out who has a process number now; nil where nobody has, or `/proc` can't be read.
    ///
    /// A process that has ended but was not waited for (a zombie) still has its number.
    public static func of(_ pid: Int32) -> ProcessIdentity? {
        guard let stat = ProcessStat.of(pid) else { return nil }
        return ProcessIdentity(pid: pid, startTime: stat.startTime, boot: currentBoot)
    }

    /// Whether this very process still runs: the number is taken, by one with the same start, and it is no zombie.
    ///
    /// A zombie has ended, only its parent has not asked for its exit code yet; it counts as dead.
    public var isAlive: Bool {
        guard boot == Self.currentBoot, let stat = ProcessStat.of(pid) else { return false }
        return stat.startTime == startTime && !stat.hasEnded
    }

    /// Sends a signal, unless the process is gone or its number is another's by now.
    ///
    /// - Parameters:
    ///   - signal: the signal's number; 0 only checks that one may be sent.
    ///   - group: to the whole process group that this process leads. A leader that is a zombie will do: others of its group may live.
    /// - Returns: whether it was sent.
    @discardableResult
    public func signal(_ signal: Int32, group: Bool = false) -> Bool {
        // Number 1 as a group is -1 for kill(2): every process there is.
        guard pid > 1, boot == Self.currentBoot, let stat = ProcessStat.of(pid), stat.startTime == startTime else {
            return false
        }
        guard group || !stat.hasEnded else { return false }
        return kill(group ? -pid : pid, signal) == 0
    }
}
