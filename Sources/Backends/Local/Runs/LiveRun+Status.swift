import Jobs

extension LiveRun {
    /// The run as every surface shows it.
    ///
    /// - Parameter node: the machine's name.
    func status(node: String) -> RunStatus {
        var status = RunStatus(pending: request.job)
        status.replicas = status.replicas.map { self.status(of: $0, node: node) }
        status.startTime = replicas.values.compactMap { $0.child?.startTime }.min()
        if let result {
            status.phase = result.phase
            status.reason = result.reason
            status.message = result.message
            status.completionTime = result.completionTime
        } else if isStopped {
            status.phase = .suspended
        } else if status.startTime == nil {
            status.phase = .preparing
            status.message = preparation
        } else {
            status.phase = .running
        }
        return status
    }

    private func status(of replica: ReplicaStatus, node: String) -> ReplicaStatus {
        guard let known = replicas[replica.name] else { return replica }
        var status = replica
        status.node = node
        status.startTime = known.child?.startTime
        if let exit = known.exit {
            status.state = endState(exit)
            status.exitCode = exit.wasStopped ? nil : exit.code
        } else if known.hasVanished {
            status.state = .unknown
        } else if known.child != nil {
            status.state = .running
        }
        return status
    }

    /// The exit code of what we ended ourselves says nothing; such a replica is shown as its run ended.
    private func endState(_ exit: ExitRecord) -> ReplicaStatus.State {
        guard exit.wasStopped else { return exit.code == 0 ? .succeeded : .failed }
        if isStopped && result == nil { return .pending }
        return result?.phase == .succeeded ? .succeeded : .failed
    }

    /// Judges the run from the replicas that ended by themselves; the others do not count as ended.
    var verdict: Verdict {
        let replicas = RunStatus(pending: request.job).replicas.map { replica in
            guard let exit = self.replicas[replica.name]?.exit, !exit.wasStopped else { return replica }
            var ended = replica
            ended.state = exit.code == 0 ? .succeeded : .failed
            ended.exitCode = exit.code
            return ended
        }
        let verdict = request.job.verdict(of: replicas)
        let fault = self.replicas.values.lazy.compactMap { $0.exit?.fault }.first
        guard case .failed = verdict, let fault else { return verdict }
        return .failed(reason: "NotStarted", message: fault)
    }
}
