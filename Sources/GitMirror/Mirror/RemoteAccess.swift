import Foundation
import Git

/// What one fetch needs to reach the remote. Create it for each fetch, since its files may be replaced.
struct RemoteAccess {
    let variables: [String: String]
    let scrubber: Scrubber

    /// - Parameters:
    ///   - repository: the mirror's repository.
    ///   - home: an empty folder.
    /// - Throws: ``MirrorError/fileUnusable(setting:path:reason:)``.
    init(
        _ address: RemoteAddress,
        _ settings: MirrorSettings,
        repository: String,
        home: String
    ) throws(MirrorError) {
        var configuration = GitConfiguration.fetching
        var extra = ["GIT_ALLOW_PROTOCOL": address.transport.rawValue]
        var secrets: [String] = []
        switch address.transport {
        case .https, .http:
            if let file = settings.caFile {
                try Self.checkReadable(file, setting: "caFile")
                configuration["http.sslCAInfo"] = file
            }
            if let proxy = settings.proxy {
                configuration["http.proxy"] = proxy
                secrets.append(RemoteAddress.userInfo(of: proxy))
            }
            if let credentials = try HTTPCredentials(address, settings) {
                credentials.install(in: &configuration, &extra, for: address)
                secrets += credentials.secrets
            }
        case .ssh:
            if let key = settings.sshKey {
                try Self.checkReadable(key, setting: "sshKey")
            }
            if let file = settings.knownHosts {
                try Self.checkReadable(file, setting: "knownHosts")
            }
            extra.merge(GitEnvironment.own(["SSH_AUTH_SOCK", "HOME"])) { $1 }
            extra["GIT_SSH_COMMAND"] = SSHCommand(key: settings.sshKey, knownHosts: settings.knownHosts).text
            extra["GIT_SSH_VARIANT"] = "ssh"
        case .file:
            break
        }
        variables = GitEnvironment.variables(home: home, repository: repository, configuration).merging(extra) { $1 }
        scrubber = Scrubber(secrets)
    }

    private static func checkReadable(_ path: String, setting: String) throws(MirrorError) {
        guard FileManager.default.isReadableFile(atPath: path) else {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw .fileUnusable(
                setting: setting,
                path: path,
                reason: isThere ? "the service's user can't read it" : "there is no such file"
            )
        }
    }
}

extension GitConfiguration {
    /// The accepted faults in people and dates of commits and tags. One such commit in a history would stop all
    /// fetches, but it does no harm: the person or date is then unknown. Structural faults stay errors.
    /// <https://git-scm.com/docs/git-fsck#_fsck_messages>
    private static let identityFaults = [
        "badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "missingAuthor", "missingCommitter",
        "missingEmail", "missingNameBeforeEmail", "missingSpaceBeforeDate", "missingSpaceBeforeEmail",
        "multipleAuthors",
        "zeroPaddedDate",
    ]

    /// The settings of each fetch.
    static var fetching: GitConfiguration {
        var configuration = GitConfiguration()
        configuration["transfer.fsckObjects"] = "true"
        for fault in identityFaults {
            configuration["fetch.fsck.\(fault)"] = "warn"
        }
        // Always keep the pack, which appears at once, instead of unpacking it to loose objects.
        configuration["fetch.unpackLimit"] = "1"
        configuration["fetch.writeCommitGraph"] = "false"
        configuration["credential.helper"] = ""
        configuration["http.sslVerify"] = "true"
        // Follow redirects only in the first answer, for a repository that has moved.
        configuration["http.followRedirects"] = "initial"
        return configuration
    }
}

extension RemoteAddress {
    /// The part of a URL before the host.
    static func userInfo(of url: String) -> String {
        let authority = (url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]).prefix { $0 != "/" }
        return authority.lastIndex(of: "@").map { String(authority[..<$0]) } ?? ""
    }
}

/// The user and the secret for an https server.
struct HTTPCredentials: Equatable {
    let user: String
    let secret: String
    /// The file of the secret; nil if the address contains it.
    let file: String?

    /// The user's name for a token: Bitbucket requires this one, GitHub and GitLab accept any.
    private static let tokenUser = "x-token-auth"

    /// Reads the credentials; their files may be replaced while the service runs.
    ///
    /// - Returns: nil without credentials.
    /// - Throws: ``MirrorError/fileUnusable(setting:path:reason:)``.
    init?(_ address: RemoteAddress, _ settings: MirrorSettings) throws(MirrorError) {
        guard address.transport == .https || address.transport == .http else { return nil }
        let user = try settings.userFile.map { path throws(MirrorError) in
            try Self.firstLine(of: path, setting: "userFile")
        }
        if let path = settings.tokenFile {
            self.user = user ?? address.user?.text ?? Self.tokenUser
            secret = try Self.firstLine(of: path, setting: "tokenFile")
            file = path
        } else if let name = user ?? address.user?.text {
            self.user = name
            secret = address.password?.text ?? ""
            file = nil
        } else {
            return nil
        }
    }

    private static func firstLine(of path: String, setting: String) throws(MirrorError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .fileUnusable(setting: setting, path: path, reason: "it can't be read")
        }
        let line = data.prefix { $0 != 0x0A && $0 != 0x0D }
        guard !line.isEmpty, !line.contains(0), let text = String(bytes: line, encoding: .utf8) else {
            throw .fileUnusable(setting: setting, path: path, reason: "its first line is empty or no text")
        }
        return text
    }

    /// Passes the credentials to git by a credential helper for one host, so that no other server gets them.
    ///
    /// The helper writes them to a pipe. It reads a secret from its file; a secret of the address is in the
    /// environment, which only this user and root can read. <https://git-scm.com/docs/gitcredentials>
    func install(
        in configuration: inout GitConfiguration,
        _ variables: inout [String: String],
        for address: RemoteAddress
    ) {
        let helper = """
            !f() { test "$1" = get || exit 0; secret=$TFJOB_ADMIN_SECRET; \
            test -z "$TFJOB_ADMIN_SECRET_FILE" || IFS= read -r secret < "$TFJOB_ADMIN_SECRET_FILE"; \
            secret=${secret%"$(printf '\\r')"}; \
            printf 'username=%s\\npassword=%s\\n' "$TFJOB_ADMIN_USER" "$secret"; }; f
            """
        configuration["credential.\(address.origin).helper"] = helper
        variables["TFJOB_ADMIN_USER"] = user
        if let file {
            variables["TFJOB_ADMIN_SECRET_FILE"] = file
        } else {
            variables["TFJOB_ADMIN_SECRET"] = secret
        }
    }

    /// All forms of the secrets, for removing them from messages.
    var secrets: [String] {
        let basic = Data("\(user):\(secret)".utf8).base64EncodedString()
        let encoded = [secret, user].compactMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
        // The user's name is secret only if it is the token itself.
        return [basic, secret] + encoded.prefix(1) + (secret.isEmpty ? [user] + encoded.suffix(1) : [])
    }
}

/// The command by which git runs ssh. Every user of the machine can see it, so it contains paths but no secrets.
struct SSHCommand {
    /// The file of the private key. Nil: the agent's keys and ssh's default files.
    let key: String?
    /// The only file of known hosts. Nil: ssh's default files.
    let knownHosts: String?

    /// Options that no ssh configuration can override, since ssh uses the first value of an option.
    ///
    /// <https://man.openbsd.org/ssh_config>
    private static let options = [
        // There is no terminal for questions.
        "BatchMode=yes", "RequestTTY=no",
        // The host's key always comes from a file: not from the DNS, a command or an earlier connection.
        "StrictHostKeyChecking=yes", "VerifyHostKeyDNS=no", "KnownHostsCommand=none",
        "NoHostAuthenticationForLocalhost=no", "UpdateHostKeys=no", "ControlMaster=no", "ControlPath=none",
        // The remote gets no access to this machine.
        "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no",
        // The error messages are parsed.
        "LogLevel=ERROR",
    ]

    /// The value of `GIT_SSH_COMMAND`, quoted for a shell.
    var text: String {
        var words = ["ssh"] + Self.options.flatMap { ["-o", $0] }
        if let knownHosts {
            words += ["-o", "UserKnownHostsFile=\(Self.file(knownHosts))", "-o", "GlobalKnownHostsFile=/dev/null"]
        }
        if let key {
            words += ["-o", "IdentitiesOnly=yes", "-o", "IdentityFile=\(Self.file(key))"]
        }
        return words.map(\.quotedForShell).joined(separator: " ")
    }

    /// A path for an option of ssh: in quotes, and with `%` escaped.
    private static func file(_ path: String) -> String {
        "\"" + path.replacing("%", with: "%%") + "\""
    }
}

extension String {
    /// The text as one word of a POSIX shell, in single quotes.
    var quotedForShell: String { "'" + replacing("'", with: "'\\''") + "'" }
}
