import Foundation
import Jobs
import Platform
import RESTView
import SignIn
import SignInSupport
import TestSupport

/// A service with authentication, and a provider with a key for each algorithm.
struct AuthScene: Sendable {
    let scene: RESTScene
    let provider: ProviderServer
    let rsa: SigningKey
    let point: SigningKey
    let largePoint: SigningKey
    let edwards: SigningKey

    /// Serves while a test runs.
    static func serve(
        proxies: [String] = [],
        access: [AccessRule] = [],
        logs: any LogSource = LogSources(),
        configure: (inout RESTService.Configuration) -> Void = { _ in },
        _ body: (AuthScene) async throws -> Void
    ) async throws {
        let (rsa, point) = (try SigningKey.rsa("rsa"), SigningKey.p256("point"))
        let (largePoint, edwards) = (SigningKey.p384("largePoint"), SigningKey.ed25519("edwards"))
        try await ProviderServer.serve(keys: [rsa, point, largePoint, edwards]) { provider in
            let settings = try authentication(provider.issuer, proxies: proxies, access: access)
            try await RESTScene.serve(
                logs: logs,
                configure: {
                    $0.authentication = settings
                    configure(&$0)
                }
            ) { scene in
                try await body(
                    AuthScene(
                        scene: scene,
                        provider: provider,
                        rsa: rsa,
                        point: point,
                        largePoint: largePoint,
                        edwards: edwards
                    )
                )
            }
        }
    }

    static func authentication(
        _ issuer: String,
        proxies: [String] = [],
        access: [AccessRule] = []
    ) throws -> Authentication {
        var provider = IdentityProvider(issuer: try Issuer(issuer), audience: Claims.audience)
        provider.userClaim = "email"
        return Authentication(provider: provider, trustedProxies: proxies.compactMap(AddressRange.init), access: access)
    }

    var claims: Claims { Claims(issuer: provider.issuer) }

    /// The answer to a token.
    func request(_ path: String = RESTScene.list, token: String) async throws -> HTTPExchange.Answer {
        try await scene.request(path, headers: ["Authorization": "Bearer \(token)"])
    }

    /// The status that a token gets.
    func status(_ token: String) async throws -> Int { try await request(token: token).status }
}
