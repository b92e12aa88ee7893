import Foundation
import TestSupport

/// A job of the chaos test, what was done to it, and how it may end: a pure model of the run policy.
struct ChaosJob {
    /// What each replica does.
    enum Behaviour: Equatable {
        /// It waits for the end of the chaos and exits with 0.
        case waits
        /// It exits with this code after a moment.
        case exits(Int)
    }

    /// What was done to the current run.
    struct Injuries {
        /// The signals to main processes.
        var replicas = 0
        /// The signals to supervisors.
        var supervisors = 0
        /// Whether the run was suspended. A signal that hits a run while it stops has no effect.
        var isSuspended = false

        var all: Int { replicas + supervisors }
    }

    let id: String
    let shape: [(type: String, count: Int)]
    let policy: String
    let backoffLimit: Int
    let behaviour: Behaviour
    /// In the arguments, so that another number is another run.
    var version = 1
    var isSuspended = false
    var description = "Chaos"
    /// By run.
    var injuries: [Int: Injuries] = [:]

    /// A random job.
    init(number: Int, _ generator: inout SeededGenerator) {
        let shapes = [
            [("worker", 1)], [("worker", 2)], [("worker", 3)], [("chief", 1), ("worker", 1)],
            [("chief", 1), ("worker", 1), ("ps", 1)], [("master", 1), ("ps", 2)], [("worker", 1), ("evaluator", 1)],
        ]
        id = "job-\(number)"
        shape = shapes[Int.random(in: 0..<shapes.count, using: &generator)]
        policy = ["Never", "OnFailure", "Always", "ExitCode"][Int.random(in: 0..<4, using: &generator)]
        behaviour = Int.random(in: 0..<5, using: &generator) > 0 ? .waits : .exits([3, 42][number % 2])
        // The pauses before the restarts of a job that always fails would take hours.
        let limits = behaviour == .waits ? [0, 1, 2, 100] : [0, 1, 2]
        backoffLimit = limits[Int.random(in: 0..<limits.count, using: &generator)]
    }

    /// The text of the file.
    ///
    /// - Parameter gate: the file whose existence ends the waiting.
    func text(gate: String) -> String {
        var job = JobText()
        job.bootfile = "chaos.py"
        (job.description, job.replicas, job.restartPolicy) = (description, shape, policy)
        let code = if case .exits(let code) = behaviour { code } else { 0 }
        job.args = [gate, String(code), "version-\(version)"]
        job.more = [
            #""runPolicy": {"backoffLimit": \#(backoffLimit), "gracePeriodSeconds": 2, "suspend": \#(isSuspended)}"#
        ]
        return job.text
    }

    /// The end of a run.
    enum Outcome: String {
        case succeeded
        case replicaFailed = "ReplicaFailed"
        case backoffLimitExceeded = "BackoffLimitExceeded"
    }

    /// The ends that the run policy allows, and the restarts that it allows.
    ///
    /// Several signals at about the same time are one failure, so signals give bounds.
    func allowed(run: Int) -> (outcomes: Set<Outcome>, restarts: ClosedRange<Int>) {
        let injuries = injuries[run] ?? Injuries()
        switch behaviour {
        case .waits:
            let limit = min(injuries.all, backoffLimit)
            var outcomes: Set<Outcome> = [.succeeded]
            if injuries.all > backoffLimit { outcomes.insert(.backoffLimitExceeded) }
            if policy == "Never", injuries.replicas > 0 {
                outcomes.insert(.replicaFailed)
                // Nothing else happened to the run, so the signal has ended it.
                if injuries.supervisors == 0, !injuries.isSuspended { outcomes = [.replicaFailed] }
            }
            return (outcomes, 0...limit)
        case .exits(let code):
            let isRetried = policy == "OnFailure" || policy == "Always" || policy == "ExitCode" && code == 42
            if !isRetried { return ([.replicaFailed, .backoffLimitExceeded], 0...min(injuries.all, backoffLimit)) }
            return ([.backoffLimitExceeded], backoffLimit...backoffLimit)
        }
    }
}
