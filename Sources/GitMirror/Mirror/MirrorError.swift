/// Why a remote could not be fetched. The result of earlier fetches stays readable.
public enum MirrorError: Error, Sendable, Equatable {
    /// The key of an ssh host is not in known_hosts, or has another type there.
    case hostKeyUnknown(host: String, knownHosts: String)
    /// An ssh host has another key than in known_hosts, or a revoked one.
    case hostKeyChanged(host: String, knownHosts: String)
    /// The server refuses the key, the token or the password, or requires one and none is configured.
    case authenticationRefused(address: String, reason: String)
    /// A file of the settings can't be used.
    case fileUnusable(setting: String, path: String, reason: String)
    /// The host does not exist or does not answer.
    case hostUnreachable(host: String, reason: String)
    /// The certificate of an https server is not trusted.
    case certificateNotTrusted(host: String, reason: String)
    /// The certificate of an https server has expired, at a time in ISO 8601.
    case certificateExpired(host: String, date: String)
    /// The host does not have the repository or does not give access to it.
    case repositoryNotFound(address: String)
    /// The repository has a format that can't be read: SHA-256, or a shallow clone.
    case formatNotSupported(address: String, reason: String)
    /// The operation exceeded its time limit and was killed.
    case timedOut(after: Duration, setting: String)
    /// The connection was cut, or the server's answer is invalid or an error.
    case connectionFailed(address: String, reason: String)
    /// The received data is incomplete or wrong. None of it is used.
    case packDamaged(reason: String)
    /// An object violates git's rules (fsck). Nothing of the fetch is used.
    case objectRefused(reason: String)
    /// The mirror itself is damaged; ``Mirror/rebuild()`` replaces it.
    case mirrorDamaged(path: String, reason: String)
    /// A program is not installed.
    case programMissing(String)
    /// The waiting task was cancelled.
    case cancelled
    /// The mirror's folder can't be written to or read.
    case folder(path: String, reason: String)
    /// Any other error of git.
    case other(reason: String)

    /// Whether a retry fails too until the settings, the remote or this machine are changed. Retry rarely: the service
    /// is not notified of such a change.
    public var isPermanent: Bool {
        switch self {
        case .hostKeyUnknown, .hostKeyChanged, .authenticationRefused, .fileUnusable, .certificateNotTrusted,
            .certificateExpired, .repositoryNotFound, .formatNotSupported, .objectRefused, .programMissing:
            true
        case .hostUnreachable, .timedOut, .connectionFailed, .packDamaged, .mirrorDamaged, .cancelled, .folder, .other:
            false
        }
    }
}

extension MirrorError: CustomStringConvertible {
    /// A sentence for the operator that says what to do. It contains no secrets.
    public var description: String {
        switch self {
        case .hostKeyUnknown(let host, let file):
            """
            the key of the host \(host) is not in \(file), so it may be anybody; compare its fingerprint with what \
            the host's owner publishes, then add it: \(Self.keyscan(host)) >> \(Self.word(file))
            """
        case .hostKeyChanged(let host, let file):
            """
            the host \(host) shows another key than \(file) has: it was set up again, or somebody is between; ask the host's \
            owner, and only then: ssh-keygen -f \(Self.word(file)) -R '\(host)' && \(Self.keyscan(host)) >> \(Self.word(file))
            """
        case .authenticationRefused(let address, let reason):
            """
            \(address) does not let this service in (\(reason)); give it read access, and name its key as repository.sshKey \
            or its token as repository.tokenFile
            """
        case .fileUnusable(let setting, let path, let reason):
            "repository.\(setting): \(path) can't be used: \(reason)"
        case .hostUnreachable(let host, let reason):
            "\(host) can't be reached: \(reason); check the name, the network, and the proxy where there is one"
        case .certificateNotTrusted(let host, let reason):
            """
            the certificate of \(host) is not trusted: \(reason); where it is of an authority of your own, name that one's \
            certificate as repository.caFile
            """
        case .certificateExpired(let host, let date):
            "the certificate of \(host) expired at \(date); it has to be renewed on that server"
        case .repositoryNotFound(let address):
            "there is no repository at \(address), or it is not shown to this service; check the path and the read access"
        case .formatNotSupported(let address, let reason):
            "\(address) can't be read (\(reason)); it has to be a whole repository made with: git init --object-format=sha1"
        case .timedOut(let time, let setting):
            """
            not done within \(time.components.seconds) s, and stopped; where the server is only slow or the repository \
            large, allow more as \(setting)
            """
        case .connectionFailed(let address, let reason):
            "\(address) did not answer as a git server does: \(reason)"
        case .packDamaged(let reason):
            "what the server sent is damaged, and none of it is used: \(reason)"
        case .objectRefused(let reason):
            "the repository has an object that breaks git's rules, and nothing of the fetch is used: \(reason); see: git fsck"
        case .mirrorDamaged(let path, let reason):
            "the mirror \(path) is damaged: \(reason); the service fetches it again"
        case .programMissing(let program):
            "the program \(program) is not on the PATH of the service; install it (Debian: \(Self.package(of: program)))"
        case .cancelled:
            "cancelled"
        case .folder(let path, let reason):
            "\(path): \(reason); the service's user needs to write there"
        case .other(let reason):
            reason
        }
    }

    /// The command that reads the key of a host, which may be `[host]:port`.
    private static func keyscan(_ host: String) -> String {
        guard host.hasPrefix("["), let end = host.lastIndex(of: "]") else { return "ssh-keyscan \(host)" }
        let port = host[host.index(after: end)...].dropFirst()
        return "ssh-keyscan -p \(port) \(host[..<end].dropFirst())"
    }

    /// A path quoted for a shell. The shell expands a tilde.
    private static func word(_ path: String) -> String {
        path.wholeMatch(of: /[A-Za-z0-9_.\/~+-]+/) != nil ? path : path.quotedForShell
    }

    private static func package(of program: String) -> String {
        switch program {
        case "ssh-keygen", "ssh": "openssh-client"
        default: program
        }
    }
}
