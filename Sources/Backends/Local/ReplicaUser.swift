import BackendConfiguration
import Foundation
public import Platform
import Yams

/// The user as whom the replicas of a cluster run.
///
/// What belongs to the service is out of the reach of such replicas: its files, its processes and the records of runs.
public struct ReplicaUser: Hashable, Codable, Sendable {
    /// The user's numbers, groups and home folder.
    public let account: UserAccount
    /// How many processes and threads the user may have in all, over all runs. It ends a fork bomb.
    public var maxProcesses: Int

    /// The limit without `maxProcesses`. TensorFlow starts some 50 threads and one or two for each core, so this is enough
    /// for about 100 replicas on a machine with 64 cores, and the kernel can still hold so many processes.
    public static let defaultMaxProcesses = 16_384

    /// Creates the user of a cluster.
    public init(account: UserAccount, maxProcesses: Int = defaultMaxProcesses) {
        self.account = account
        self.maxProcesses = maxProcesses
    }

    /// Checks that the user can reach the interpreter and the folder of a run.
    ///
    /// - Throws: ``RuntimeError`` that may heal, with what to do.
    func checkAccess(to paths: [String]) throws(RuntimeError) {
        for path in paths where !account.canReach(path) {
            throw RuntimeError(
                """
                the user \(account.name) can't reach \(path): run chmod o+x on the folders above it, \
                or choose another place with runtimes.python or --state
                """,
                mayHeal: true
            )
        }
    }
}

extension ReplicaUser? {
    /// Runs a function whose file operations have the rights of the user, if there is one.
    func perform<Result>(_ body: () throws -> Result) throws -> Result {
        try self?.account.perform(body) ?? body()
    }
}

extension ReplicaUser {
    /// Reads the keys `user` and `maxProcesses` of a cluster. Returns nil without `user`, or after a fault.
    static func read(_ keys: [String: Node], at place: String, with reader: inout SettingsReader) -> ReplicaUser? {
        var maxProcesses = defaultMaxProcesses
        if let node = keys["maxProcesses"], let text = reader.string(node, at: "\(place).maxProcesses") {
            if keys["user"] == nil {
                reader.fault(node, "\(place).maxProcesses limits the user of the jobs; write \(place).user too")
            }
            if let number = Int(text), number > 0 {
                maxProcesses = number
            } else {
                reader.fault(node, "\(place).maxProcesses: \"\(text)\" is no number of processes; write 1 or more")
            }
        }
        guard let node = keys["user"], let name = reader.string(node, at: "\(place).user") else { return nil }
        guard FileOwnership.ownUser == 0 else {
            reader.fault(
                node,
                """
                \(place).user: only root can run jobs as \(name), and the service runs as user \
                \(FileOwnership.ownUser); run it as root, or leave the key out
                """
            )
            return nil
        }
        guard let account = UserAccount(named: name) else {
            reader.fault(
                node,
                "\(place).user: this machine has no user \"\(name)\"; write an existing one, or make it with useradd"
            )
            return nil
        }
        guard account.user != 0 else {
            reader.fault(
                node,
                "\(place).user: jobs of \(name) have all rights; write another user, or leave the key out"
            )
            return nil
        }
        return ReplicaUser(account: account, maxProcesses: maxProcesses)
    }
}
