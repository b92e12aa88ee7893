import Foundation

/// Where the keys are that may sign commits.
///
/// One path stands for all of them:
/// - a file: SSH keys in the form of ssh-keygen's ALLOWED SIGNERS (<https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS>); with the
///   ending `.gpg`, `.asc` or `.kbx` the public keys of OpenPGP;
/// - a folder: `allowed_signers` in it, `revoked_keys` beside that (public keys, or ssh-keygen's KRL), and every keyring with one
///   of those endings.
struct AllowedSigners: Equatable {
    /// The file of SSH keys.
    let signers: String?
    /// The file of SSH keys that are revoked.
    let revoked: String?
    /// The files of OpenPGP keys.
    let keyrings: [String]

    private static let endings = [".gpg", ".asc", ".kbx"]

    /// Looks what is there now.
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
