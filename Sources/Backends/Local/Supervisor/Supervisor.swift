import CSupervisor
import Foundation
import Platform

/// The parent process of one replica.
///
/// A supervisor outlives the service, records the exit code of the replica, and ends all processes that the replica
/// started. It starts at most one process. If another supervisor has claimed the replica before, it exits at once.
///
/// The code is C, so that `tfjob-supervisor`, the small program of which each replica has one, loads nothing else.
public enum Supervisor {
    /// Runs the replica until it ends by itself or by a SIGTERM to this process, and writes the exit record.
    ///
    /// - Parameter folder: the folder of the replica.
    /// - Returns: the exit code for the process.
    public static func run(folder: String) -> Int32 {
        // A service of an earlier version, which goes on after an upgrade, writes no launch record.
        try? ReplicaFolder(url: URL(fileURLWithPath: folder)).prepareLaunch()
        return unsafe tfjob_admin_supervise(folder)
    }
}

/// The launch record: what a supervisor needs, in a form that C reads without a parser. See `files.h`.
struct LaunchRecord {
    static let name = "launch"
    let bytes: [UInt8]

    init(_ order: ReplicaOrder) {
        var words = ["4", order.log, order.logCopy ?? "", order.continuesCopy == true ? "1" : "0", order.notice]
        words += [order.workingDirectory, String(order.graceMilliseconds), order.isLeader == false ? "0" : "1"]
        words += [order.groups?.replica ?? order.controlGroup ?? "", order.groups?.supervisors ?? ""]
        words += [order.groups?.service ?? "", order.groups?.hasControllers == true ? "1" : "0"]
        words += [String(order.memory ?? 0), String(order.cpu ?? 0), order.user?.account.numbers ?? ""]
        words += [String(order.user?.maxProcesses ?? 0), order.logLink ?? "", String(order.logSize ?? 0)]
        words += [String(order.logKeep ?? 0), String(order.command.count)] + order.command
        words += order.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        bytes = words.flatMap { Array($0.utf8) + [0] }
    }
}

extension UserAccount {
    /// The user, the group and the other groups, as the supervisor reads them.
    fileprivate var numbers: String {
        "\(user):\(group):" + groups.map(String.init).joined(separator: ",")
    }
}
