import Foundation
import Git
import Jobs
import Journal
import Logging

extension Reconciler {
    /// A commit that is not applied for its signature.
    struct Refusal {
        let commit: ObjectID
        let reason: String
        /// When to look again: the keys may have been changed.
        let retry: ContinuousClock.Instant
    }

    /// How long a refusal stands before the signature is checked again.
    private static let refusalTime = Duration.seconds(10)

    /// Whether a commit may be applied: where keys are configured, it has to be signed by one of them.
    ///
    /// A commit that may not leaves the last one that could in force, and its report says why.
    func isTrusted(_ head: ObjectID, in branch: JobsBranch) async throws -> Bool {
        guard let signers = settings.allowedSigners else { return true }
        if let refusal, refusal.commit == head, ContinuousClock.now < refusal.retry {
            status.repositoryError = refusal.reason
            return false
        }
        guard let fault = await fault(of: head, signers, branch) else {
            refusal = nil
            return true
        }
        let inForce = try await journal.head().map { "commit \($0.prefix(12))" } ?? "no commit"
        let reason = "commit \(head) is not applied, \(inForce) stays in force: \(fault)"
        if refusal?.commit != head || refusal?.reason != reason {
            logger.warning("\(reason)")
            let commit = try await branch.repository.commit(head)
            try await journal.refuse(
                CommitRecord(sha: head.description, author: commit.author.mail, message: commit.message),
                because: reason,
                now: Date()
            )
        }
        refusal = Refusal(commit: head, reason: reason, retry: .now + Self.refusalTime)
        status.repositoryError = reason
        return false
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
