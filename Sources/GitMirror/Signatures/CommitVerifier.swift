import Foundation
public import Git

/// Checks commits' signatures by the programs that git itself uses: `ssh-keygen` for SSH keys, `gpgv` for OpenPGP.
///
/// A key has to be valid now, and an SSH key also at the time at which the committer says to have made the commit, as git has it. The
/// committer's date alone proves nothing: whoever holds an expired key can choose it.
public struct CommitVerifier: Sendable {
    private let path: String
    private let timeout: Duration

    /// - Parameters:
    ///   - path: a file or a folder with the keys that may sign, looked at anew for each commit:
    ///     - a file: SSH keys in ssh-keygen's form of ALLOWED SIGNERS; ending in `.gpg`, `.asc` or `.kbx`: OpenPGP public keys.
    ///     - a folder: `allowed_signers`, beside it `revoked_keys` (SSH public keys, or a KRL), and any number of keyrings.
    ///   - timeout: how long one of the programs may take. Default 10 s.
    public init(allowedSigners path: String, timeout: Duration = .seconds(10)) {
        self.path = path.absolutePath
        self.timeout = timeout
    }

    /// Checks the signature of a commit. It covers the whole tree and all commits before, through their ids.
    ///
    /// - Throws: ``SignatureError`` where it could not be found out: the commit then is as good as unsigned.
    public func verify(_ id: ObjectID, in repository: Repository) async throws(SignatureError) -> CommitSignature {
        let allowed = try AllowedSigners(at: path)
        let commit: SignedCommit?
        do throws(GitError) {
            commit = try await repository.signedCommit(id)
        } catch {
            throw .unreadable(error)
        }
        guard let commit else { return .unsigned }
        let desk = try VerificationDesk(timeout: timeout)
        let text = String(decoding: commit.signature, as: UTF8.self)
        if text.hasPrefix("-----BEGIN SSH SIGNATURE-----") {
            guard let signers = allowed.signers else {
                return .bad(reason: "it is signed with an SSH key, and \(path) has none")
            }
            let check = SSHVerification(desk: desk, signers: signers, revoked: allowed.revoked)
            return try await check.verify(commit)
        }
        if text.hasPrefix("-----BEGIN PGP SIGNATURE-----") || text.hasPrefix("-----BEGIN PGP MESSAGE-----") {
            guard !allowed.keyrings.isEmpty else {
                return .bad(reason: "it is signed with an OpenPGP key, and \(path) has none")
            }
            return try await OpenPGPVerification(desk: desk, keyrings: allowed.keyrings).verify(commit)
        }
        return .bad(reason: "its signature is neither one of SSH nor of OpenPGP")
    }
}
