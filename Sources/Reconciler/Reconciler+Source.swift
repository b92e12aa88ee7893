import Foundation
import Git
import GitMirror
import JobFile
import JobTree
import Jobs
import Journal
import Logging

extension Reconciler {
    /// So many changed files are taken in, and planned, long enough for somebody to wait for the first of both.
    private static let many = 1000

    /// What an earlier service noted of its progress stays known.
    func recall() async {
        guard let before = try? await journal.reader.status() else { return }
        status.lastAttempted = before.lastAttempted
        status.lastApplied = before.lastApplied
        if clusters.fallback != nil {
            namedClusters = (try? await journal.clusterIDs()) ?? []
        }
    }

    /// Takes in the branch's newest commit, if it is not the journal's already.
    func takeInNewest() async {
        do throws(GitError) {
            try await look()
        } catch {
            guard branch != nil else { return noteFault(error) }
            // The handle may hold on to files that were packed or replaced meanwhile: what is wrong shows with a new one too.
            branch = nil
            do throws(GitError) {
                try await look()
            } catch {
                noteFault(error)
            }
        }
    }

    /// - Throws: ``GitError`` where the repository can't be read; what is wrong with the journal is noted.
    private func look() async throws(GitError) {
        do {
            guard let branch = try openBranch() else { return }
            let head = try await branch.head()
            noteLook(head)
            guard let head else {
                try await noteMissingBranch()
                return
            }
            status.repositoryError = fetchError
            let old = try await journal.head()
            if head.description != old {
                guard !isRefused(head), try await isTrusted(head, in: branch) else { return }
                do {
                    try await takeIn(head, since: old.flatMap(ObjectID.init), branch)
                } catch let error as GitError where error.isPermanent {
                    return try await refuse(head, in: branch, because: "\(error)", retry: .seconds(3600))
                } catch let error as RepositoryTooLarge {
                    return try await refuse(head, in: branch, because: "\(error)", retry: .seconds(3600))
                }
            }
            if needsAudit {
                try await audit(head, branch)
            }
            try await judgeOrphans(at: head, branch)
        } catch let error as GitError {
            throw error
        } catch {
            noteJournalFault(error)
        }
    }

    private func takeIn(_ head: ObjectID, since old: ObjectID?, _ branch: JobsBranch) async throws {
        try await takeIn(try await branch.news(at: head, since: old, journal: journal), head)
        if old == nil {
            needsAudit = false
        }
    }

    /// Takes in again what the journal does not have of the commit that it has taken in: a damaged file may have lost jobs.
    func audit(_ head: ObjectID, _ branch: JobsBranch) async throws {
        let news = try await branch.news(at: head, since: head, comparesAll: true, journal: journal)
        if !news.changes.isEmpty {
            logger.warning("the journal lacks jobs of the newest commit", metadata: ["files": "\(news.changes.count)"])
            try await takeIn(news, head)
        }
        needsAudit = false
    }

    private func takeIn(_ news: JobsBranch.News, _ head: ObjectID) async throws {
        try await journal.takeIn(
            news.commit,
            skipped: news.skipped,
            changes: news.changes,
            strays: news.strays,
            notes: news.notes,
            approvesPruning: news.approvesPruning,
            now: Date()
        )
        status.lastAttempted = head.description
        if news.changes.count > Self.many {
            try await journal.note(status)
        }
        if clusters.fallback != nil {
            namedClusters = try await journal.clusterIDs()
        }
        forgetFailures(of: news)
        logger.info(
            "commit taken in",
            metadata: ["commit": "\(head)", "files": "\(news.changes.count)", "author": "\(news.commit.author)"]
        )
        report(news)
    }

    /// A change is tried at once, however often the one before failed.
    private func forgetFailures(of news: JobsBranch.News) {
        waiting = [:]
        guard !backoffs.isEmpty || !resting.isEmpty else { return }
        for change in news.changes {
            backoffs[change.key] = nil
            resting.remove(change.key)
        }
    }

    /// Nil where nothing has been fetched yet.
    private func openBranch() throws -> JobsBranch? {
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

    private func noteLook(_ head: ObjectID?) {
        status.head = head?.description
        if mirror == nil {
            hasLooked = true
            status.lastFetch = Date()
        }
    }

    /// A branch that was there before and is gone stops nothing: the last good state stays in force.
    private func noteMissingBranch() async throws {
        let wasServed = try await journal.head() != nil
        let message = "the branch \(settings.branch) is gone; the jobs go on as its last commit had them"
        if wasServed, status.repositoryError != message {
            logger.warning("\(message)")
        }
        status.repositoryError = fetchError ?? (wasServed ? message : nil)
    }

    private func noteFault(_ error: GitError) {
        // What was read so far is not used; a new handle, since the old one may hold on to files that are gone.
        branch = nil
        hasLooked = true
        let text = "\(error)"
        if status.repositoryError != text {
            logger.error("the repository can't be read", metadata: ["error": "\(text)"])
        }
        status.repositoryError = text
        if mirror != nil, error.isDamage {
            needsRebuild = true
            fetch.yield()
        }
    }

    /// How each cluster fares, by the calls to its backend.
    private func noteClusters() {
        let members: [(id: String, member: Clusters.Member)]
        if let fallback = clusters.fallback {
            members = namedClusters.map { ($0, clusters.members[$0] ?? fallback) }
        } else {
            members = clusters.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        status.clusters = members.map { id, member in
            let fault = health[member.backend].fault
            return ServiceStatus.Cluster(id: id, backend: member.kind, reachable: fault == nil, error: fault)
        }
    }

    /// How many issues of a commit are logged; its report has more.
    private static let loggedMost = 100

    private func report(_ news: JobsBranch.News) {
        let strays = news.notes + news.strays.sorted { $0.key < $1.key }.flatMap(\.value)
        for issue in strays.prefix(Self.loggedMost) {
            logger.warning("\(issue)")
        }
        let changes = news.changes.lazy.flatMap(\.issues)
        for issue in changes.prefix(max(0, Self.loggedMost - strays.count)) {
            logger.warning("\(issue)")
        }
        let more = strays.count + news.changes.reduce(0) { $0 + $1.issues.count } - Self.loggedMost
        if more > 0 {
            logger.warning("and \(more) more issues; see GET /api/v1alpha1/commits/\(news.commit.sha)")
        }
    }

    /// Writes down how the service fares, where that changed.
    func noteProgress() async throws {
        let isDone = try await journal.dirtyJobs(limit: 1).isEmpty
        noteClusters()
        if status.repositoryError == nil, try await journal.isEmptied() {
            status.repositoryError = "clusters/ is gone from the branch \(settings.branch); its jobs go on as they were"
        }
        if isDone, status.repositoryError == nil {
            status.lastApplied = try await journal.head()
        }
        try await journal.note(status)
    }
}
