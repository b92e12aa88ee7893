import Foundation
import Jobs
import Journal
import Logging
import Platform

/// Removes what the rule of ``Retention`` lets go: runs with their records and logs, commits in the journal, and code.
///
/// It works beside the passes and in small steps, so no push waits for it. A backend forgets a run before the journal does: after a
/// kill between the two, the next round finds the run again.
struct Sweeper: Sendable {
    let retention: Retention
    /// How often to look. Without changes there is a round every hour.
    let interval: Duration
    let journal: Journal
    let clusters: Clusters
    let code: CodeStore
    let logger: Logger

    /// The most runs of one step.
    private static let stepSize = 200
    /// How long after a change there is a round at each interval: what just ended is not old yet.
    private static let restlessTime = Duration.seconds(300)
    private static let longestPause = Duration.seconds(3600)

    /// Sweeps regularly until the task is cancelled.
    func run() async {
        var mark: JournalMark?
        var (change, lastRound) = (ContinuousClock.now, ContinuousClock.now)
        while (try? await Task.sleep(for: interval)) != nil {
            do {
                let newMark = try await journal.reader.mark()
                if newMark != mark {
                    (mark, change) = (newMark, .now)
                }
                guard .now - change < Self.restlessTime || .now - lastRound > Self.longestPause || isDiskFull else {
                    continue
                }
                lastRound = .now
                try await sweep(now: Date())
            } catch is CancellationError {
                return
            } catch {
                logger.warning("what is old can't be removed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Removes everything that the rule lets go at a time.
    func sweep(now: Date) async throws {
        let oldest = now.addingTimeInterval(-(retention.age / .seconds(1)))
        var count = 0
        while !Task.isCancelled {
            // On a full disk, the runs of jobs that are gone go at once: nobody else can make room.
            let runs = try await journal.runsToForget(
                keeping: retention.runs,
                endedBefore: oldest,
                includingGoneJobs: isDiskFull,
                limit: Self.stepSize
            )
            guard !runs.isEmpty else { break }
            let forgotten = await forgetOnBackends(runs)
            try await journal.forgetRuns(forgotten)
            count += forgotten.count
            // A backend that is away has kept its runs. They go in a later round.
            guard forgotten.count == runs.count else { break }
        }
        try await journal.forgetCommits(before: oldest)
        let trees = try await code.removeUnused(except: try await journal.commitsInUse())
        try await journal.compact()
        if count + trees > 0 {
            logger.info("old runs and code are removed", metadata: ["runs": "\(count)", "code": "\(trees)"])
        }
    }

    private var isDiskFull: Bool { journal.reader.diskSpace?.isFull ?? false }

    /// - Returns: the runs that are gone from their backends.
    private func forgetOnBackends(_ runs: [RunID]) async -> [RunID] {
        var forgotten: [RunID] = []
        for run in runs {
            do {
                if let index = clusters.index(of: run.key.cluster) {
                    try await clusters.backends[index].removeRecord(of: run)
                }
                forgotten.append(run)
            } catch {
                logger.warning("a run can't be removed", metadata: ["run": "\(run)", "error": "\(error.message)"])
            }
        }
        return forgotten
    }
}
