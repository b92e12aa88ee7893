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

    /// Kills all descendants of a process, including those that left its process group or session, until none is left.
    ///
    /// The process must be a subreaper: then all processes that it started, directly or not, are its descendants.
    static func killDescendants(of root: pid_t) {
        while true {
            let living = descendants(of: root)
            guard !living.isEmpty else { return }
            for pid in living {
                Glibc.kill(pid, SIGKILL)
            }
            for pid in living {
                Subreaper.reap(pid)
            }
        }
    }

    private static func descendants(of root: pid_t) -> [pid_t] {
        let stats = pids().compactMap { pid in ProcessStat.of(pid).map { (pid: pid, stat: $0) } }
        let children = Dictionary(grouping: stats, by: \.stat.parent)
        var found: [pid_t] = []
        var next = [root]
        while let parent = next.popLast() {
            // The root reaps its own dead children. Other dead processes are reaped by their parents.
            let below = (children[parent] ?? []).filter { !$0.stat.hasEnded || parent == root }.map(\.pid)
            found += below
            next += below
        }
        return found
    }

    private static func pids() -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }
}
