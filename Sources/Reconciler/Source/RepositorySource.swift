import Foundation
import Git
import GitMirror
import Journal
import Logging

/// Watches or fetches the repository, and opens its branch.
///
/// A damaged or replaced repository never stays open: after a fault the branch is opened again. A stalled server delays no job,
/// because fetches run beside the passes.
actor RepositorySource {
    private let settings: Reconciler.Settings
    /// Nil if the repository is read in place.
    private let mirror: Mirror?
    private let fetches = Signal()
    private let wake: Signal
    private let measurements: Measurements
    private let logger: Logger
    private var branch: JobsBranch?
    /// Whether the mirror is damaged and must be made again.
    private var needsRebuild = false
    private(set) var health = RepositoryHealth()

    /// Creates the source of the settings' repository; ``run()`` follows it.
    init(_ settings: Reconciler.Settings, wake: Signal, measurements: Measurements, logger: Logger) {
        self.settings = settings
        self.wake = wake
        self.measurements = measurements
        self.logger = logger
        mirror =
            switch settings.address {
            case .local: nil
            case .remote(let address):
                Mirror(of: address, branch: settings.branch, settings.mirror, in: settings.mirrorFolder.path)
            }
    }

    /// Requests a pass whenever the branch may have moved, until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            if let mirror {
                group.addTask { await self.fetchWhenRequested(into: mirror) }
                group.addTask { await self.requestFetches() }
            } else {
                group.addTask { await self.watchReferences() }
                group.addTask { await self.poll() }
            }
        }
    }

    /// Checks the repository now. Many calls at once count as one.
    nonisolated func check() {
        mirror == nil ? wake.send() : fetches.send()
    }

    /// The open repository; nil while it can't be read.
    var repository: Repository? { branch?.repository }

    /// Opens the branch, or returns the open one; nil before the first fetch.
    func openBranch() throws(GitError) -> JobsBranch? {
        if let branch { return branch }
        let path: String
        switch settings.address {
        case .local(let folder): path = folder
        case .remote:
            guard let mirror, FileManager.default.fileExists(atPath: mirror.path) else { return nil }
            path = mirror.path
        }
        let opened = JobsBranch(
            repository: try Repository.open(path: path),
            history: try Repository.open(path: path),
            name: settings.branch,
            pruneGuard: settings.pruneGuard,
            limits: settings.fileLimits
        )
        branch = opened
        return opened
    }

    /// Closes the branch: its files may have been packed or replaced.
    ///
    /// - Returns: whether it was open.
    func closeBranch() -> Bool {
        defer { branch = nil }
        return branch != nil
    }
}

// MARK: - Health

extension RepositorySource {
    /// Records the newest commit of the branch; nil if the branch is absent.
    func recordHead(_ head: ObjectID?) {
        health.recordHead(head, readAt: mirror == nil ? Date() : nil)
    }

    /// Records that the branch is absent. A branch that was served before keeps its last commit in force.
    func recordMissingBranch(wasServed: Bool) {
        let message = "the branch \(settings.branch) is gone; the jobs go on as its last commit had them"
        let fault = RepositoryHealth.Fault(kind: .branchMissing, message: message)
        if health.recordBranchFault(wasServed ? fault : nil), wasServed {
            logger.warning("\(message)")
        }
    }

    /// Records why the newest commit is not applied.
    func recordRefusal(_ reason: String) {
        health.recordRefusal(reason)
    }

    /// Records that the repository can't be read, and has a damaged mirror made again.
    func recordFault(_ error: GitError) {
        branch = nil
        if health.recordReadFault(RepositoryHealth.Fault(kind: RepositoryFault(error), message: "\(error)")) {
            logger.error("the repository can't be read", metadata: ["error": "\(error)"])
        }
        if mirror != nil, error.isDamage {
            needsRebuild = true
            fetches.send()
        }
    }
}

// MARK: - A repository on this machine

extension RepositorySource {
    private func poll() async {
        while (try? await Task.sleep(for: settings.interval)) != nil {
            wake.send()
        }
    }

    private func watchReferences() async {
        guard case .local(let path) = settings.address else { return }
        while !Task.isCancelled {
            do {
                for await _ in try await RefWatcher(repository: path, branch: settings.branch) {
                    wake.send()
                }
            } catch {
                logger.debug("the references can't be watched, only polled", metadata: ["error": "\(error)"])
            }
            // The repository may be made later, or replaced.
            try? await Task.sleep(for: settings.interval)
        }
    }
}

// MARK: - A remote repository

extension RepositorySource {
    /// The shortest time between two fetches, however many webhooks arrive.
    private static let shortestFetchPause = Duration.seconds(1)

    private func fetchWhenRequested(into mirror: Mirror) async {
        for await _ in fetches.requests {
            let start = ContinuousClock.now
            do throws(MirrorError) {
                let isRebuilding = needsRebuild
                let fetched = isRebuilding ? try await mirror.rebuild() : try await mirror.fetch()
                if isRebuilding {
                    needsRebuild = false
                    branch = nil
                    logger.notice("the damaged mirror has been replaced", metadata: ["path": "\(mirror.path)"])
                }
                health.recordFetch(at: Date())
                measurements.recordFetch(.now - start, failure: nil)
                if case .moved = fetched {
                    logger.debug("fetched", metadata: ["head": "\(fetched.head?.description ?? "")"])
                }
                maintain(mirror)
            } catch {
                recordFetchFault(await explained(error), after: .now - start)
            }
            wake.send()
            // Anyone who sees a signed webhook can repeat it. Requests that come during the pause count as one.
            try? await Task.sleep(for: min(settings.interval, Self.shortestFetchPause))
        }
    }

    /// Requests a fetch at each interval, sooner after a fault that may go by itself, later after one that somebody must mend.
    private func requestFetches() async {
        var backoff = Backoff()
        fetches.send()
        while !Task.isCancelled {
            var delay = settings.interval
            if health.fetchFault == nil {
                backoff = Backoff()
            } else {
                let pause = backoff.nextDelay(jitter: Double.random(in: 0...1))
                delay = health.isFetchFaultPermanent ? max(delay, pause) : min(delay, pause)
            }
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            fetches.send()
        }
    }

    /// The same error, or a clearer one: git does not say that a certificate has expired.
    private func explained(_ error: MirrorError) async -> MirrorError {
        guard case .certificateNotTrusted(let host, _) = error, let date = await settings.readCertificateExpiry?(),
            date < Date()
        else { return error }
        return .certificateExpired(host: host, date: date.formatted(.iso8601))
    }

    private func recordFetchFault(_ error: MirrorError, after duration: Duration) {
        guard let kind = RepositoryFault(error) else { return }
        measurements.recordFetch(duration, failure: kind)
        if case .mirrorDamaged = error {
            needsRebuild = true
        }
        let fault = RepositoryHealth.Fault(kind: kind, message: error.description)
        if health.recordFetchFault(fault, isPermanent: error.isPermanent) {
            logger.error("the repository can't be fetched", metadata: ["error": "\(error)"])
        }
    }

    /// Packs the mirror while passes go on.
    private func maintain(_ mirror: Mirror) {
        Task {
            do throws(MirrorError) {
                let done = try await mirror.maintain()
                if done != .notNeeded {
                    logger.debug("the mirror is packed", metadata: ["how": "\(done)"])
                }
            } catch {
                logger.warning("the mirror can't be packed", metadata: ["error": "\(error)"])
            }
        }
    }
}
