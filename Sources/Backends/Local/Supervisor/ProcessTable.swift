import Foundation
import Platform

/// The processes of this machine, as `/proc` shows them.
enum ProcessTable {
    /// All processes by pid; one that ends while they are listed is left out.
    static func all() -> [pid_t: ProcessStat] {
        Dictionary(uniqueKeysWithValues: pids().compactMap { pid in ProcessStat.of(pid).map { (pid, $0) } })
    }

    /// The living processes whose environment, as it was when they began, has a variable with one of some values.
    static func all(with variable: String, in values: Set<String>) -> [pid_t] {
        let prefix = Data("\(variable)=".utf8)
        return pids().filter { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            return environment.split(separator: 0).contains { entry in
                entry.starts(with: prefix)
                    && values.contains(String(decoding: entry.dropFirst(prefix.count), as: UTF8.self))
            }
        }
    }

    private static func pids() -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }
}
