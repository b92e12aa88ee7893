import Foundation
import Git
public import Journal
public import Logging
import Platform
public import ServiceLifecycle
import Synchronization

/// Keeps the jobs of the backends in sync with the newest commit of a branch.
///
/// The reconciler only wires its units. ``RepositorySource`` knows where the branch is, ``CommitReader`` writes its newest commit
/// into the journal, ``Dispatcher`` carries out what the plan then asks for, and one ``RunTracker`` for each backend observes the
/// runs. Each pass compares the whole journal with the newest tree, so a signal that is lost or repeated changes nothing.
public actor Reconciler: Service {
    private let settings: Settings
    private let journal: Journal
    private let logger: Logger
    private let source: RepositorySource
    private let reader: CommitReader
    private let board: WorkBoard
    private let trackers: RunTrackers
    private let dispatcher: Dispatcher
    private let sweeper: Sweeper
    private let journalFault: JournalFault
    private let wake: Signal
    /// The newest commit of which nothing is left to do.
    private var lastApplied: String?
    private var isPassing = false
    private var isDiskFull = false
    /// Since when the repository can't be read; nil while it can.
    private var repositoryFaultStart: ContinuousClock.Instant?

    /// How long a stop of the service waits for actions under way. The whole stop takes at most 5 s.
    private static let patience = Duration.seconds(4)

    /// Creates the units; ``run()`` starts them.
    public init(_ settings: Settings, journal: Journal, clusters: Clusters, logger: Logger) {
        let (wake, board) = (Signal(), WorkBoard())
        let journalFault = JournalFault(path: journal.path, logger: logger)
        let source = RepositorySource(settings, wake: wake, measurements: journal.measurements, logger: logger)
        let reader = CommitReader(
            settings,
            servesEveryCluster: clusters.fallback != nil,
            source,
            journal,
            board: board,
            journalFault: journalFault,
            logger: logger
        )
        let trackers = RunTrackers(
            clusters,
            comparison: settings.comparison,
            refusalDelay: settings.refusalDelay,
            RunTracker.Surroundings(journal: journal, board: board, reader: reader, wake: wake, logger: logger)
        )
        let code = CodeStore(root: settings.codeFolder, limit: settings.exportLimit)
        let runner = ActionRunner(
            journal: journal,
            requests: RunRequests(
                journal: journal,
                source: source,
                code: code
            ),
            board: board,
            stopAllowance: settings.stopAllowance,
            journalFault: journalFault,
            wake: wake,
            logger: logger
        )
        self.settings = settings
        self.journal = journal
        self.logger = logger
        self.source = source
        self.reader = reader
        self.board = board
        self.trackers = trackers
        self.journalFault = journalFault
        self.wake = wake
        sweeper = Sweeper(
            retention: settings.retention,
            interval: settings.sweepInterval,
            journal: journal,
            clusters: clusters,
            code: code,
            logger: logger
        )
        dispatcher = Dispatcher(
            journal: journal,
            trackers: trackers,
            runner: runner,
            board: board,
            concurrency: settings.concurrency,
            refusalDelay: settings.refusalDelay,
            wake: wake,
            logger: logger
        )
    }

    /// Reconciles until the service stops.
    ///
    /// A stop begins no more actions and waits a few seconds for those under way. The next start takes up the rest.
    public func run() async throws {
        if let before = try? await journal.reader.status() {
            lastApplied = before.lastApplied
            await reader.recall(before)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.source.run() }
            group.addTask { await self.sweeper.run() }
            for tracker in trackers.all {
                group.addTask { await tracker.followChanges() }
                group.addTask { await tracker.compareRuns() }
            }
            wake.send()
            for await _ in wake.requests.cancelOnGracefulShutdown() {
                await pass()
            }
            if !Task.isCancelled {
                await board.waitForActions(atMost: Self.patience)
            }
            group.cancelAll()
        }
    }

    /// Checks the repository now, because something may have been pushed. Many calls at once count as one.
    public nonisolated func checkRepository() {
        source.check()
    }

    /// Whether nothing is under way, and nothing is left to do except by jobs that wait for others.
    package func isAtRest() async throws -> Bool {
        guard await hasNothingUnderWay() else { return false }
        let left = try await journal.dirtyJobs(limit: 1, except: board.waitingJobs)
        guard left.isEmpty else { return false }
        return await hasNothingUnderWay()
    }

    /// Whether no action is under way. After ``run()`` none begins any more.
    public nonisolated var isIdle: Bool { board.isIdle }

    private func hasNothingUnderWay() async -> Bool {
        guard board.isIdle, !isPassing else { return false }
        for tracker in trackers.all where await tracker.isRecording { return false }
        return board.isIdle && !isPassing
    }

    /// One pass. A fault in it never ends the loop: it is reported, and the next pass tries again.
    private func pass() async {
        isPassing = true
        let start = ContinuousClock.now
        defer {
            isPassing = false
            journal.measurements.recordPass(.now - start)
        }
        if let fault = journal.checkFolder() {
            logger.error("\(fault)")
        }
        reportSpace()
        let changed = await reader.readNewest()
        do {
            if changed > Self.many {
                try await storeProgress()
            }
            try await dispatcher.act()
            try await storeProgress()
            journalFault.clear()
        } catch {
            journalFault.record(error)
        }
    }

    /// Logs once that the disk is full, and once that it has room again.
    private func reportSpace() {
        guard let disk = journal.reader.diskSpace, disk.isFull != isDiskFull else { return }
        isDiskFull = disk.isFull
        if isDiskFull {
            logger.error(
                "the disk of the state folder is full: logs of runs are cut, and no run starts until there is room",
                metadata: ["free": "\(disk.free >> 20) MiB"]
            )
        } else {
            logger.notice("the disk of the state folder has room again", metadata: ["free": "\(disk.free >> 20) MiB"])
        }
    }

    /// So many changed files take long to plan, and readers see the new commit before.
    private static let many = 1000

    /// Stores how the service fares, if that changed.
    private func storeProgress() async throws {
        let repository = await source.health
        guard repository.isChecked else { return }
        let head = try await journal.head()
        var status = ServiceStatus(
            repositoryURL: settings.address.description,
            branch: settings.branch,
            clusters: await trackers.states(named: reader.namedClusters)
        )
        status.head = repository.head?.description
        status.lastFetch = repository.lastFetch
        status.repositoryError = repository.fault?.message
        status.repositoryFault = repository.fault?.kind
        if repository.fault == nil, try await journal.isEmptied() {
            status.repositoryError = "clusters/ is gone from the branch \(settings.branch); its jobs go on as they were"
            status.repositoryFault = .refused
        }
        if status.repositoryError == nil, try await journal.isApplied() {
            lastApplied = head
        }
        status.lastAttempted = await reader.lastAttempted
        status.lastApplied = lastApplied
        reportRecovery(of: status)
        try await journal.recordStatus(status)
    }

    /// Logs once that the repository can be read again.
    private func reportRecovery(of status: ServiceStatus) {
        guard status.repositoryError == nil else {
            repositoryFaultStart = repositoryFaultStart ?? .now
            return
        }
        guard let start = repositoryFaultStart else { return }
        repositoryFaultStart = nil
        logger.notice("the repository can be read again", metadata: ["after": "\(Recovery.text(since: start))"])
    }
}

/// A request that one loop waits for. Requests that come while the loop is busy count as one.
struct Signal: Sendable {
    /// The requests. One consumer.
    let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (requests, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Requests one more turn of the loop.
    func send() {
        continuation.yield()
    }
}

/// The last fault of the journal, logged once and not at each pass. `ping` shows it while it lasts.
final class JournalFault: Sendable {
    private let path: String
    private let logger: Logger
    private let logged = Mutex<(fault: String, start: ContinuousClock.Instant)?>(nil)

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// Logs a fault, unless it is the last one.
    func record(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        let fault = "\(error)"
        let isNew = logged.withLock { logged in
            defer { logged = (fault, logged?.start ?? .now) }
            return logged?.fault != fault
        }
        if isNew {
            logger.error("the journal \(path) can't be written", metadata: ["error": "\(fault)"])
        }
    }

    /// Forgets the fault: the journal was written.
    func clear() {
        let start = logged.withLock { logged in
            defer { logged = nil }
            return logged?.start
        }
        if let start {
            logger.notice(
                "the journal \(path) can be written again",
                metadata: ["after": "\(Recovery.text(since: start))"]
            )
        }
    }
}

/// How long something was away, for the log.
enum Recovery {
    /// `12 s`, at least 1 s.
    static func text(since start: ContinuousClock.Instant) -> String {
        "\(max(1, (ContinuousClock.now - start).components.seconds)) s"
    }
}
