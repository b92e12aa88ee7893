public import Foundation
import Git
public import GitMirror
public import Jobs
public import Journal
public import Logging
public import ServiceLifecycle

/// The loop: reads the newest commit, plans it against what is in force, carries the plan out, and notes what became of it.
///
/// It is level-triggered: whatever woke it, it compares the newest tree with the journal, so a signal that is lost or comes
/// twice changes nothing. One job has at most one action under way; a push in the meantime is planned when that is done.
public actor Reconciler: Service {
    /// What is served, and how often it is looked at without a sign of change.
    public struct Settings: Sendable {
        /// Where the repository is.
        public var address: RepositoryAddress
        /// The branch whose newest commit counts. Default: `main`.
        public var branch: String
        /// How often is looked without a sign of change: the poll that backs up the watch on a local repository's references, and
        /// the fetches of a remote one. Default: 15 s.
        public var interval: Duration
        /// How a remote repository is fetched.
        public var mirror = MirrorSettings()
        /// Where a remote repository is mirrored to.
        public var mirrorFolder: URL
        /// The keys that may sign the branch's newest commit, see ``CommitVerifier``; nil takes any commit.
        public var allowedSigners: String?
        /// The most bytes of one folder of code that is taken out. Default: 2 GiB.
        public var exportLimit = 2 << 30
        /// Where code is taken out to.
        public var codeFolder: URL
        /// What keeps a careless push from deleting many jobs.
        public var pruneGuard: PruneGuard
        /// How many actions of one cluster are under way at a time.
        public var concurrency: Int
        /// How many job files are taken in.
        package var fileLimits = FileLimits()
        /// How long a stop may take beyond the grace period before other jobs get its slot. Default: 10 s.
        package var stopAllowance = Duration.seconds(10)
        /// How often a backend's runs are compared with the journal's, besides at the start and after an outage. Default: 5 min.
        public var comparison = Duration.seconds(300)

        /// Only the address and the folders have no default.
        public init(
            address: RepositoryAddress,
            branch: String = "main",
            interval: Duration = .seconds(15),
            codeFolder: URL,
            mirrorFolder: URL,
            pruneGuard: PruneGuard = PruneGuard(),
            concurrency: Int = 16
        ) {
            self.address = address
            self.branch = branch
            self.interval = interval
            self.codeFolder = codeFolder
            self.mirrorFolder = mirrorFolder
            self.pruneGuard = pruneGuard
            self.concurrency = concurrency
        }
    }

    let settings: Settings
    let journal: Journal
    let clusters: Clusters
    let code: CodeStore
    let logger: Logger
    var branch: JobsBranch?
    /// Nil where the repository is read in place.
    let mirror: Mirror?
    /// Why the last fetch failed; nil where it did not.
    var fetchError: String?
    /// Whether somebody has to mend what it failed for.
    var isFetchFaultPermanent = false
    /// Whether the mirror is damaged.
    var needsRebuild = false
    /// Whether the repository has been looked at since the start, with success or not.
    var hasLooked = false
    /// The commit that is not applied, for its signature or its size.
    var refusal: Refusal?
    var status: ServiceStatus
    /// One for each backend.
    var health: [BackendHealth]
    /// Asks for a comparison of a backend's runs; one for each backend.
    let looks: [(stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)]
    /// What asks for the next comparison of a backend's runs when it is due.
    var nextLooks: [Int: Task<Void, Never>] = [:]
    /// Whether runs were taken over since jobs without a file were last looked for, maybe by an earlier service.
    var hasAdopted = true
    /// Whether the journal's jobs are to be held against the whole tree, and not against what a push changed: at the start, as the file may
    /// have lost some, and where runs turned up of which it has no file.
    var needsAudit = true
    /// Whether a pass is under way.
    var isPassing = false
    /// The clusters that jobs name; only kept where every cluster is served.
    var namedClusters: [String] = []
    /// What was last logged as wrong with the journal.
    var journalFault: String?
    /// The actions that are under way, by job.
    var underWay: [JobKey: Task<Void, Never>] = [:]
    /// Of these, the jobs whose run is being stopped.
    var stopping: Set<JobKey> = []
    /// Of these, the jobs whose stop takes long: they have no slot.
    var lingering: Set<JobKey> = []
    var backoffs: [JobKey: Backoff] = [:]
    /// Runs of which an observation is being written.
    var noting: Set<RunID> = []
    /// Of these, the runs that changed meanwhile.
    var askedAgain: Set<RunID> = []
    /// Jobs that wait for another try.
    var resting: Set<JobKey> = []
    /// Jobs that wait for others to succeed, each with those.
    var waiting: [JobKey: Set<JobKey>] = [:]
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    let fetches: AsyncStream<Void>
    let fetch: AsyncStream<Void>.Continuation

    /// Puts the loop together; ``run()`` starts it.
    public init(_ settings: Settings, journal: Journal, clusters: Clusters, logger: Logger) {
        self.settings = settings
        self.journal = journal
        self.clusters = clusters
        self.logger = logger
        code = CodeStore(root: settings.codeFolder, limit: settings.exportLimit)
        status = ServiceStatus(
            repositoryURL: settings.address.description,
            branch: settings.branch,
            clusters: clusters.members.sorted { $0.key < $1.key }.map { .init(id: $0.key, backend: $0.value.kind) }
        )
        health = clusters.backends.map { _ in BackendHealth() }
        looks = clusters.backends.map { _ in AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (fetches, fetch) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        mirror =
            switch settings.address {
            case .local: nil
            case .remote(let address):
                Mirror(of: address, branch: settings.branch, settings.mirror, in: settings.mirrorFolder.path)
            }
    }

    /// How long a stop waits for actions that are under way: a stop of the service takes at most 5 s.
    private static let patience = Duration.seconds(4)

    /// Reconciles until it is told to stop.
    ///
    /// It then begins nothing more and waits shortly for what is under way; what takes longer is taken up again at the next start.
    public func run() async throws {
        await recall()
        await withTaskGroup(of: Void.self) { group in
            if let mirror {
                group.addTask { await self.follow(mirror) }
                group.addTask { await self.callFetches() }
            } else {
                group.addTask { await self.watchReferences() }
                group.addTask { await self.poll() }
            }
            for index in clusters.backends.indices {
                group.addTask { await self.follow(index) }
                group.addTask { await self.compareRuns(of: index) }
            }
            wake()
            for await _ in wakeUps.cancelOnGracefulShutdown() {
                await pass()
            }
            if !Task.isCancelled {
                await finishActions(within: Self.patience)
            }
            group.cancelAll()
        }
    }

    /// Tells that something may have been pushed: the repository is looked at now. Many calls at once are as one.
    public nonisolated func lookAgain() {
        if mirror == nil {
            wake()
        } else {
            fetch.yield()
        }
    }

    /// Asks for a pass; while one is under way, for another after it.
    nonisolated func wake() {
        wakeUp.yield()
    }

    private func finishActions(within time: Duration) async {
        let actions = Array(underWay.values)
        let (ends, end) = AsyncStream<Void>.makeStream()
        let watch = Task {
            for action in actions {
                await action.value
            }
            end.finish()
        }
        let clock = Task {
            try? await Task.sleep(for: time)
            end.finish()
        }
        for await _ in ends {}
        watch.cancel()
        clock.cancel()
    }

    private func poll() async {
        while (try? await Task.sleep(for: settings.interval)) != nil {
            wake()
        }
    }

    private func watchReferences() async {
        guard case .local(let path) = settings.address else { return }
        while !Task.isCancelled {
            do {
                for await _ in try await RefWatcher(repository: path, branch: settings.branch) {
                    wake()
                }
            } catch {
                logger.debug("the references can't be watched; polling alone", metadata: ["error": "\(error)"])
            }
            // The repository may be made later, or made anew.
            try? await Task.sleep(for: settings.interval)
        }
    }

    /// One pass. Nothing that goes wrong in it ends the loop: it is reported, and the next pass tries again.
    private func pass() async {
        isPassing = true
        defer { isPassing = false }
        if let fault = journal.checkFolder() {
            logger.error("\(fault)")
        }
        await takeInNewest()
        do {
            try await act()
            if hasLooked {
                try await noteProgress()
            }
            journalFault = nil
        } catch {
            noteJournalFault(error)
        }
    }

    /// Tells once what keeps the journal from being written; `ping` has it as long as it lasts.
    func noteJournalFault(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        let fault = "\(error)"
        if journalFault != fault {
            logger.error("the journal \(journal.path) can't be written", metadata: ["error": "\(fault)"])
        }
        journalFault = fault
    }
}
