import Foundation
import Git

/// Interprets the error output of a failed `git fetch`.
///
/// Lines that begin with `remote:` come from the server. They count only if git itself gives no reason.
struct FetchFailure {
    let address: RemoteAddress
    let settings: MirrorSettings
    let path: String
    let scrubber: Scrubber
    private let lines: [Substring]
    private let serversLines: [Substring]

    init(
        _ complaint: String,
        address: RemoteAddress,
        settings: MirrorSettings,
        path: String,
        scrubber: Scrubber
    ) {
        self.address = address
        self.settings = settings
        self.path = path
        self.scrubber = scrubber
        let all = complaint.split(whereSeparator: \.isNewline)
        lines = all.filter { !$0.hasPrefix("remote:") }
        serversLines = all.filter { $0.hasPrefix("remote:") }
    }

    /// Whether the remote does not have the branch.
    var saysBranchAbsent: Bool { lines.contains { $0.hasPrefix("fatal: couldn't find remote ref ") } }

    /// The first kind of failure that matches a line.
    var error: MirrorError {
        mirror ?? connecting ?? transferring ?? local ?? unreadable ?? .other(reason: reason())
    }

    /// A repository that git can't use at all.
    private var mirror: MirrorError? {
        line("fatal: bad config", "not a git repository: '").map { .mirrorDamaged(path: path, reason: reason($0)) }
    }

    private var connecting: MirrorError? {
        if address.transport == .ssh, let error = ssh { return error }
        if let line = line(
            "SSL certificate",
            "server certificate",
            "certificate subject name",
            "SSL: ",
            "gnutls",
            "TLS"
        ) {
            // A TLS error without a word about the certificate is a broken connection.
            guard line.contains("ertificate") || line.contains("verif") else {
                // GnuTLS and OpenSSL each have their own words for an answer in plain HTTP.
                let isPlain = ["unexpected TLS packet", "wrong version number", "packet length"].contains(
                    where: line.contains
                )
                let advice = isPlain ? "; the port speaks no TLS: write http://, or another port" : ""
                return .connectionFailed(address: address.url, reason: reason(line) + advice)
            }
            return .certificateNotTrusted(host: address.host, reason: reason(line))
        }
        if let line = line(
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "returned error: 401",
            "returned error: 403",
            "returned error: 407"
        ) {
            let isUnasked = line.contains("could not read")
            return .authenticationRefused(
                address: address.url,
                reason: isUnasked ? "it asks for a user and a password" : reason(line)
            )
        }
        if address.transport == .http, let line = line("returned error: 400", "HTTP/0.9", "Empty reply") {
            return .connectionFailed(
                address: address.url,
                reason: "\(reason(line)); where the port speaks TLS, write https://"
            )
        }
        if let line = line(
            "Could not resolve",
            "Connection refused",
            "Failed to connect",
            "No route to host",
            "Network is unreachable",
            "Connection timed out",
            "Couldn't connect"
        ) {
            return .hostUnreachable(host: address.host, reason: reason(line))
        }
        if line("' not found", "does not appear to be a git repository", "Repository not found") != nil {
            return .repositoryNotFound(address: address.url)
        }
        return nil
    }

    private var ssh: MirrorError? {
        let file = settings.knownHosts ?? "~/.ssh/known_hosts"
        if line("HOST IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY") != nil {
            return .hostKeyChanged(host: address.knownHostsName, knownHosts: file)
        }
        if line("Host key verification failed", "host key is known for") != nil {
            return .hostKeyUnknown(host: address.knownHostsName, knownHosts: file)
        }
        if let line = line("Load key \"", "Identity file "), let key = settings.sshKey, line.contains(key),
            !SSHKeyFile.hasPassphrase(key)
        {
            return .fileUnusable(setting: "sshKey", path: key, reason: "ssh says: \(reason(line))")
        }
        if let line = line("Permission denied (", "Too many authentication failures") {
            if let key = settings.sshKey, SSHKeyFile.hasPassphrase(key) {
                return .fileUnusable(
                    setting: "sshKey",
                    path: key,
                    reason: """
                        it has a passphrase, and nobody is there to type it; make a key for the service: \
                        ssh-keygen -t ed25519 -N '' -f FILE
                        """
                )
            }
            return .authenticationRefused(address: address.url, reason: reason(line))
        }
        if line("Connection closed by", "Connection reset by", "kex_exchange_identification", "banner exchange") != nil
        {
            return .connectionFailed(address: address.url, reason: sshReason)
        }
        return nil
    }

    /// The last line that ssh printed: it prints what it does, then why it gives up. git's own lines follow.
    private var sshReason: String {
        let gits = [
            "fatal: ", "error: ", "Please make sure", "and the repository exists", "Warning: Permanently added",
        ]
        let last = lines.last { line in !gits.contains(where: line.hasPrefix) && !line.allSatisfy(\.isWhitespace) }
        return last.map { reason($0) } ?? "the connection was cut, and ssh said nothing"
    }

    private var transferring: MirrorError? {
        if let line = line("mismatched algorithms", "shallow", "object-format") {
            return .formatNotSupported(address: address.url, reason: reason(line))
        }
        if line("fsck error") != nil {
            return .objectRefused(reason: reason(line("error: object ") ?? line("fsck error")))
        }
        if let line = line(
            "did not send all necessary objects",
            "pack is corrupted",
            "pack has",
            "inflate",
            "bad object type",
            "unresolved delta",
            "SHA1 COLLISION",
            "pack signature mismatch",
            "unknown object type",
            "garbage at end of pack",
            "missing necessary objects"
        ) {
            return .packDamaged(reason: reason(line))
        }
        if let line = line(
            "early EOF",
            "hung up",
            "unexpected disconnect",
            "RPC failed",
            "unable to access",
            "protocol error",
            "bad line length",
            "expected",
            "bad band",
            "remote error",
            "invalid server response",
            "not valid: is this a git repository",
            "index-pack failed"
        ) {
            return .connectionFailed(address: address.url, reason: reason(line))
        }
        return nil
    }

    private var local: MirrorError? {
        if let line = line("No space left", "Read-only file system", "Permission denied", "Disk quota exceeded") {
            return .folder(path: path, reason: reason(line))
        }
        if let line = line(
            "bad object",
            "is corrupt",
            "is empty",
            "not a valid object",
            "does not match index",
            "missing"
        ) {
            return .mirrorDamaged(path: path, reason: reason(line))
        }
        return nil
    }

    /// The remote closed the connection before git received anything.
    private var unreadable: MirrorError? {
        guard let line = line("Could not read from remote repository") else { return nil }
        // The messages of GitLab and Bitbucket.
        let isAbsent = serversLines.contains { $0.contains("could not be found") || $0.contains("does not exist") }
        guard !isAbsent else { return .repositoryNotFound(address: address.url) }
        let said = address.transport == .ssh ? sshReason : reason(line)
        return .connectionFailed(address: address.url, reason: serversLines.first.map { reason($0) } ?? said)
    }

    private func line(_ parts: String...) -> Substring? {
        for part in parts {
            if let line = lines.first(where: { $0.contains(part) }) { return line }
        }
        return nil
    }

    /// A line without git's prefix; by default the most useful line.
    private func reason(_ line: Substring? = nil) -> String {
        let line =
            line ?? lines.first { $0.hasPrefix("fatal: ") } ?? lines.first { $0.hasPrefix("error: ") } ?? lines.last
        var text = line ?? "git said nothing"
        for prefix in ["fatal: ", "error: ", "ssh: "] where text.hasPrefix(prefix) {
            text = text.dropFirst(prefix.count)
        }
        return scrubber.scrub(String(text))
    }
}

/// The file of a private key, as `ssh-keygen` makes it.
enum SSHKeyFile {
    /// Whether the key is encrypted. False for a file that is no key or can't be read: ssh says what is wrong with it.
    ///
    /// The format: <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key>, and PEM with the word `ENCRYPTED`.
    static func hasPassphrase(_ path: String) -> Bool {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.hasPrefix("-----BEGIN ") else {
            return false
        }
        guard text.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----") else { return text.contains("ENCRYPTED") }
        let body = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }.joined()
        guard let data = Data(base64Encoded: body) else { return false }
        // After the magic comes the name of the cipher, with its length in four bytes.
        let magic = Data("openssh-key-v1\0".utf8)
        guard data.starts(with: magic), data.count > magic.count + 8 else { return false }
        let cipher = data.dropFirst(magic.count)
        return !cipher.starts(with: Data([0, 0, 0, 4]) + Data("none".utf8))
    }
}
