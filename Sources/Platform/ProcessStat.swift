/// What `/proc/<pid>/stat` says of a process, as far as it is needed here.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
public struct ProcessStat: Equatable, Sendable {
    /// Field 3, one letter: `Z` is a zombie.
    public let state: Character
    /// Field 4, the parent's pid.
    public let parent: Int32
    /// Field 22, in clock ticks since boot.
    public let startTime: UInt64

    /// Whether it is a zombie or about to go.
    public var hasEnded: Bool { "ZXx".contains(state) }

    /// Reads what there is of a process now; nil where there is none.
    public static func of(_ pid: Int32) -> ProcessStat? {
        guard pid > 0, let bytes = SmallFile.read("/proc/\(pid)/stat") else { return nil }
        return ProcessStat(String(decoding: bytes, as: UTF8.self))
    }

    /// Reads the line. Field 2 is the program's name in parentheses: spaces and parentheses may be in it, so the last one counts.
    init?(_ line: String) {
        guard let nameEnd = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: nameEnd)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let startTime = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.startTime = startTime
    }
}
