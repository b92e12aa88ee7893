import Foundation

/// The processes of this machine, as `/proc` shows them.
enum ProcessTable {
    struct Entry: Sendable {
        let pid: pid_t
        let parent: pid_t
        let isZombie: Bool
    }

    /// All processes; one that ends while they are listed is left out.
    static func all() -> [Entry] {
        pids().compactMap(entry)
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

    /// Reads `/proc/<pid>/stat`: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>. The name may hold any character, `)` too.
    private static func entry(_ pid: pid_t) -> Entry? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return Entry(pid: pid, parent: parent, isZombie: fields[0] == "Z")
    }
}
