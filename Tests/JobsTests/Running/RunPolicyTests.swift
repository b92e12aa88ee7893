import Foundation
import Jobs
import Testing

/// A job with these replicas and policies.
private func job(
    _ groups: [(ReplicaType, Int)],
    _ restartPolicy: RestartPolicy? = nil,
    _ change: (inout RunPolicy) -> Void = { _ in }
) -> Job {
    let resources = Resources(cpu: CPUQuantity(millicores: 100), memory: MemoryQuantity(bytes: 1 << 20, text: "1Mi"))
    var job = Job(
        runtime: Runtime(python: "3.11"),
        bootfile: "train.py",
        replicas: groups.map {
            ReplicaGroup(type: $0.0, count: $0.1, resource: resources, restartPolicy: restartPolicy)
        }
    )
    var policy = RunPolicy()
    change(&policy)
    job.runPolicy = policy
    return job
}

private let memory = MemoryUse(used: 3 << 29, limit: 1 << 30)
private let start = Date(timeIntervalSince1970: 1_000_000)

@Suite
struct RunRulesTests {
    @Test(
        arguments: [
            ([(.worker, 1)], nil, .scopeByShape, .replica),
            ([(.worker, 2)], nil, .scopeByShape, .job),
            ([(.worker, 2)], nil, .replicaScope, .replica),
            ([(.worker, 2)], .replica, .scopeByShape, .replica),
            ([(.worker, 1)], .job, .replicaScope, .job),
            ([(.chief, 1), (.worker, 1)], nil, .scopeByShape, .job),
            ([(.chief, 1), (.worker, 2), (.ps, 1)], nil, .scopeByShape, .replica),
            ([(.worker, 2), (.ps, 0)], nil, .scopeByShape, .job),
        ] as [([(ReplicaType, Int)], RestartScope?, DefaultsVersion, RestartScope)]
    )
    func `the restart scope follows from the replicas, unless the file or an older record decides`(
        groups: [(ReplicaType, Int)],
        written: RestartScope?,
        defaults: DefaultsVersion,
        expected: RestartScope
    ) {
        #expect(RunRules(job(groups) { $0.restartScope = written }, defaults: defaults).restartScope == expected)
    }

    @Test(
        arguments: [
            (.never, .exit(code: 137), false), (.never, .lost, true), (.never, .noProgress, false),
            (.never, .frozen, false), (.onFailure, .frozen, true), (.exitCode, .frozen, true),
            (.onFailure, .exit(code: 1), true), (.onFailure, .lost, true), (.onFailure, .noProgress, true),
            (.always, .exit(code: 1), true), (.always, .noProgress, true),
            (.exitCode, .exit(code: 1), false), (.exitCode, .exit(code: 42), true),
            (.exitCode, .exit(code: 127), false),
            (.exitCode, .exit(code: 128), true), (.exitCode, .exit(code: 137), true), (.exitCode, .lost, true),
            (.exitCode, .noProgress, true), (.onFailure, .notStarted("no python"), false),
            (.never, .outOfMemory(memory, code: 137), false), (.onFailure, .outOfMemory(memory, code: 1), true),
            (.exitCode, .outOfMemory(memory, code: 137), true), (.exitCode, .outOfMemory(memory, code: 1), false),
        ] as [(RestartPolicy, ReplicaFailure.Cause, Bool)]
    )
    func `a failure may be retried by the policy of its replica`(
        policy: RestartPolicy,
        cause: ReplicaFailure.Cause,
        expected: Bool
    ) {
        let rules = RunRules(job([(.worker, 1)], policy))
        #expect(rules.mayRetry(ReplicaFailure(.worker, 0, cause, at: start)) == expected)
    }

    @Test(
        arguments: [
            (nil, .scopeByShape, 42, true), (nil, .replicaScope, 42, false), ([7], .scopeByShape, 42, false),
            ([7], .scopeByShape, 7, true), ([7], .replicaScope, 7, true), ([], .scopeByShape, 42, false),
        ] as [([Int]?, DefaultsVersion, Int, Bool)]
    )
    func `the exit codes to retry are those of the file, else 42 for runs that started with this default`(
        codes: [Int]?,
        defaults: DefaultsVersion,
        code: Int,
        expected: Bool
    ) {
        let rules = RunRules(job([(.worker, 1)], .exitCode) { $0.retryExitCodes = codes }, defaults: defaults)
        #expect(rules.mayRetry(ReplicaFailure(.worker, 0, .exit(code: code), at: start)) == expected)
    }

    @Test(arguments: [(0, 0, 0), (1, 9, 11), (2, 18, 22), (3, 36, 44), (5, 144, 176), (6, 270, 300), (90, 270, 300)])
    func `the pause before a restart doubles from 10 s to 5 min and varies by a tenth`(
        restarts: Int,
        least: Double,
        most: Double
    ) {
        #expect(RestartPause.duration(after: restarts, jitter: 0) / .seconds(1) == least)
        #expect(RestartPause.duration(after: restarts, jitter: 1) / .seconds(1) == most)
    }

    @Test
    func `the jitter of a restart is always the same, and differs between runs`() {
        func jitters(_ restarts: Int) -> [Double] {
            (0..<100).map { number in
                let key = JobKey(cluster: "default", partition: "team-a", id: "job-\(number)")
                return RestartPause.jitter(of: RunID(key: key, number: 1), restarts: restarts)
            }
        }
        #expect(jitters(1) == jitters(1))
        #expect(Set(jitters(1)).count > 90 && jitters(1) != jitters(2))
        #expect(jitters(1).allSatisfy { (0..<1).contains($0) })
        #expect((0.4...0.6).contains(jitters(1).reduce(0, +) / 100))
    }

    @Test
    func `the leader is notified of a stop first, the others after a third of the grace period`() {
        let schedule = StopSchedule(gracePeriod: 30)
        #expect((schedule.leader, schedule.others, schedule.kill) == (0, 10, 30))
        let rules = RunRules(job([(.worker, 2)]))
        #expect(rules.stopSchedule(after: .lost) == StopSchedule(allAtOnceWithin: 10))
        #expect(rules.stopSchedule(after: .noProgress) == schedule)
    }

    @Test(
        arguments: [
            ([(.worker, 2), (.chief, 1)], "chief-0"), ([(.master, 1), (.worker, 1)], "master-0"),
            ([(.ps, 1), (.worker, 2)], "worker-0"), ([(.ps, 2)], "ps-0"),
        ] as [([(ReplicaType, Int)], String)]
    )
    func `the leader is the chief, else worker 0, else the first replica`(
        groups: [(ReplicaType, Int)],
        expected: String
    ) {
        #expect(RunRules(job(groups)).leader == expected)
    }
}

@Suite
struct RunStepTests {
    private static func facts(_ job: Job, _ ends: [String: Int] = [:]) -> RunFacts {
        RunFacts(
            replicas: RunStatus(pending: job).replicas.map { replica in
                var replica = replica
                replica.state = .running
                if let code = ends[replica.name] {
                    replica.state = code == 0 ? .succeeded : .failed
                    replica.exitCode = code
                }
                return replica
            }
        )
    }

    private static func step(_ job: Job, _ facts: RunFacts, after seconds: Double = 0) -> RunStep {
        RunRules(job).nextStep(facts, now: start + seconds, jitter: 0.5)
    }

    private static let peer = ReplicaFailure(.worker, 0, .exit(code: 1), at: start + 18)
    private static let killed = ReplicaFailure(.worker, 1, .exit(code: 137), at: start)

    @Test
    func `the first failure decides, and a lost replica precedes all`() {
        let exitCode = job([(.worker, 2)], .exitCode)
        var facts = Self.facts(exitCode, ["worker-0": 1, "worker-1": 137])
        facts.failures = [Self.peer, Self.killed]
        let plan = RestartPlan(failures: [Self.killed, Self.peer], isOfAll: true, number: 1, time: start + 20)
        #expect(Self.step(exitCode, facts, after: 20) == .restart(plan))
        let final = ReplicaFailure(.worker, 0, .exit(code: 1), at: start - 1)
        facts.failures = [Self.killed, final]
        #expect(Self.step(exitCode, facts) == .fail(.replicaFailed, [final, Self.killed]))
        let lost = ReplicaFailure(.worker, 1, .lost, at: nil)
        facts.failures = [final, lost]
        guard case .restart(let plan) = Self.step(exitCode, facts) else { return #expect(Bool(false)) }
        #expect(plan.failures == [lost, final])
    }

    @Test(
        arguments: [
            ([(.worker, 2)], .worker, true), ([(.worker, 1)], .worker, false),
            ([(.chief, 1), (.worker, 2), (.ps, 1)], .worker, false),
            ([(.chief, 1), (.worker, 2), (.ps, 1)], .ps, true),
            ([(.chief, 1), (.worker, 2), (.ps, 1)], .chief, true),
            ([(.chief, 1), (.worker, 2), (.ps, 1)], .evaluator, false),
        ] as [([(ReplicaType, Int)], ReplicaType, Bool)]
    )
    func `a restart is of the failed replica or of all`(
        groups: [(ReplicaType, Int)],
        failed: ReplicaType,
        isOfAll: Bool
    ) {
        let job = job(groups, .onFailure)
        #expect(
            RunRules(job).restartsAll(after: ReplicaFailure(failed, 0, .exit(code: 1), at: start)) == isOfAll
        )
    }

    @Test(arguments: [RestartPolicy.never, .onFailure, .always, .exitCode])
    func `the limit counts every restart, lost replicas included, under every policy`(policy: RestartPolicy) {
        let job = job([(.worker, 1)], policy) { $0.backoffLimit = 2 }
        var facts = Self.facts(job)
        facts.failures = [ReplicaFailure(.worker, 0, .lost, at: start)]
        for (restarts, pause) in [(0, 0.0), (1, 10)] {
            facts.restarts = restarts
            let plan = RestartPlan(
                failures: facts.failures,
                isOfAll: false,
                number: restarts + 1,
                time: start + pause
            )
            #expect(Self.step(job, facts) == .restart(plan))
        }
        facts.restarts = 2
        #expect(Self.step(job, facts) == .fail(.backoffLimitExceeded, facts.failures))
    }

    @Test
    func `a success precedes a failure, and a stop precedes both`() {
        let job = job([(.worker, 2)])
        var facts = Self.facts(job, ["worker-0": 0, "worker-1": 1])
        facts.failures = [Self.killed]
        #expect(Self.step(job, facts) == .succeed)
        facts.isStopped = true
        #expect(Self.step(job, facts) == .wait(until: nil))
    }

    @Test
    func `the deadline counts the time with replicas, without that before a resume`() {
        let job = job([(.worker, 1)]) { $0.activeDeadlineSeconds = 60 }
        var facts = Self.facts(job)
        #expect(Self.step(job, facts, after: 600) == .wait(until: nil))
        facts.active = ActiveTime(past: 20, since: start)
        #expect(Self.step(job, facts, after: 39) == .wait(until: start + 40))
        #expect(Self.step(job, facts, after: 40) == .fail(.deadlineExceeded, []))
        facts.isStopped = true
        #expect(Self.step(job, facts, after: 40) == .wait(until: nil))
    }

    @Test
    func `a restart that is due launches, and one that is not waits`() {
        let job = job([(.worker, 1)], .onFailure) { $0.activeDeadlineSeconds = 60 }
        var facts = Self.facts(job)
        facts.nextRestart = start + 10
        facts.restarts = 1
        facts.active = ActiveTime(since: start)
        #expect(Self.step(job, facts, after: 5) == .wait(until: start + 10))
        #expect(Self.step(job, facts, after: 10) == .launch)
        facts.nextRestart = start + 100
        #expect(Self.step(job, facts, after: 5) == .wait(until: start + 60))
    }

    @Test
    func `a finished run expires after its time to live, and without one never`() {
        let limited = job([(.worker, 1)]) { $0.ttlSecondsAfterFinished = 60 }
        var facts = Self.facts(limited, ["worker-0": 1])
        facts.failures = [ReplicaFailure(.worker, 0, .exit(code: 1), at: start)]
        facts.completionTime = start
        #expect(Self.step(limited, facts, after: 59) == .wait(until: start + 60))
        #expect(Self.step(limited, facts, after: 60) == .expire)
        #expect(Self.step(job([(.worker, 1)]), facts, after: 1_000_000) == .wait(until: nil))
    }

    @Test
    func `a replica without memory fails with its own reason, and is restarted by its exit code`() {
        let failure = ReplicaFailure(.worker, 0, .outOfMemory(memory, code: 137), at: start)
        var facts = Self.facts(job([(.worker, 1)]), ["worker-0": 137])
        facts.failures = [failure]
        #expect(Self.step(job([(.worker, 1)]), facts) == .fail(.outOfMemory, [failure]))
        let retried = job([(.worker, 1)], .exitCode)
        let plan = RestartPlan(failures: [failure], isOfAll: false, number: 1, time: start)
        #expect(Self.step(retried, facts) == .restart(plan))
        let rules = RunRules(retried)
        let text = "worker-0 ran out of memory: it used 1.5 GiB of its 1 GiB"
        #expect(rules.message(of: .outOfMemory, [failure], restarts: 0) == text)
        #expect(rules.message(of: plan) == "\(text); it restarts (restart 1 of 3)")
        #expect(failure.cause.reason == FailReason.outOfMemory.rawValue)
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (200 << 20, "200 MiB"),
            ((200 << 20) + 1, "200.1 MiB"),
            (2_254_857_830, "2.1 GiB"), ((2 << 30) - 1, "2 GiB"), (1 << 50, "1 PiB"), (Int.max, "8 EiB"),
        ]
    )
    func `an amount of memory has at most one decimal and is rounded up`(bytes: Int, text: String) {
        let message = RunRules(job([(.worker, 1)])).message(
            of: .outOfMemory,
            [ReplicaFailure(.worker, 0, .outOfMemory(MemoryUse(used: bytes, limit: 0), code: 137), at: start)],
            restarts: 0
        )
        #expect(message == "worker-0 ran out of memory: it used \(text) of its 0 bytes")
    }

    @Test
    func `a message names the cause first, then its consequences and the limit`() {
        let rules = RunRules(job([(.worker, 2)], .exitCode))
        #expect(
            rules.message(of: .backoffLimitExceeded, [Self.killed, Self.peer], restarts: 3, detail: "Killed")
                == "worker-1 was ended by signal 9, SIGKILL (exit code 137): Killed; as a consequence failed: "
                + "worker-0 (exit code 1); the run was restarted 3 times, and runPolicy.backoffLimit is 3"
        )
        let plan = RestartPlan(failures: [Self.peer], isOfAll: true, number: 1, time: start)
        #expect(rules.message(of: plan) == "worker-0 exited with code 1; all replicas restart (restart 1 of 3)")
    }
}
