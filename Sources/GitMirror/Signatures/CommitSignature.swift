public import Git

/// What a commit's signature says.
public enum CommitSignature: Sendable, Equatable {
    /// It is right, and its key is allowed.
    ///
    /// - Parameters:
    ///   - by: the principal of an SSH key, as the file of allowed signers has it; the first user id of an OpenPGP key.
    ///   - key: the key's fingerprint.
    case good(by: String, key: String)
    /// The commit has none.
    case unsigned
    /// It is wrong, or of a key that is not allowed: a sentence without a full stop.
    case bad(reason: String)

    /// Whether it is right, and its key is allowed.
    public var isGood: Bool {
        if case .good = self { true } else { false }
    }
}

/// Why a signature could not be checked, which says nothing about the signature.
public enum SignatureError: Error, Sendable, Equatable {
    /// The commit can't be read.
    case unreadable(GitError)
    /// A file of keys can't be used.
    case fileUnusable(path: String, reason: String)
    /// `ssh-keygen` or `gpgv` is not installed.
    case programMissing(String)
    /// The program could not be run, or did not end in time.
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
