import Foundation
import Git

/// What an https server is told of who fetches.
struct HTTPCredentials: Equatable {
    let user: String
    let secret: String
    /// The file that the secret is in; nil where it stands in the address.
    let file: String?

    /// GitHub and GitLab take any name with a token, and Bitbucket this one.
    private static let tokenUser = "x-token-auth"

    /// Reads them anew: a token's file is replaced while the service runs.
    ///
    /// - Returns: nil where there are none.
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

    /// Hands them to git by a helper of its own, for one host alone: a server that leads elsewhere gets none.
    ///
    /// They go through a pipe. The helper reads the file itself; what stands in the address has no file, and is in the environment,
    /// which this user and root can read. <https://git-scm.com/docs/gitcredentials>
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

    /// All forms in which they may be seen.
    var secrets: [String] {
        let basic = Data("\(user):\(secret)".utf8).base64EncodedString()
        let encoded = [secret, user].compactMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
        // The user's name is hidden only where it stands for the token itself.
        return [basic, secret] + encoded.prefix(1) + (secret.isEmpty ? [user] + encoded.suffix(1) : [])
    }
}
