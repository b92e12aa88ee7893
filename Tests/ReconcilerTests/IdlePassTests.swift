import Jobs
import Journal
import Reconciler
import Synchronization
import TestSupport
import Testing

/// What the reconciler does while nothing changes: it must not grow with the number of jobs.
@Suite(.timeLimit(.minutes(hangLimit)))
struct IdlePassTests {
    /// The statements of the journal since the last ``clear()``, and how many of them write.
    private final class StatementLog: Sendable {
        private let entries = Mutex<(statements: [String], writes: Int)>(([], 0))

        var statements: [String] { entries.withLock(\.statements) }
        var writes: Int { entries.withLock(\.writes) }

        func recordStatement(_ sql: String) { entries.withLock { $0.statements.append(sql) } }
        func recordWrite() { entries.withLock { $0.writes += 1 } }
        func clear() { entries.withLock { $0 = ([], 0) } }
    }

    /// Begins each pass over the journal.
    private static let beginning = "SELECT min(cluster) FROM job WHERE dirty IS NOT NULL"

    @Test
    func `a pass that finds nothing to do makes the same few reads for one job and for many`() async throws {
        let one = try await statements(ofJobs: 1)
        let many = try await statements(ofJobs: 60)
        #expect(one == many)
        #expect(one.count < 20, "\(one)")
    }

    /// The statements of a quiet pass over the journal.
    private func statements(ofJobs count: Int) async throws -> [String] {
        let scene = try await ReconcilerScene()
        let log = StatementLog()
        let folder = try TemporaryFolder()
        let journal = try Journal(
            folder: folder.url,
            probe: { moment, _ in if moment == .before { log.recordWrite() } },
            trace: { log.recordStatement($0) }
        )
        return try await scene.reconciling(journal: journal, change: { $0.interval = .milliseconds(20) }) {
            for number in 0..<count { try scene.write("job-\(number)") }
            try await scene.settled(at: try await scene.repository.publish(), in: journal)
            try await eventually("all jobs run") { scene.backend.running.count == count }
            // The last signals of what ended lead to passes of their own.
            return try await firstValue("three passes in a row do the same and write nothing") {
                log.clear()
                try await eventually("four passes have begun") {
                    log.statements.count { $0.hasPrefix(Self.beginning) } >= 4
                }
                let passes = log.statements.split { $0.hasPrefix(Self.beginning) }.dropFirst().prefix(3)
                guard log.writes == 0, Set(passes).count == 1 else { return nil }
                return passes.first.map(Array.init)
            }
        }
    }
}
