import Foundation
import Jobs

/// The empty file that a supervisor writes to when something of its replica changed: one folder for all runs, so one watch.
struct Notice: Equatable {
    let id: RunID
    let replica: String

    init(id: RunID, replica: String) {
        self.id = id
        self.replica = replica
    }

    /// Reads a file's name; nil where it is no notice.
    init?(fileName: String) {
        // No part can hold a "+": they are labels, a number, and a type with an index.
        let parts = fileName.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, let number = Int(parts[3]) else { return nil }
        id = RunID(key: JobKey(cluster: parts[0], partition: parts[1], id: parts[2]), number: number)
        replica = parts[4]
    }

    static func folder(in root: URL) -> URL { root.appendingPathComponent("notices") }

    func url(in root: URL) -> URL {
        let key = id.key
        return Self.folder(in: root)
            .appendingPathComponent("\(key.cluster)+\(key.partition)+\(key.id)+\(id.number)+\(replica)")
    }
}
