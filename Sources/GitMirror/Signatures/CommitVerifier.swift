import Foundation
public import Git
import Platform

/// Checks signatures of commits by the programs that git uses: `ssh-keygen` for SSH keys, `gpgv` for OpenPGP keys.
///
/// A key must be valid now. As in git, an SSH key must also be valid at the committer's time, but that time alone
/// proves nothing: the holder of an expired key can choose it.
public struct CommitVerifier: Sendable {
    private let path: String
    private let timeout: Duration

    /// - Parameters:
    ///   - path: a file or a folder with the allowed keys, read for each commit:
    ///     - a file: SSH keys in ssh-keygen's form of ALLOWED SIGNERS; ending in `.gpg`, `.asc` or `.kbx`: OpenPGP
    ///       public keys.
    ///     - a folder: `allowed_signers`, beside it `revoked_keys` (SSH public keys, or a KRL), and any number of keyrings.
    ///   - timeout: the time limit of each program. Default: 10 s.
    public init(allowedSigners path: String, timeout: Duration = .seconds(10)) {
        self.path = path.absolutePath
        self.timeout = timeout
    }

    /// Checks the signature of a commit. Through the ids it covers the whole tree and all earlier commits.
    ///
    /// - Throws: ``SignatureError`` if the check failed: treat the commit as unsigned.
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

/// The result of checking a commit's signature.
public enum CommitSignature: Sendable, Equatable {
    /// The signature is valid, and its key is allowed.
    ///
    /// - Parameters:
    ///   - by: the principal of an SSH key in the file of allowed signers; the first user id of an OpenPGP key.
    ///   - key: the key's fingerprint.
    case good(by: String, key: String)
    /// The commit has no signature.
    case unsigned
    /// The signature is invalid or its key is not allowed. The reason is a sentence without a full stop.
    case bad(reason: String)

    /// Whether the signature is valid and its key is allowed.
    package var isGood: Bool {
        if case .good = self { true } else { false }
    }
}

/// Why a signature could not be checked. The signature itself may be valid or not.
public enum SignatureError: Error, Sendable, Equatable {
    /// The commit can't be read.
    case unreadable(GitError)
    /// A file of keys can't be used.
    case fileUnusable(path: String, reason: String)
    /// `ssh-keygen` or `gpgv` is not installed.
    case programMissing(String)
    /// The program could not be started or did not end in time.
    case notChecked(reason: String)
}

extension SignatureError: CustomStringConvertible {
    /// A sentence for the operator that says what to do.
    public var description: String {
        switch self {
        case .unreadable(let error): error.description
        case .fileUnusable(let path, let reason): "repository.allowedSigners: \(path) can't be used: \(reason)"
        case .programMissing(let program): MirrorError.programMissing(program).description
        case .notChecked(let reason): "the signature could not be checked: \(reason)"
        }
    }
}

/// The files of the keys that may sign commits.
///
/// A single path contains all of them:
/// - a file: SSH keys in the form of ssh-keygen's ALLOWED SIGNERS
///   (<https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS>); with the ending `.gpg`, `.asc` or `.kbx` the public keys
///   of OpenPGP;
/// - a folder: `allowed_signers` in it, `revoked_keys` beside that (public keys, or ssh-keygen's KRL), and every
///   keyring with one of those endings.
struct AllowedSigners: Equatable {
    /// The file of SSH keys.
    let signers: String?
    /// The file of SSH keys that are revoked.
    let revoked: String?
    /// The files of OpenPGP keys.
    let keyrings: [String]

    private static let endings = [".gpg", ".asc", ".kbx"]

    /// Finds the files at a path.
    init(at path: String) throws(SignatureError) {
        guard
            let type = try? URL(fileURLWithPath: path).resolvingSymlinksInPath()
                .resourceValues(forKeys: [.isDirectoryKey])
        else {
            throw .fileUnusable(path: path, reason: "there is no such file or folder")
        }
        if type.isDirectory == true {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
                throw .fileUnusable(path: path, reason: "the folder can't be read")
            }
            signers = names.contains("allowed_signers") ? "\(path)/allowed_signers" : nil
            revoked = names.contains("revoked_keys") ? "\(path)/revoked_keys" : nil
            keyrings = names.sorted().filter(Self.isKeyring).map { "\(path)/\($0)" }
            guard signers != nil || !keyrings.isEmpty else {
                throw .fileUnusable(
                    path: path,
                    reason: "the folder has neither a file allowed_signers nor a keyring (*.gpg, *.asc)"
                )
            }
        } else {
            signers = Self.isKeyring(path) ? nil : path
            revoked = nil
            keyrings = Self.isKeyring(path) ? [path] : []
        }
        for file in [signers, revoked].compactMap(\.self) + keyrings
        where !FileManager.default.isReadableFile(atPath: file) {
            throw .fileUnusable(path: file, reason: "the service's user can't read it")
        }
    }

    private static func isKeyring(_ name: String) -> Bool { endings.contains { name.hasSuffix($0) } }
}

/// A temporary folder for the files of one verification. It also runs the programs that read them.
final class VerificationDesk: Sendable {
    let folder: String
    private let timeout: Duration

    init(timeout: Duration) throws(SignatureError) {
        self.timeout = timeout
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tfjob-admin-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .notChecked(reason: "\(folder): \(error.localizedDescription)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Writes a file and returns its path.
    func writeFile(_ bytes: [UInt8], as name: String) throws(SignatureError) -> String {
        let path = "\(folder)/\(name)"
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
            throw .notChecked(reason: "\(path) can't be written")
        }
        return path
    }

    /// Runs a program with this folder as its home and its only configuration.
    func runProgram(
        _ program: String,
        _ arguments: [String],
        input: [UInt8] = []
    ) async throws(SignatureError) -> ChildProgram.Ended {
        var variables = GitEnvironment.own(["PATH", "TZ", "LD_LIBRARY_PATH"])
        variables.merge(["LC_ALL": "C", "HOME": folder, "GNUPGHOME": folder]) { $1 }
        let child = ChildProgram(name: program, environment: variables, folder: folder)
        do throws(ChildFailure) {
            return try await child.run(arguments, input: input, deadline: timeout)
        } catch {
            switch error {
            case .missing(let program): throw .programMissing(program)
            case .timedOut(let time):
                throw .notChecked(reason: "\(program) did not end within \(time.components.seconds) s")
            case .cancelled: throw .notChecked(reason: "cancelled")
            case .notRun(_, let reason): throw .notChecked(reason: "\(program): \(reason)")
            }
        }
    }
}
