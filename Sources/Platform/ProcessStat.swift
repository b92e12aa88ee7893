import Foundation

/// What the kernel says of a process: `/proc/<pid>/stat`, <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
public struct ProcessStat: Sendable {
    /// One letter: `Z` is a zombie, `X` is dead.
    public let state: Character
    /// The parent's pid.
    public let parent: Int32
    /// When it began, in clock ticks since the machine's start.
    public let startTime: UInt64

    /// Reads it; nil where there is no such process.
    public init?(of pid: Int32) {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        // The name, field 2, may hold any character, `)` too: fields are counted from the last one.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let startTime = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.startTime = startTime
    }

    /// Whether nothing is left of it but its exit code.
    public var isDead: Bool { state == "Z" || state == "X" }
}
