import Foundation

/// The processes of this machine.
enum ProcessList {
    /// Whether a process is there and has not ended.
    static func has(_ pid: Int) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !stat.contains(") Z ")
    }
}
