import Git
import GitMirror

/// Decides whether the newest commit may be applied, and remembers the one that may not.
///
/// At most one commit is refused at a time. A refusal stands until another commit comes or its time is over; then the commit is
/// checked again, because the keys may have changed.
struct CommitGate: Sendable {
    /// The file of the keys that may sign; nil accepts any commit.
    let allowedSigners: String?
    private var refusal: Refusal?

    private struct Refusal {
        let commit: ObjectID
        let reason: String
        let end: ContinuousClock.Instant
    }

    /// How long a refusal for a signature stands.
    static let signatureRetry = Duration.seconds(10)
    /// How long a refusal for the content of a commit stands.
    static let contentRetry = Duration.seconds(3600)

    init(allowedSigners: String?) {
        self.allowedSigners = allowedSigners
    }

    /// Why a commit was refused a short time ago; nil if it must be checked now.
    func standingRefusal(of head: ObjectID, at now: ContinuousClock.Instant) -> String? {
        guard let refusal, refusal.commit == head, now < refusal.end else { return nil }
        return refusal.reason
    }

    /// Refuses a commit until a time.
    ///
    /// - Returns: whether the commit or the reason is another one than before.
    mutating func refuse(_ head: ObjectID, because reason: String, until end: ContinuousClock.Instant) -> Bool {
        defer { refusal = Refusal(commit: head, reason: reason, end: end) }
        return refusal?.commit != head || refusal?.reason != reason
    }

    /// Drops the refusal: the newest commit is accepted.
    mutating func accept() {
        refusal = nil
    }

    /// Why the signature of a commit is not accepted; nil if it is.
    func signatureFault(of head: ObjectID, in repository: Repository) async -> String? {
        guard let allowedSigners else { return nil }
        do throws(SignatureError) {
            switch try await CommitVerifier(allowedSigners: allowedSigners).verify(head, in: repository) {
            case .good: return nil
            case .unsigned: return "it is not signed; sign it with an allowed key: git commit --amend --gpg-sign"
            case .bad(let reason): return reason
            }
        } catch {
            return error.description
        }
    }
}
