import Foundation
import Git
import GitMirror
import Jobs
import Journal
import Logging
import TestSupport
import Testing

@testable import Reconciler

@Suite
struct BackoffTests {
    @Test
    func `the delay doubles from one second to five minutes`() {
        var backoff = Backoff()
        let delays = (0..<12).map { _ in backoff.nextDelay(jitter: 1) }
        #expect(delays.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(delays.suffix(3) == [.seconds(300), .seconds(300), .seconds(300)])
    }

    @Test
    func `another limit may be set`() {
        var backoff = Backoff(longest: .seconds(30))
        let delays = (0..<8).map { _ in backoff.nextDelay(jitter: 1) }
        #expect(delays.suffix(4) == [.seconds(16), .seconds(30), .seconds(30), .seconds(30)])
    }

    @Test(arguments: [(0, 0.5, 1.0), (0.25, 0.625, 1.25), (0.5, 0.75, 1.5), (1, 1, 2)])
    func `jitter takes at most half of the delay away`(jitter: Double, first: Double, second: Double) {
        var backoff = Backoff()
        #expect(backoff.nextDelay(jitter: jitter) == .seconds(first))
        #expect(backoff.nextDelay(jitter: jitter) == .seconds(second))
    }
}

@Suite
struct RetryScheduleTests {
    private let one = JobKey(cluster: "a", partition: "p", id: "one")
    private let two = JobKey(cluster: "b", partition: "p", id: "two")

    private func rest(
        _ key: JobKey,
        _ cause: RetrySchedule.Cause = .outage("away"),
        in schedule: inout RetrySchedule
    ) -> Rest {
        let first: Duration = if case .refusal = cause { .seconds(5) } else { .seconds(1) }
        let (delay, isNew) = schedule.rest(key, for: cause, first: first, jitter: 1)
        return Rest(delay: delay, isNew: isNew)
    }

    struct Rest: Equatable {
        let delay: Duration
        let isNew: Bool
    }

    @Test
    func `a rest ends and its failures count, until they are forgotten`() {
        var schedule = RetrySchedule()
        #expect(rest(one, in: &schedule).delay == .seconds(1))
        #expect(schedule.resting == [one])
        schedule.endRest(of: one)
        #expect(schedule.resting.isEmpty)
        #expect(rest(one, in: &schedule).delay == .seconds(2))
        schedule.forgetFailures(of: one)
        #expect(rest(one, in: &schedule).delay == .seconds(1))
    }

    @Test
    func `a refusal doubles its delay from five seconds to thirty`() {
        var schedule = RetrySchedule()
        let delays = (0..<8).map { _ in rest(one, .refusal("no such image"), in: &schedule).delay }
        #expect(delays == [5, 10, 20, 30, 30, 30, 30, 30].map { .seconds($0) })
        #expect(schedule.restsForRefusal(one))
        #expect(!schedule.restsForRefusal(two))
    }

    @Test
    func `the more refused jobs rest, the more rarely each is tried`() {
        var schedule = RetrySchedule()
        for number in 0..<2_000 {
            _ = rest(JobKey(cluster: "a", partition: "p", id: "job-\(number)"), .refusal("no"), in: &schedule)
        }
        let delays = (0..<8).map { _ in rest(one, .refusal("no"), in: &schedule).delay }
        #expect(delays.last == .milliseconds(100_050))
    }

    @Test
    func `a cause is new until it is repeated, and one of another kind begins with the first delay`() {
        var schedule = RetrySchedule()
        let rests = [
            RetrySchedule.Cause.refusal("no such image"), .refusal("no such image"), .refusal("exceeded quota"),
            .outage("away"), .outage("away"), .refusal("exceeded quota"),
        ].map { rest(one, $0, in: &schedule) }
        #expect(rests.map(\.isNew) == [true, false, true, true, false, true])
        #expect(rests.map(\.delay) == [5, 10, 20, 1, 2, 5].map { .seconds($0) })
    }

    @Test
    func `a reset ends the rest of the named jobs alone`() {
        var schedule = RetrySchedule()
        for _ in 0..<2 {
            _ = rest(one, in: &schedule)
            _ = rest(two, in: &schedule)
        }
        schedule.reset([one])
        #expect(schedule.resting == [two])
        #expect(rest(one, in: &schedule) == Rest(delay: .seconds(1), isNew: true))
        #expect(rest(two, in: &schedule) == Rest(delay: .seconds(4), isNew: false))
    }
}

@Suite
struct ActionSlotsTests {
    private let key = JobKey(cluster: "a", partition: "p", id: "one")

    private func begun() -> ActionSlots {
        var slots = ActionSlots()
        slots.begin(key, Task {})
        return slots
    }

    @Test
    func `an action takes a slot of its own cluster`() {
        let slots = begun()
        #expect(slots.room(on: "a", limit: 3) == 2)
        #expect(slots.room(on: "b", limit: 3) == 3)
    }

    @Test
    func `only a stop gives its slot away, once, until the stop is over`() {
        var slots = begun()
        #expect(slots.releaseSlot(of: key) == false)
        slots.beginStop(of: key)
        #expect(slots.releaseSlot(of: key) == true)
        #expect(slots.releaseSlot(of: key) == false)
        #expect(slots.room(on: "a", limit: 3) == 3)
        slots.endStop(of: key)
        #expect(slots.room(on: "a", limit: 3) == 2)
        #expect(slots.releaseSlot(of: key) == false)
    }

    @Test
    func `the end of an action leaves nothing of it`() {
        var slots = begun()
        slots.beginStop(of: key)
        _ = slots.releaseSlot(of: key)
        slots.end(key)
        #expect(slots.underWay.isEmpty)
        slots.beginStop(of: key)
        #expect(slots.releaseSlot(of: key) == false)
    }
}

@Suite
struct RepositoryHealthTests {
    @Test(
        arguments: [
            ([], nil),
            ([.fetch("f")], "f"), ([.fetch("f"), .fetch(nil)], nil),
            ([.branch("b")], "b"), ([.branch("b"), .read], nil),
            ([.fetch("f"), .branch("b")], "f"),
            ([.fault("r"), .fetch("f")], "r"), ([.fetch("f"), .fault("r"), .read], "f"),
            ([.refusal("r"), .fetch("f"), .fetch(nil)], "r"), ([.refusal("r"), .read], nil),
        ] as [([Event], String?)]
    )
    func `the fault that explains most is shown, and goes with its cause`(events: [Event], error: String?) {
        var health = RepositoryHealth()
        for event in events {
            event.happen(to: &health)
        }
        #expect(health.fault?.message == error)
    }

    fileprivate static func fault(_ message: String) -> RepositoryHealth.Fault {
        RepositoryHealth.Fault(kind: .unreachable, message: message)
    }

    /// One error for each word, in the order of the words.
    private static let faults: [RepositoryFault?] = [
        RepositoryFault(MirrorError.authenticationRefused(address: "a", reason: "r")),
        RepositoryFault(MirrorError.certificateNotTrusted(host: "h", reason: "r")),
        RepositoryFault(MirrorError.hostKeyChanged(host: "h", knownHosts: "k")),
        RepositoryFault(MirrorError.timedOut(after: .seconds(1), setting: "repository.fetchTimeout")),
        RepositoryFault(MirrorError.hostUnreachable(host: "h", reason: "r")),
        RepositoryFault(GitError.repositoryNotFound(path: "p")),
        .branchMissing,
        ObjectID(String(repeating: "a", count: 40)).map { RepositoryFault(GitError.commitVanished($0)) },
        RepositoryFault(MirrorError.packDamaged(reason: "r")),
        RepositoryFault(GitError.treeTooDeep(path: "p", limit: 1)),
    ]

    @Test
    func `each fault has its word`() {
        #expect(Self.faults == RepositoryFault.allCases)
        #expect(RepositoryFault(MirrorError.cancelled) == nil)
    }

    @Test
    func `a fault is new once`() {
        var health = RepositoryHealth()
        #expect(health.recordFetchFault(Self.fault("f"), isPermanent: true) == true)
        #expect(health.recordFetchFault(Self.fault("f"), isPermanent: true) == false)
        #expect(health.recordFetchFault(Self.fault("g"), isPermanent: true) == true)
        #expect(health.recordReadFault(Self.fault("r")) == true)
        #expect(health.recordReadFault(Self.fault("r")) == false)
        #expect(health.recordBranchFault(Self.fault("b")) == true)
        #expect(health.recordBranchFault(Self.fault("b")) == false)
    }

    enum Event: Sendable {
        /// Nil for a fetch that succeeds.
        case fetch(String?)
        case fault(String)
        case refusal(String)
        case branch(String)
        /// The branch was read.
        case read

        func happen(to health: inout RepositoryHealth) {
            switch self {
            case .fetch(nil): health.recordFetch(at: .now)
            case .fetch(let fault?): _ = health.recordFetchFault(RepositoryHealthTests.fault(fault), isPermanent: false)
            case .fault(let fault): _ = health.recordReadFault(RepositoryHealthTests.fault(fault))
            case .refusal(let reason): health.recordRefusal(reason)
            case .branch(let fault): _ = health.recordBranchFault(RepositoryHealthTests.fault(fault))
            case .read: health.recordHead(ObjectID(String(repeating: "a", count: 40)), readAt: nil)
            }
        }
    }
}

@Suite
struct CommitGateTests {
    @Test
    func `a refusal stands for its commit until its time is over or another is accepted`() throws {
        let one = try #require(ObjectID(String(repeating: "1", count: 40)))
        let two = try #require(ObjectID(String(repeating: "2", count: 40)))
        let now = ContinuousClock.now
        var gate = CommitGate(allowedSigners: nil)
        #expect(gate.refuse(one, because: "unsigned", until: now + .seconds(10)) == true)
        #expect(gate.standingRefusal(of: one, at: now + .seconds(9)) == "unsigned")
        #expect(gate.standingRefusal(of: one, at: now + .seconds(10)) == nil)
        #expect(gate.standingRefusal(of: two, at: now) == nil)
        #expect(gate.refuse(one, because: "unsigned", until: now + .seconds(20)) == false)
        #expect(gate.refuse(one, because: "a bad signature", until: now + .seconds(20)) == true)
        gate.accept()
        #expect(gate.standingRefusal(of: one, at: now) == nil)
    }
}

@Suite
struct JournalFaultTests {
    private struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    @Test(
        arguments: [
            (["the disk is full"], ["the disk is full"]),
            (["the disk is full", "the disk is full"], ["the disk is full"]),
            (["the disk is full", "no such table"], ["the disk is full", "no such table"]),
            (["the disk is full", "no such table", "no such table"], ["the disk is full", "no such table"]),
            (["the disk is full", nil, "the disk is full"], ["the disk is full", "the disk is full"]),
        ] as [([String?], [String])]
    )
    func `each fault is logged once, also one that follows another`(recorded: [String?], logged: [String]) {
        let lines = LogCollector.Lines()
        let logger = Logger(label: "test") { _ in LogCollector(lines: lines) }
        let fault = JournalFault(path: "/state/journal.sqlite", logger: logger)
        for text in recorded {
            if let text {
                fault.record(Fault(description: text))
            } else {
                fault.clear()
            }
        }
        fault.record(CancellationError())
        let (errors, others) = (lines.all.filter { $0.hasPrefix("error") }, lines.all.filter { !$0.hasPrefix("error") })
        #expect(
            others.count == recorded.count { $0 == nil }
                && others.allSatisfy { $0.contains("can be written again after=") }
        )
        #expect(errors == logged.map { "error the journal /state/journal.sqlite can't be written error=\($0)" })
    }
}

@Suite
struct ComparisonTests {
    @Test(arguments: [(0, 300), (1, 300), (3_999, 300), (4_000, 600), (10_000, 1_500)])
    func `very many runs are compared less often`(count: Int, seconds: Int) {
        #expect(RunTracker.pause(afterComparing: count, .seconds(300)) == .seconds(seconds))
    }
}
