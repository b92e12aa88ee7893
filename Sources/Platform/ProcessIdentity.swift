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
        stat(of: pid).map { ProcessIdentity(pid: pid, startTime: $0.startTime, boot: currentBoot) }
    }

    /// Whether that very process is there, and more than a zombie.
    public var isAlive: Bool {
        guard boot == Self.currentBoot, let stat = Self.stat(of: pid) else { return false }
        return stat.startTime == startTime && stat.state != "Z" && stat.state != "X"
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

    /// Reads `/proc/<pid>/stat`, <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>. The name may hold any character,
    /// `)` too, so the fields are counted from the last one.
    private static func stat(of pid: Int32) -> (state: Substring, startTime: UInt64)? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let startTime = UInt64(fields[19]) else { return nil }
        return (fields[0], startTime)
    }
}
