import Foundation

/// Names a process for good: a pid is given again to another process, together with its start time it is not.
public struct ProcessIdentity: Hashable, Sendable, Codable {
    /// The number that the kernel has given it.
    public let pid: Int32
    /// When it began, in clock ticks since the machine's start: field 22 of `/proc/<pid>/stat`.
    public let startTime: UInt64
    /// Which start of the machine that was: `/proc/sys/kernel/random/boot_id`.
    public let boot: String

    /// The process that has a pid now; nil where there is none.
    public static func of(_ pid: Int32) -> ProcessIdentity? {
        ProcessStat(of: pid).map { ProcessIdentity(pid: pid, startTime: $0.startTime, boot: currentBoot) }
    }

    /// Whether that very process is there, and more than a zombie.
    public var isAlive: Bool {
        guard boot == Self.currentBoot, let stat = ProcessStat(of: pid) else { return false }
        return stat.startTime == startTime && !stat.isDead
    }

    /// Sends a signal, unless the process is gone.
    ///
    /// - Parameters:
    ///   - signal: its number.
    ///   - group: whether to send it to the process group that the process leads.
    /// - Returns: whether it was sent.
    @discardableResult
    public func signal(_ signal: Int32, group: Bool = false) -> Bool {
        isAlive && kill(group ? -pid : pid, signal) == 0
    }

    private static let currentBoot: String = {
        let data = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") ?? Data()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }()
}
