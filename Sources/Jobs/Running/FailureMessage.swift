extension RunRules {
    /// The reason and the sentence for a run that failed.
    ///
    /// - Parameters:
    ///   - reason: from ``RunStep/fail(_:_:)``.
    ///   - failures: the first is the cause of the others.
    ///   - restarts: how many restarts the run has had.
    ///   - detail: what is known about the first failure, for example the last error line of its log; empty if nothing.
    public func message(
        of reason: FailReason,
        _ failures: [ReplicaFailure],
        restarts: Int,
        detail: String = ""
    ) -> String {
        switch reason {
        case .deadlineExceeded:
            let seconds = job.effectiveRunPolicy.activeDeadlineSeconds ?? 0
            return "the run was active for \(seconds) s, and runPolicy.activeDeadlineSeconds allows no more"
        case .backoffLimitExceeded:
            return description(of: failures, detail)
                + "; the run was restarted \(restarts) times, and runPolicy.backoffLimit is \(backoffLimit)"
        case .replicaFailed, .notStarted, .noProgress, .outOfMemory:
            return description(of: failures, detail)
        }
    }

    /// The sentence for a restart.
    ///
    /// - Parameter detail: as in ``message(of:_:restarts:detail:)``.
    public func message(of plan: RestartPlan, detail: String = "") -> String {
        let restarted = plan.isOfAll && job.replicaCount > 1 ? "all replicas restart" : "it restarts"
        return description(of: plan.failures, detail) + "; \(restarted) (restart \(plan.number) of \(backoffLimit))"
    }

    private func description(of failures: [ReplicaFailure], _ detail: String) -> String {
        guard let first = failures.first else { return "" }
        let deadline = job.effectiveRunPolicy.progressDeadlineSeconds
        let cause = first.name + " " + first.cause.text(progressDeadline: deadline)
        let others = failures.dropFirst()
        let shown = others.prefix(3).map { "\($0.name) \($0.cause.shortText)" }.joined(separator: ", ")
        let rest = others.count > 3 ? " and \(others.count - 3) more" : ""
        return cause + (detail.isEmpty ? "" : ": \(detail)")
            + (others.isEmpty ? "" : "; as a consequence failed: \(shown)\(rest)")
    }
}

extension ReplicaFailure.Cause {
    /// One word for programs; a restarting run has it as its ``RunStatus/reason``.
    public var reason: String {
        switch self {
        case .exit: "ReplicaFailed"
        case .lost: "ReplicaLost"
        case .noProgress: "NoProgress"
        case .frozen: "ReplicaFrozen"
        case .notStarted: "NotStarted"
        case .outOfMemory: "OutOfMemory"
        }
    }

    fileprivate func text(progressDeadline: Int?) -> String {
        switch self {
        case .exit(let code):
            Self.signalName(code).map { "was ended by \($0) (exit code \(code))" } ?? "exited with code \(code)"
        case .lost: "was lost: it ended without the service, and its supervisor recorded no exit code of its own"
        case .noProgress: "made no progress for \(progressDeadline ?? 0) s"
        case .frozen: "does not run: a signal such as SIGSTOP holds its process"
        case .notStarted(let fault): "could not start: \(fault)"
        case .outOfMemory(let memory, _): "ran out of memory: \(memory.text)"
        }
    }

    fileprivate var shortText: String {
        switch self {
        case .exit(let code): "(exit code \(code))"
        case .lost: "(lost)"
        case .noProgress: "(no progress)"
        case .frozen: "(frozen)"
        case .notStarted: "(not started)"
        case .outOfMemory: "(out of memory)"
        }
    }

    /// The signals that end processes in practice, by exit code less 128: signal(7).
    private static let signals = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
        9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
        24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
    ]

    private static func signalName(_ code: Int) -> String? {
        signals[code - 128].map { "signal \(code - 128), \($0)" }
    }

    /// What an exit code and the memory say about an end, as ``ReplicaExit/detail``.
    ///
    /// - Parameters:
    ///   - code: the exit code, 128 + n for signal n.
    ///   - memory: nil if the replica did not run out of memory.
    public static func detail(code: Int, outOfMemory memory: MemoryUse?) -> String {
        if let memory { return "killed, out of memory (\(memory.shortText))" }
        if code == 137 { return "killed" }
        return signals[code - 128].map { "ended by \($0)" } ?? ""
    }
}
