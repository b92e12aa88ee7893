import Foundation
import Jobs
import Platform

/// What a supervisor is told to run. It is written once, before the supervisor starts.
struct ReplicaOrder: Codable, Sendable {
    let type: ReplicaType
    let index: Int
    /// The interpreter's path, then its arguments.
    let command: [String]
    /// All variables that the process gets.
    let environment: [String: String]
    let workingDirectory: String
    /// Standard output and standard error are appended to this file.
    let log: String
    /// The number of that very file, see ``ReplicaLog``.
    let logInode: UInt64
    /// What is in the log is copied to this file; nil where it need not be.
    let logCopy: String?
    /// Between SIGTERM and SIGKILL.
    let graceMilliseconds: Int
    /// The loopback port under which the other replicas look for this one.
    let port: UInt16
    /// Written to whenever something changed, so that the service looks.
    let notice: String
}

/// The supervisor's own mark: there is one for each replica and attempt, or none yet.
struct SupervisorRecord: Codable, Sendable {
    let process: ProcessIdentity
}

/// The replica's process, once it runs.
struct ChildRecord: Codable, Sendable {
    let process: ProcessIdentity
    let startTime: Date
}

/// How the replica ended.
struct ExitRecord: Codable, Sendable {
    /// The exit code, or 128 + n for signal n.
    let code: Int
    let endTime: Date
    /// Whether the supervisor was told to end it.
    let wasStopped: Bool
    /// Why it could not be started; nil where it was.
    let fault: String?
}
