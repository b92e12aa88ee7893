import Foundation
import Jobs
import Platform

/// The files through which a supervisor and the service exchange the state of one replica of one attempt.
///
/// Each file is complete or absent and never changes, so either side may be killed at any moment.
struct ReplicaFolder: Sendable {
    let url: URL

    var order: ReplicaOrder? { readRecord("order.json") }
    var supervisor: SupervisorRecord? { readRecord("supervisor.json") }
    var child: ChildRecord? { readRecord("child.json") }
    var exit: ExitRecord? { readRecord("exit.json") }

    /// The name of the attempt's file that orders supervisors to end their replicas.
    ///
    /// The service writes this mark and then looks for supervisors. A supervisor claims its replica and then looks for
    /// the mark. So at least one of them sees the other.
    static let endMark = "end"

    var hasOrder: Bool { FileManager.default.fileExists(atPath: url.appendingPathComponent("order.json").path) }

    /// The attempt's file that orders supervisors to end their replicas. A script may check whether it exists.
    var stopFile: URL { url.deletingLastPathComponent().appendingPathComponent(Self.endMark) }

    func write(_ order: ReplicaOrder) throws {
        try OwnFolder.make(url.path)
        try RecordFile.writeRecord(order, to: url.appendingPathComponent("order.json"))
        try prepareLaunch()
    }

    /// Writes what the supervisor reads, unless it is there. Orders of earlier versions lack it, and a power cut may leave
    /// it empty.
    func prepareLaunch() throws {
        let file = url.appendingPathComponent(LaunchRecord.name).path
        guard let bytes = order.map({ LaunchRecord($0).bytes }),
            FileManager.default.contents(atPath: file) != Data(bytes)
        else { return }
        try DurableFile.writeUnsynced(bytes, to: file)
    }

    private func readRecord<Value: Decodable>(_ name: String) -> Value? {
        try? RecordFile.readRecord(url.appendingPathComponent(name))
    }
}

/// The command that a supervisor runs. The service writes it once, before the supervisor starts.
struct ReplicaOrder: Codable, Sendable {
    let type: ReplicaType
    let index: Int
    /// The path of the interpreter and its arguments.
    let command: [String]
    /// The complete environment of the process.
    let environment: [String: String]
    let workingDirectory: String
    /// The file to which the supervisor writes standard output and standard error.
    let log: String
    /// The inode number of the log file, see ``ReplicaLog``.
    let logInode: UInt64
    /// The length of the output before this attempt. Nil in orders of earlier versions.
    let logStart: Int?
    /// The file to which the supervisor copies the log. Nil: no copy is needed.
    let logCopy: String?
    /// Whether an earlier attempt began the copy. Nil in orders of earlier versions.
    let continuesCopy: Bool?
    /// The hard link to the log in `logDir`. Nil: there is none, or an earlier version wrote the order.
    let logLink: String?
    /// The most bytes of a file of the log, and how many files to keep. Nil in orders of earlier versions: one file
    /// without a limit.
    let logSize: Int?
    let logKeep: Int?
    /// The time between SIGTERM and SIGKILL after a stop that the service did not order.
    let graceMilliseconds: Int
    /// Whether an ordered stop notifies this replica before the others. Nil in orders of earlier versions.
    let isLeader: Bool?
    /// The flat control group in orders of an earlier version.
    let controlGroup: String?
    /// The control groups of the replica. Nil: the machine has none for it, or an earlier version wrote the order.
    let groups: GroupOrder?
    /// The bytes of memory and the thousandths of a core that the replica may use. 0: no limit. Nil in orders of earlier
    /// versions.
    let memory: Int?
    let cpu: Int?
    /// The user as whom the replica runs. Nil: the service's.
    let user: ReplicaUser?
    /// The loopback port at which the other replicas reach this one.
    let port: UInt16
    /// The file that the supervisor writes to after each change, so that the service checks the replica.
    let notice: String
}

/// The identity of a replica's supervisor. Each attempt of a replica has at most one.
struct SupervisorRecord: Codable, Sendable {
    let process: ProcessIdentity
}

/// The process of a replica.
struct ChildRecord: Codable, Sendable {
    let process: ProcessIdentity
    let startTime: Date
}

/// The end of a replica.
struct ExitRecord: Codable, Sendable {
    /// The exit code, or 128 + n after signal n.
    let code: Int
    let endTime: Date
    /// Whether the supervisor stopped the process on request.
    let wasStopped: Bool
    /// The reason why the process could not be started. Nil: it was started.
    let fault: String?
    /// Nil: the replica did not run out of memory.
    let outOfMemory: MemoryUse?
    /// The processor time in seconds, user and system, of all processes of the replica. Nil in records of earlier versions
    /// and if the process was not started.
    let cpuSeconds: Double?
    /// The most bytes of memory that the replica used. Nil like `cpuSeconds`.
    ///
    /// The control group counts it where it has the controller of memory. Elsewhere it is the largest amount that the
    /// memory watch saw, and at least that of the largest process.
    let peakMemory: Int?
}

/// The empty file that a supervisor writes to when its replica changes. All runs share one folder, so one watch is
/// enough.
struct Notice: Equatable {
    let id: RunID
    let replica: String

    init(id: RunID, replica: String) {
        self.id = id
        self.replica = replica
    }

    /// Parses the name of a file. Returns nil if the file is not a notice.
    init?(fileName: String) {
        // No part can contain a "+": the parts are labels, a number, and a type with an index.
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

/// A value in a JSON file that is complete or absent.
enum RecordFile {
    /// Writes the value durably and replaces an existing file.
    static func writeRecord(_ value: some Encodable, to url: URL) throws {
        try DurableFile.write(Array(JSONEncoder().encode(value)), to: url.path)
    }

    /// The largest record, in bytes. A job file has at most 1 MiB.
    private static let longest = 16 << 20

    /// Reads the value. Returns nil if there is no file.
    ///
    /// A job can put anything in place of its own records, so links are not followed, and pipes and huge files are not
    /// read.
    ///
    /// - Throws: an error if the file has other content.
    static func readRecord<Value: Decodable>(_ url: URL) throws -> Value? {
        let file: ReadableFile
        do throws(PlatformError) {
            file = try ReadableFile(below: url.deletingLastPathComponent().path, [url.lastPathComponent])
        } catch {
            guard error.isAbsence else { throw error }
            return nil
        }
        let size = try file.size
        guard size <= longest else { throw LocalBackendError("\(url.path) has \(size) bytes, more than any record") }
        return try JSONDecoder().decode(Value.self, from: Data(file.readBytes(at: 0, upTo: size)))
    }
}
