import Foundation
import Platform

/// The processes of this machine, read from `/proc`.
enum ProcessTable {
    /// Returns the live processes whose initial environment sets a variable to one of the values.
    static func processes(with variable: String, in values: Set<String>) -> [pid_t] {
        let prefix = Data("\(variable)=".utf8)
        return pids().filter { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            return environment.split(separator: 0).contains { entry in
                entry.starts(with: prefix)
                    && values.contains(String(decoding: entry.dropFirst(prefix.count), as: UTF8.self))
            }
        }
    }

    /// The processor time that the processes of each group and their ended children have used, in seconds.
    static func cpuSecondsByGroup() -> [pid_t: Double] {
        let second = Double(sysconf(Int32(_SC_CLK_TCK)))
        return pids().compactMap(ProcessStat.of).reduce(into: [:]) {
            $0[$1.group, default: 0] += Double($1.cpuTicks) / second
        }
    }

    /// Whether a process has the folder of a replica as its argument, as the replica's supervisor does.
    ///
    /// A job can write any process into its own records, and the service must not send signals to that.
    static func isSupervisor(_ pid: pid_t, of folder: String) -> Bool {
        guard let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
        let arguments = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        if arguments.contains(folder) { return true }
        // The service may have had another path to the same state folder.
        let resolved = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        return arguments.contains { argument in
            argument.hasSuffix(end(of: folder))
                && URL(fileURLWithPath: argument).resolvingSymlinksInPath().path == resolved
        }
    }

    /// The folder that a supervisor works in instead of a folder: that of the same replica in another state folder.
    ///
    /// - Returns: nil if the process is the folder's own supervisor, or none.
    static func otherFolder(of pid: pid_t, insteadOf folder: String) -> String? {
        guard !isSupervisor(pid, of: folder),
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
        else { return nil }
        return command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.first {
            $0.hasSuffix(end(of: folder))
        }
    }

    /// The end of a replica's folder that is the same in every state folder.
    private static func end(of folder: String) -> String {
        "/" + folder.split(separator: "/").suffix(6).joined(separator: "/")
    }

    private static func pids() -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }
}
