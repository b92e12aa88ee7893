import Foundation
import Jobs

extension LiveRun {
    /// What the next step of the run depends on.
    var facts: RunFacts {
        var facts = RunFacts(replicas: RunStatus(pending: request.job).replicas.map(ownEnd))
        facts.failures = replicas.compactMap { name, replica in
            dueRestarts.contains { $0.covers(name) } ? nil : replica.failure
        }
        if let silence {
            facts.failures.append(silence)
        }
        facts.failures += frozen
        facts.restarts = restarts.count
        facts.nextRestart =
            !endings.isEmpty ? nil : dueRestarts.filter { !launching.contains($0.attempt) }.map(\.due).min()
        facts.active = active
        facts.isStopped = isStopped
        facts.completionTime = result?.completionTime
        return facts
    }

    /// A replica with its exit code, if it ended by itself. A stopped replica does not count as ended.
    private func ownEnd(of replica: ReplicaStatus) -> ReplicaStatus {
        guard let exit = replicas[replica.name]?.exit, !exit.wasStopped,
            !dueRestarts.contains(where: { $0.covers(replica.name) })
        else { return replica }
        var ended = replica
        ended.state = exit.code == 0 ? .succeeded : .failed
        ended.exitCode = exit.code
        return ended
    }

    /// The status of the run for all views.
    ///
    /// - Parameter node: the machine's name.
    func status(node: String) -> RunStatus {
        if let final = result?.status { return final }
        var status = RunStatus(pending: request.job)
        status.replicas = status.replicas.map { self.status(of: $0, node: node) }
        status.startTime = startTime
        status.restarts = restarts.isEmpty ? nil : restarts.count
        status.progress = steps.shown
        status.savedStep = steps.savedStep
        if let result {
            status.phase = result.phase
            status.reason = result.reason
            status.message = result.message
            status.completionTime = result.completionTime
        } else if isStopped {
            status.phase = .suspended
        } else if let restart = dueRestarts.last {
            status.phase = .restarting
            status.reason = restart.reason
            status.message = preparation.isEmpty ? restart.message : "\(restart.message); \(preparation)"
        } else if !status.replicas.contains(where: { $0.startTime != nil }) {
            status.phase = lastRestart == nil ? .preparing : .restarting
            status.reason = lastRestart?.reason ?? ""
            status.message = preparation.isEmpty ? lastRestart?.message ?? "" : preparation
        } else {
            status.phase = .running
            status.reason = lastRestart?.reason ?? ""
            status.message = lastRestart?.message ?? ""
        }
        return status
    }

    private func status(of replica: ReplicaStatus, node: String) -> ReplicaStatus {
        var status = replica
        status.restartCount = restarts.count { $0.covers(replica.name) }
        status.lastExit = ended[replica.name]?.lastExit
        status.usage = ended[replica.name]?.usage
        guard let known = replicas[replica.name] else { return status }
        if known.hasVanished {
            status.lastExit = .lost
        }
        status.node = node
        status.startTime = known.child?.startTime
        // Every exit code means that the replica stopped, also one that came before the signal.
        if isStopped, result == nil, known.exit != nil { return status }
        if let exit = known.exit {
            status.state = endState(exit)
            status.exitCode = exit.wasStopped ? nil : exit.code
        } else if known.hasVanished {
            status.state = .unknown
        } else if known.child != nil {
            status.state = stateOfLiveReplica
        }
        return status
    }

    /// The state of a replica that has not ended. The service ends the replicas of a finished run, so they are shown as the run
    /// ended, unless the clean-up policy keeps them.
    private var stateOfLiveReplica: ReplicaStatus.State {
        guard let result, result.endsAll || rules.cleanPodPolicy != .none else { return .running }
        return result.phase == .succeeded ? .succeeded : .failed
    }

    /// The state of an ended replica. The exit code of a stopped replica has no meaning, so it gets the result of its
    /// run.
    private func endState(_ exit: ExitRecord) -> ReplicaStatus.State {
        guard exit.wasStopped else { return exit.code == 0 ? .succeeded : .failed }
        guard let result else { return .unknown }
        return result.phase == .succeeded ? .succeeded : .failed
    }
}

extension LiveRun {
    /// What the log of the first failed replica says about the cause.
    func evidence(of failures: [ReplicaFailure]) -> String {
        guard let first = failures.first, let replica = replicas[first.name] else { return "" }
        var log: String { ReplicaLog.readEnd(of: first.name, attempt: replica.attempt, in: folder) }
        switch first.cause {
        case .exit(137), .exit(143):
            // SIGKILL and SIGTERM come from outside, so the log has no cause.
            return ""
        case .exit(let code):
            let log = log
            let cause = LogEvidence.describe(log, of: request.job)
            // Python's `sys.exit("text")` prints the text and ends with 1.
            return cause.isEmpty && code == 1 ? LogEvidence.lastLine(of: log, request.job) : cause
        case .noProgress, .frozen:
            let line = LogEvidence.lastLine(of: log, request.job)
            return line.isEmpty ? "it printed nothing" : "its last line was \"\(line)\""
        case .lost, .notStarted, .outOfMemory: return ""
        }
    }
}

extension LiveRun.Replica {
    /// How the replica failed. Nil: it has not, or it succeeded.
    ///
    /// A replica that was stopped counts as lost: a stop that the service orders is recorded with the run, and then its
    /// replicas are not asked for failures.
    fileprivate var failure: ReplicaFailure? {
        guard let exit else { return hasVanished ? ReplicaFailure(type, index, .lost, at: nil) : nil }
        if let fault = exit.fault { return ReplicaFailure(type, index, .notStarted(fault), at: exit.endTime) }
        if exit.wasStopped { return ReplicaFailure(type, index, .lost, at: exit.endTime) }
        if let memory = exit.outOfMemory, exit.code != 0 {
            return ReplicaFailure(type, index, .outOfMemory(memory, code: exit.code), at: exit.endTime)
        }
        return exit.code == 0 ? nil : ReplicaFailure(type, index, .exit(code: exit.code), at: exit.endTime)
    }
}
