import Foundation
import Platform

/// The files by which a supervisor and the service speak about one replica of one attempt.
///
/// Each file is whole or absent, and none is ever changed, so that either side may be killed at any moment.
struct ReplicaFolder: Sendable {
    let url: URL

    var order: ReplicaOrder? { read("order.json") }
    var supervisor: SupervisorRecord? { read("supervisor.json") }
    var child: ChildRecord? { read("child.json") }
    var exit: ExitRecord? { read("exit.json") }

    /// The file of the attempt that says that its replicas are to end.
    static let endMark = "end"

    /// Whether the attempt is to end.
    ///
    /// The service writes this mark and then looks for supervisors; a supervisor claims its replica and then looks for the mark.
    /// So one of them always sees the other.
    var isEnding: Bool {
        FileManager.default.fileExists(
            atPath: url.deletingLastPathComponent().appendingPathComponent(Self.endMark).path
        )
    }

    func write(_ order: ReplicaOrder) throws {
        try OwnFolder.make(url.path)
        try put(order, in: "order.json")
    }

    func write(_ child: ChildRecord) throws {
        try put(child, in: "child.json")
    }

    func write(_ exit: ExitRecord) throws {
        try put(exit, in: "exit.json")
    }

    /// Makes the caller this replica's supervisor.
    ///
    /// - Returns: false where another was here before, alive or not.
    func claim(_ record: SupervisorRecord) throws -> Bool {
        let draft = url.appendingPathComponent("supervisor.json.\(record.process.pid)")
        defer { try? FileManager.default.removeItem(at: draft) }
        try DurableFile.writeUnsynced(Array(JSONEncoder().encode(record)), to: draft.path)
        do {
            try FileManager.default.linkItem(at: draft, to: url.appendingPathComponent("supervisor.json"))
            return true
        } catch CocoaError.fileWriteFileExists {
            return false
        }
    }

    private func put(_ value: some Encodable, in name: String) throws {
        try RecordFile.write(value, to: url.appendingPathComponent(name))
    }

    private func read<Value: Decodable>(_ name: String) -> Value? {
        try? RecordFile.read(url.appendingPathComponent(name))
    }
}
