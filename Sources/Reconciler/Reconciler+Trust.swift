import Foundation
import Git
import GitMirror
import Jobs
import Journal
import Logging

extension Reconciler {
    /// A commit that is not applied, for its signature or its size.
    struct Refusal {
        let commit: ObjectID
        let reason: String
        /// When to look again: the keys may have been changed, for example.
        let retry: ContinuousClock.Instant
    }

    /// How long a refusal stands before the signature is checked again.
    private static let refusalTime = Duration.seconds(10)

    /// Whether a commit may be applied: where keys are configured, it has to be signed by one of them.
    ///
    /// A commit that may not leaves the last one that could in force, and its report says why.
    func isTrusted(_ head: ObjectID, in branch: JobsBranch) async throws -> Bool {
        guard let signers = settings.allowedSigners else { return true }
        guard let fault = await fault(of: head, signers, branch) else {
            refusal = nil
            return true
        }
        try await refuse(head, in: branch, because: fault, retry: Self.refusalTime)
        return false
    }

    /// Whether a commit was refused a short time ago.
    func isRefused(_ head: ObjectID) -> Bool {
        guard let refusal, refusal.commit == head, ContinuousClock.now < refusal.retry else { return false }
        status.repositoryError = refusal.reason
        return true
    }

    /// Leaves the last commit in force, and reports why the newest one is not.
    ///
    /// - Parameter time: after which it is looked at again.
    func refuse(_ head: ObjectID, in branch: JobsBranch, because fault: String, retry time: Duration) async throws {
        let inForce = try await journal.head().map { "commit \($0.prefix(12))" } ?? "no commit"
        let detail = ", \(inForce) stays in force: \(fault)"
        let reason = "commit \(head) is not applied\(detail)"
        if refusal?.commit != head || refusal?.reason != reason {
            logger.warning("\(reason)")
            let commit = try await branch.repository.commit(head)
            try await journal.refuse(
                CommitRecord(sha: head.description, author: commit.author.mail, message: commit.message),
                because: detail,
                now: Date()
            )
        }
        refusal = Refusal(commit: head, reason: reason, retry: .now + time)
        status.repositoryError = reason
    }

    private func fault(of head: ObjectID, _ signers: String, _ branch: JobsBranch) async -> String? {
        do throws(SignatureError) {
            switch try await CommitVerifier(allowedSigners: signers).verify(head, in: branch.repository) {
            case .good: return nil
            case .unsigned: return "it is not signed; sign it with an allowed key: git commit --amend --gpg-sign"
            case .bad(let reason): return reason
            }
        } catch {
            return error.description
        }
    }
}
