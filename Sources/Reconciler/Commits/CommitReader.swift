import Foundation
import Git
import Journal
import Logging

/// Writes the branch's newest commit into the journal.
///
/// A commit is written whole or not at all, and only after its tree was read without a fault. If it can't be, or may not be
/// applied, the commit before stays in force.
actor CommitReader {
    private let source: RepositorySource
    private let journal: Journal
    private let board: WorkBoard
    private let journalFault: JournalFault
    private let logger: Logger
    private var gate: CommitGate
    /// Whether to compare the whole tree with the journal: its file may have lost jobs while the service was down.
    private var needsAudit = true
    /// Whether runs may have been adopted that belong to no job file, also by an earlier service.
    private var mayHaveOrphans = true
    /// The newest commit that was written into the journal.
    private(set) var lastAttempted: String?
    /// Whether every cluster that a job file names is served.
    private let servesEveryCluster: Bool
    /// The clusters that job files name; empty unless every cluster is served.
    private(set) var namedClusters: [String] = []

    init(
        _ settings: Reconciler.Settings,
        servesEveryCluster: Bool,
        _ source: RepositorySource,
        _ journal: Journal,
        board: WorkBoard,
        journalFault: JournalFault,
        logger: Logger
    ) {
        self.source = source
        self.journal = journal
        self.board = board
        self.journalFault = journalFault
        self.logger = logger
        self.servesEveryCluster = servesEveryCluster
        gate = CommitGate(allowedSigners: settings.allowedSigners)
    }

    /// Takes over what an earlier service recorded.
    func recall(_ status: ServiceStatus) async {
        lastAttempted = status.lastAttempted
        if servesEveryCluster {
            namedClusters = (try? await journal.clusterIDs()) ?? []
        }
    }

    /// Checks for orphans at the next pass: a run was adopted.
    func expectOrphans() {
        mayHaveOrphans = true
    }

    /// Writes the newest commit into the journal, unless it is there already.
    ///
    /// - Returns: how many job files changed.
    func readNewest() async -> Int {
        do throws(GitError) {
            return try await readHead()
        } catch {
            guard await source.closeBranch() else {
                await source.recordFault(error)
                return 0
            }
            // The files may have been packed or replaced meanwhile: only a fault that a new handle finds too counts.
            do throws(GitError) {
                return try await readHead()
            } catch {
                await source.recordFault(error)
                return 0
            }
        }
    }

    /// - Throws: ``GitError`` if the repository can't be read. A fault of the journal is recorded.
    private func readHead() async throws(GitError) -> Int {
        do {
            guard let branch = try await source.openBranch() else { return 0 }
            let head = try await branch.head()
            await source.recordHead(head)
            let old = try await journal.head()
            guard let head else {
                await source.recordMissingBranch(wasServed: old != nil)
                return 0
            }
            var count = 0
            if head.description != old {
                guard let changed = try await readChanges(at: head, since: old.flatMap(ObjectID.init), branch) else {
                    return 0
                }
                count = changed
            }
            if needsAudit {
                count += try await audit(head, branch)
                try await fillAuthors(branch)
            }
            try await judgeOrphans(at: head, branch)
            return count
        } catch let error as GitError {
            throw error
        } catch {
            journalFault.record(error)
            return 0
        }
    }

    /// - Returns: how many job files changed; nil if the commit is refused.
    private func readChanges(at head: ObjectID, since old: ObjectID?, _ branch: JobsBranch) async throws -> Int? {
        if let reason = gate.standingRefusal(of: head, at: .now) {
            await source.recordRefusal(reason)
            return nil
        }
        if let fault = await gate.signatureFault(of: head, in: branch.repository) {
            try await refuse(head, in: branch, because: fault, retry: CommitGate.signatureRetry)
            return nil
        }
        let news: JobsBranch.News
        do {
            news = try await branch.news(at: head, since: old, journal: journal)
        } catch let error as GitError where error.isPermanent {
            try await refuse(head, in: branch, because: "\(error)", retry: CommitGate.contentRetry)
            return nil
        } catch let error as RepositoryTooLarge {
            try await refuse(head, in: branch, because: "\(error)", retry: CommitGate.contentRetry)
            return nil
        }
        try await store(news, head)
        gate.accept()
        if old == nil {
            needsAudit = false
        }
        return news.changes.count
    }

    /// Keeps the last commit in force, and reports why the newest one is not.
    private func refuse(
        _ head: ObjectID,
        in branch: JobsBranch,
        because fault: String,
        retry: Duration
    ) async throws {
        let inForce = try await journal.head().map { "commit \($0.prefix(12))" } ?? "no commit"
        let detail = ", \(inForce) stays in force: \(fault)"
        let reason = "commit \(head) is not applied\(detail)"
        if gate.refuse(head, because: reason, until: .now + retry) {
            logger.warning("\(reason)")
            let commit = try await branch.repository.commit(head)
            try await journal.recordRefusal(
                of: CommitRecord(sha: head.description, author: commit.author.mail, message: commit.message),
                because: detail,
                now: Date()
            )
        }
        await source.recordRefusal(reason)
    }

    /// Writes what the journal lacks of a commit that it has already.
    ///
    /// - Returns: how many job files it lacked.
    private func audit(_ head: ObjectID, _ branch: JobsBranch) async throws -> Int {
        let news = try await branch.news(at: head, since: head, comparesAll: true, journal: journal)
        if !news.changes.isEmpty {
            logger.warning("the journal lacks jobs of the newest commit", metadata: ["files": "\(news.changes.count)"])
            try await store(news, head)
        }
        needsAudit = false
        return news.changes.count
    }

    /// Adds the authors that a journal of an earlier version lacks. A commit that is gone stays without an author.
    private func fillAuthors(_ branch: JobsBranch) async throws {
        var known: [String: String] = [:]
        var authors: [(file: UnknownAuthor, author: String)] = []
        for file in try await journal.unknownAuthors() {
            if known[file.commit] == nil, let id = ObjectID(file.commit) {
                known[file.commit] = try? await branch.repository.commit(id).author.mail
            }
            if let author = known[file.commit] {
                authors.append((file, author))
            }
        }
        guard !authors.isEmpty else { return }
        try await journal.recordAuthors(authors)
    }

    private func store(_ news: JobsBranch.News, _ head: ObjectID) async throws {
        try await journal.recordCommit(
            news.commit,
            skipped: news.skipped,
            changes: news.changes,
            strays: news.strays,
            notes: news.notes,
            codeFolders: news.codeFolders,
            approvesPruning: news.approvesPruning,
            now: Date()
        )
        lastAttempted = head.description
        if servesEveryCluster {
            namedClusters = try await journal.clusterIDs()
        }
        // A change is tried at once, however often the one before failed.
        board.resetJobs(news.changes.map(\.key))
        logger.info(
            "commit read",
            metadata: ["commit": "\(head)", "files": "\(news.changes.count)", "author": "\(news.commit.author)"]
        )
        log(news)
    }

    /// The most issues of a commit that are logged; its report has all.
    private static let mostLogged = 100

    private func log(_ news: JobsBranch.News) {
        let strays = news.notes + news.strays.sorted { $0.key < $1.key }.flatMap(\.value)
        for issue in strays.prefix(Self.mostLogged) {
            logger.warning("\(issue)")
        }
        let changes = news.changes.lazy.flatMap(\.issues)
        for issue in changes.prefix(max(0, Self.mostLogged - strays.count)) {
            logger.warning("\(issue)")
        }
        let more = strays.count + news.changes.reduce(0) { $0 + $1.issues.count } - Self.mostLogged
        if more > 0 {
            logger.warning("and \(more) more issues; see GET /api/v1alpha1/commits/\(news.commit.sha)")
        }
    }
}

// MARK: - Orphans

extension CommitReader {
    /// Decides on adopted jobs without a file: after the loss of a journal, nobody knows whether their delete was held.
    ///
    /// A job that is stopped or over is deleted. A running one is judged like a push that deletes it now.
    private func judgeOrphans(at head: ObjectID, _ branch: JobsBranch) async throws {
        guard mayHaveOrphans else { return }
        mayHaveOrphans = false
        do {
            var orphans = try await journal.orphans()
            if !orphans.isEmpty {
                // The file may exist and only its row be lost: a journal that lost rows must not delete a job.
                _ = try await audit(head, branch)
                orphans = try await journal.orphans()
            }
            guard !orphans.isEmpty else { return }
            let reasons = try await branch.reasonsToKeep(orphans, at: head, journal: journal)
            let judged = orphans.map { (key: $0.key, reason: reasons[$0.key]) }
            for orphan in judged {
                logger.warning(
                    "a job without a file",
                    metadata: ["job": "\(orphan.key)", "held": "\(orphan.reason ?? "no, it is deleted")"]
                )
            }
            try await journal.judgeOrphans(judged, at: head.description, now: Date())
        } catch {
            mayHaveOrphans = true
            throw error
        }
    }
}
