import Foundation
import Git

/// All that one fetch needs to reach the remote: made anew each time, since the files that it reads may be replaced.
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
    /// What may be wrong with the people and dates of commits and tags: one such commit in a history would stop all fetches, and it harms
    /// nothing, since who and when is then unknown. Faults of structure stay errors. <https://git-scm.com/docs/git-fsck#_fsck_messages>
    private static let identityFaults = [
        "badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "missingAuthor", "missingCommitter",
        "missingEmail", "missingNameBeforeEmail", "missingSpaceBeforeDate", "missingSpaceBeforeEmail",
        "multipleAuthors",
        "zeroPaddedDate",
    ]

    /// What holds for each fetch.
    static var fetching: GitConfiguration {
        var configuration = GitConfiguration()
        configuration["transfer.fsckObjects"] = "true"
        for fault in identityFaults {
            configuration["fetch.fsck.\(fault)"] = "warn"
        }
        // Always a pack, which is there as a whole or not at all, and never loose objects one by one.
        configuration["fetch.unpackLimit"] = "1"
        configuration["fetch.writeCommitGraph"] = "false"
        configuration["credential.helper"] = ""
        configuration["http.sslVerify"] = "true"
        // The first answer may lead to where the repository is now; nothing later may lead anywhere.
        configuration["http.followRedirects"] = "initial"
        return configuration
    }
}

extension RemoteAddress {
    /// What stands before the host of a URL.
    static func userInfo(of url: String) -> String {
        let authority = (url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]).prefix { $0 != "/" }
        return authority.lastIndex(of: "@").map { String(authority[..<$0]) } ?? ""
    }
}
