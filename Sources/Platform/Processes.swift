import CPlatform
import Foundation
import Glibc
import SystemPackage

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

/// A program that can be started as long as this object lives, also after its file was renamed, replaced or removed.
public final class HeldProgram: Sendable {
    /// The path to start it by.
    public let path: String
    /// The path of its file when it was opened.
    public let name: String
    private let file: FileDescriptor?

    /// Opens a program. One that can't be opened is started by its path.
    ///
    /// The path of a descriptor leads to the file itself: <https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html>.
    public init(_ name: String) {
        self.name = name
        file = try? FileDescriptor.open(FilePath(name), .readOnly, options: .closeOnExec)
        path = file.map { "/proc/\(getpid())/fd/\($0.rawValue)" } ?? name
    }

    deinit {
        try? file?.close()
    }
}

/// Process 1 of a container, which has to reap every process whose parent has ended.
public enum InitProcess {
    /// Continues in a child process if this is process 1. The parent hands on signals, reaps, and ends with the child's exit
    /// code. Call it before the process has a second thread.
    ///
    /// The service can't reap by itself: waiting for any child would take the exit codes of those that others wait for.
    public static func separate() {
        tfjob_admin_serve_as_init()
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

/// Identifies a process by its number, its start time and the boot, so that a later process with the same number
/// differs.
public struct ProcessIdentity: Hashable, Codable, Sendable {
    /// The process's number.
    public let pid: Int32
    /// The start time in clock ticks (1/100 s on most machines) since the machine's boot.
    public let startTime: UInt64
    /// The kernel's id of the boot. Process numbers and ticks repeat after the next boot.
    public let boot: String

    private static let currentBoot = SmallFile.readText("/proc/sys/kernel/random/boot_id") ?? ""

    /// Finds the process that has a number now. Returns nil if there is none or `/proc` can't be read.
    ///
    /// A zombie, which has ended but was not waited for, still has its number.
    public static func of(_ pid: Int32) -> ProcessIdentity? {
        guard let stat = ProcessStat.of(pid) else { return nil }
        return ProcessIdentity(pid: pid, startTime: stat.startTime, boot: currentBoot)
    }

    /// Whether this process still runs.
    ///
    /// A zombie counts as dead: it has ended, and only its parent has not read the exit code yet.
    public var isAlive: Bool {
        guard boot == Self.currentBoot, let stat = ProcessStat.of(pid) else { return false }
        return stat.startTime == startTime && !stat.hasEnded
    }

    /// Sends a signal, unless the process is gone or another process has its number.
    ///
    /// - Parameters:
    ///   - signal: the signal's number; 0 only checks the permission.
    ///   - group: whether the signal goes to the process group that this process leads. The leader may be a zombie,
    ///     since other processes of the group may live.
    /// - Returns: whether the signal was sent.
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

/// The used fields of `/proc/<pid>/stat`.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
public struct ProcessStat: Equatable, Sendable {
    /// Field 3, one letter: `Z` is a zombie.
    public let state: Character
    /// Field 4, the parent's pid.
    public let parent: Int32
    /// Field 5, the process group.
    public let group: Int32
    /// The sum of fields 14 to 17 in clock ticks: the processor time of the process and of its ended children.
    public let cpuTicks: UInt64
    /// Field 22, in clock ticks since boot.
    public let startTime: UInt64

    /// Whether the process is a zombie or dead.
    public var hasEnded: Bool { "ZXx".contains(state) }

    /// Reads the fields of a process. Returns nil if there is no such process.
    public static func of(_ pid: Int32) -> ProcessStat? {
        guard pid > 0, let bytes = SmallFile.readBytes("/proc/\(pid)/stat") else { return nil }
        return ProcessStat(String(decoding: bytes, as: UTF8.self))
    }

    /// Parses the line. Field 2 is the program's name in parentheses and can contain spaces and parentheses, so it ends
    /// at the last one.
    init?(_ line: String) {
        guard let nameEnd = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: nameEnd)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let group = Int32(fields[2]), let startTime = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.group = group
        cpuTicks = fields[11...14].reduce(0) { $0 + (UInt64($1) ?? 0) }
        self.startTime = startTime
    }
}

/// Reads small files with one call, for example those of `/proc`.
enum SmallFile {
    /// The most bytes that are read.
    private static let limit = 4096

    /// Reads the first bytes of a file. Returns nil if it can't be read.
    static func readBytes(_ path: String) -> [UInt8]? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: limit)
        guard let count = try? unsafe bytes.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }) else {
            return nil
        }
        return Array(bytes[..<count])
    }

    /// Reads a file's text without trailing white space. Returns nil if it can't be read.
    static func readText(_ path: String) -> String? {
        guard let bytes = readBytes(path), let last = bytes.lastIndex(where: { $0 > 0x20 }) else { return nil }
        return String(decoding: bytes[...last], as: UTF8.self)
    }
}
