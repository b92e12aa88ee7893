import Foundation
import Glibc
import TestSupport

/// A real OpenID Connect provider of its own process: see `oidc_provider.py`.
final class IdentityProvider: Sendable {
    enum User: String {
        /// In the group `ml-admins`.
        case ann = "1"
        /// In the group `team-a`.
        case bob = "2"
        /// In no group.
        case eve = "3"
    }

    let issuer: String
    private let folder: TemporaryFolder
    private let program: RunningProgram
    private let port: ReservedPort

    /// Starts it and waits until it answers.
    init(on port: ReservedPort, in folder: TemporaryFolder) async throws {
        let python = try await PythonPackage.python("oidc-provider-mock==0.3.4", module: "oidc_provider_mock")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "oidc_provider.py"
        )
        let log = folder.path("provider-\(UUID().uuidString).log")
        let issuer = "http://127.0.0.1:\(port.number)"
        program = try await RunningProgram([python, script.path, "\(port.number)"], log: log)
        self.issuer = issuer
        self.port = port
        self.folder = folder
        try await eventually("the provider answers (\(log))") {
            (try? await run(["curl", "--silent", "--fail", "\(issuer)/jwks"], in: folder.url.path)) != nil
        }
    }

    /// Signs a user in, as a browser and a client do it together: the authorization code flow.
    ///
    /// - Returns: the ID token.
    func token(_ user: User) async throws -> String {
        let back = "http://127.0.0.1/back"
        let query = "client_id=tfjob-admin&redirect_uri=\(back)&response_type=code&scope=openid%20email"
        let place = try await curl(
            ["--output", "/dev/null", "--write-out", "%{redirect_url}", "--data", "sub=\(user.rawValue)"],
            "/oauth2/authorize?\(query)"
        )
        let code = try value(of: "code", in: place)
        let form = "grant_type=authorization_code&code=\(code)&redirect_uri=\(back)"
        let answer = try await curl(["--user", "tfjob-admin:secret", "--data", form], "/oauth2/token")
        guard let token = try JSON(Data(answer.utf8)).id_token.text else { throw SignInFailed(answer: answer) }
        return token
    }

    /// Signs with another key from now on.
    func rotate() async throws {
        try await curl(["--request", "POST"], "/rotate")
    }

    func end() async throws {
        try await program.end(with: SIGKILL)
    }

    @discardableResult
    private func curl(_ arguments: [String], _ path: String) async throws -> String {
        try await run(["curl", "--silent", "--fail"] + arguments + [issuer + path], in: folder.url.path)
    }

    private func value(of name: String, in address: String) throws -> String {
        let items = URLComponents(string: address)?.queryItems ?? []
        guard let value = items.first(where: { $0.name == name })?.value else { throw SignInFailed(answer: address) }
        return value
    }
}

/// The provider answered something else than a client expects.
struct SignInFailed: Error {
    let answer: String
}
