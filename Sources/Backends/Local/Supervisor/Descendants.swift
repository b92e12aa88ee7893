import Foundation
import Platform

/// Processes that a replica left behind.
enum Descendants {
    /// Kills every process below one, also those that left its group or session, until none is left.
    ///
    /// The one has to be a subreaper: then whatever it started, however indirectly, hangs below it.
    static func kill(of root: pid_t) {
        while true {
            let living = all(of: root)
            guard !living.isEmpty else { return }
            for pid in living {
                Glibc.kill(pid, SIGKILL)
            }
            for pid in living {
                Subreaper.reap(pid)
            }
        }
    }

    private static func all(of root: pid_t) -> [pid_t] {
        let children = Dictionary(grouping: ProcessTable.all(), by: \.value.parent)
        var found: [pid_t] = []
        var next = [root]
        while let parent = next.popLast() {
            // A dead child of the root is reaped by it; one further down, by its own parent.
            let below = (children[parent] ?? []).filter { !$0.value.hasEnded || parent == root }.map(\.key)
            found += below
            next += below
        }
        return found
    }
}
