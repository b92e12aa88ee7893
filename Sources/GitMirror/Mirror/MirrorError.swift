/// Why a remote could not be fetched. What was fetched before stays as it is, and can be read.
public enum MirrorError: Error, Sendable, Equatable {
    /// The key of an ssh host is not in known_hosts, or not of the type that the host showed.
    case hostKeyUnknown(host: String, knownHosts: String)
    /// An ssh host showed another key than known_hosts has, or one that is revoked there.
    case hostKeyChanged(host: String, knownHosts: String)
    /// The server does not take the key, the token or the password, or asks for one where none is configured.
    case authenticationRefused(address: String, reason: String)
    /// A file of the settings can't be used.
    case fileUnusable(setting: String, path: String, reason: String)
    /// There is no such host, or nobody answers there.
    case hostUnreachable(host: String, reason: String)
    /// The certificate of an https server is not to be trusted.
    case certificateNotTrusted(host: String, reason: String)
    /// The host answers and has no such repository, or does not show it.
    case repositoryNotFound(address: String)
    /// It uses a format that can't be read here: SHA-256, or a shallow clone.
    case formatNotSupported(address: String, reason: String)
    /// It took longer than it may, and was killed.
    case timedOut(after: Duration, setting: String)
    /// The connection was cut, or the server answered nonsense or with an error of its own.
    case connectionFailed(address: String, reason: String)
    /// What was sent is not whole, or not what it should be; none of it is used.
    case packDamaged(reason: String)
    /// An object breaks git's own rules (fsck); nothing of what came with it is used.
    case objectRefused(reason: String)
    /// The mirror itself is damaged: ``Mirror/rebuild()`` makes it anew.
    case mirrorDamaged(path: String, reason: String)
    /// A program is not installed.
    case programMissing(String)
    /// The task that waited was cancelled.
    case cancelled
    /// The mirror's folder can't be written to or read.
    case folder(path: String, reason: String)
    /// Whatever else git said.
    case other(reason: String)

    /// Whether another try must fail too until somebody has changed the settings, the remote or this machine. Try again, but
    /// seldom: nobody tells the service when that is done.
    public var isPermanent: Bool {
        switch self {
        case .hostKeyUnknown, .hostKeyChanged, .authenticationRefused, .fileUnusable, .certificateNotTrusted,
            .repositoryNotFound, .formatNotSupported, .objectRefused, .programMissing:
            true
        case .hostUnreachable, .timedOut, .connectionFailed, .packDamaged, .mirrorDamaged, .cancelled, .folder, .other:
            false
        }
    }
}

extension MirrorError: CustomStringConvertible {
    /// A sentence for the operator that says what to do, and has no secret in it.
    public var description: String {
        switch self {
        case .hostKeyUnknown(let host, let file):
            """
            the key of the host \(host) is not in \(file), so it may be anybody; compare its fingerprint with what \
            the host's owner publishes, then add it: \(Self.keyscan(host)) >> \(Self.word(file))
            """
        case .hostKeyChanged(let host, let file):
            """
            the host \(host) shows another key than \(file) has: it was set up anew, or somebody is between; ask the host's \
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
            "the mirror \(path) is damaged: \(reason); the service makes it anew"
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

    /// The command that asks a host for its key, which may be named `[host]:port`.
    private static func keyscan(_ host: String) -> String {
        guard host.hasPrefix("["), let end = host.lastIndex(of: "]") else { return "ssh-keyscan \(host)" }
        let port = host[host.index(after: end)...].dropFirst()
        return "ssh-keyscan -p \(port) \(host[..<end].dropFirst())"
    }

    /// A path as a shell takes it; a tilde is left to the shell.
    private static func word(_ path: String) -> String {
        path.wholeMatch(of: /[A-Za-z0-9_.\/~+-]+/) != nil ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    }

    private static func package(of program: String) -> String {
        switch program {
        case "ssh-keygen", "ssh": "openssh-client"
        default: program
        }
    }
}
