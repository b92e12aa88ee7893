import Foundation
import Hummingbird
import Journal
import NIOCore
import NIOPosix
import RESTView
import ServiceLifecycle
import SignIn
import SignInSupport
import TestSupport
import Testing

/// Providers that turn their keys over, go away, or are not what they say.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ProviderTests {
    @Test
    func `new keys are found without a restart, and old ones are forgotten`() async throws {
        try await AuthScene.serve { auth in
            let old = try auth.rsa.token(auth.claims.text)
            #expect(try await auth.status(old) == 200)
            let new = try SigningKey.rsa("new")
            let document = try new.jwk()
            auth.provider.change { $0.keys = [document] }
            try await eventually("the new key counts") { try await auth.status(try new.token(auth.claims.text)) == 200 }
            #expect(try await auth.status(old) == 401)
        }
    }

    @Test
    func `new keys are found also where neither keys nor tokens have names`() async throws {
        let (old, new) = (try SigningKey.rsa(nil), try SigningKey.rsa(nil))
        try await AuthScene.serve { auth in
            for key in [old, new] {
                let document = try key.jwk()
                auth.provider.change { $0.keys = [document] }
                try await eventually("the key counts") { try await auth.status(try key.token(auth.claims.text)) == 200 }
            }
            #expect(try await auth.status(old.token(auth.claims.text)) == 401)
        }
    }

    @Test
    func `a new key under an old name is taken with the next look at the keys`() async throws {
        try await AuthScene.serve { auth in
            #expect(try await auth.status(auth.rsa.token(auth.claims.text)) == 200)
            let (new, other) = (try SigningKey.rsa("rsa"), SigningKey.p256("other"))
            let documents = [try new.jwk(), try other.jwk()]
            auth.provider.change { $0.keys = documents }
            try await eventually("the keys are looked at") {
                try await auth.status(try other.token(auth.claims.text)) == 200
            }
            #expect(try await auth.status(new.token(auth.claims.text)) == 200)
            #expect(try await auth.status(auth.rsa.token(auth.claims.text)) == 401)
        }
    }

    @Test
    func `a token that names no key means the only one, and none where there are two`() async throws {
        try await AuthScene.serve { auth in
            let second = SigningKey.p256("second")
            let documents = [try auth.point.jwk(), try second.jwk()]
            auth.provider.change { $0.keys = documents }
            try await eventually("both count") { try await auth.status(try second.token(auth.claims.text)) == 200 }
            #expect(try await auth.status(second.token(header: #"{"alg":"ES256"}"#, auth.claims.text)) == 401)
        }
    }

    @Test
    func `tokens with keys that nobody has are refused at once, and the provider is left alone`() async throws {
        try await AuthScene.serve { auth in
            let good = try auth.rsa.token(auth.claims.text)
            #expect(try await auth.status(good) == 200)
            let before = auth.provider.count(of: ProviderServer.keysPath)
            let clock = ContinuousClock()
            let time = try await clock.measure {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<500 {
                        let header = #"{"alg":"RS256","kid":"key-\#(number)"}"#
                        let token = try auth.rsa.token(header: header, auth.claims.text)
                        group.addTask { try await auth.status(token) }
                    }
                    for try await status in group {
                        #expect(status == 401)
                    }
                }
            }
            let asked = auth.provider.count(of: ProviderServer.keysPath) - before
            print("ProviderTests: 500 unknown keys in \(time), the provider asked \(asked) times")
            // At most after 1, 2, 4 and 8 s.
            #expect(
                asked <= 2 + Int(time.components.seconds).bitWidth - Int(time.components.seconds).leadingZeroBitCount
            )
            #expect(try await auth.status(good) == 200)
        }
    }

    @Test
    func `the service starts without its provider, says so, and signs in when it is back`() async throws {
        let key = SigningKey.p256("key")
        let reserved = try ReservedPort()
        let port = Int(reserved.number)
        let settings = try AuthScene.authentication("http://127.0.0.1:\(port)")
        let token = try key.token(Claims(issuer: "http://127.0.0.1:\(port)").text)
        try await RESTScene.serve(configure: { $0.authentication = settings }) { scene in
            func status(_ token: String) async throws -> Int {
                try await scene.request(RESTScene.list, headers: ["Authorization": "Bearer \(token)"]).status
            }
            var service = ServiceStatus(repositoryURL: "file:///srv/jobs.git", branch: "main")
            service.lastFetch = RESTScene.start
            try await scene.journal.recordStatus(service)
            let answer = try await scene.request(RESTScene.list, headers: ["Authorization": "Bearer \(token)"])
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "5")
            // What is no token needs no key to be refused.
            #expect(try await status("x.y.z") == 401)
            #expect(try await scene.request(RESTScene.list).status == 401)
            #expect(try await scene.request("/readyz").status == 503)
            #expect(try await scene.request("/livez").status == 200)
            let ping = try await scene.request("/api/ping")
            #expect(ping.status == 200)
            #expect(try ping.json.status.text == "degraded")
            #expect(try ping.json.auth.keys == ["error", "reachable"])
            #expect(!ping.text.contains(String(port)))
            try await ProviderServer.serve(port: port, keys: [key]) { _ in
                try await eventually("it signs in") { try await status(token) == 200 }
                #expect(try await scene.request("/readyz").status == 200)
                #expect(try await scene.request("/api/ping").json.status.text == "ok")
            }
            // Away again: the keys that were had stay good, also where a token with another key has it asked.
            let stranger = try SigningKey.p256("other").token(Claims(issuer: "http://127.0.0.1:\(port)").text)
            try await eventually("it is found to be away") {
                #expect(try await status(stranger) == 401)
                return try await scene.request("/api/ping").json.status.text == "degraded"
            }
            #expect(try await status(token) == 200)
            #expect(try await scene.request("/readyz").status == 200)
        }
        withExtendedLifetime(reserved) {}
    }

    @Test
    func `a provider that never answers keeps nobody waiting for long`() async throws {
        // It accepts connections and says nothing.
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let issuer = "http://127.0.0.1:\(try #require(silent.localAddress?.port))"
        let settings = try AuthScene.authentication(issuer)
        let token = try SigningKey.p256("key").token(Claims(issuer: issuer).text)
        try await RESTScene.serve(configure: { $0.authentication = settings }) { scene in
            let clock = ContinuousClock()
            func time(_ path: String, _ headers: [String: String], _ status: Int) async throws -> Duration {
                try await clock.measure {
                    let answer = try await scene.request(path, headers: headers)
                    #expect(answer.status == status)
                }
            }
            let start = clock.now
            async let waiting = time(RESTScene.list, ["Authorization": "Bearer \(token)"], 503)
            _ = try await time(RESTScene.list, [:], 401)
            _ = try await time("/api/ping", [:], 200)
            _ = try await time(RESTScene.list, ["Authorization": "Bearer x.y.z"], 401)
            let quick = clock.now - start
            let waited = try await waiting
            // Whoever needs the provider waits 5 s for it; the others together are answered meanwhile.
            #expect(quick < waited)
            #expect(waited > .seconds(4) && waited < promised(.seconds(20)), "\(waited)")
        }
        try await silent.close()
    }

    /// Sends a part of a document, and then nothing more.
    private static let stalled: @Sendable () -> Response = {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "{"))
                // The server's end is not kept waiting.
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(300)) }
            }
        )
    }

    @Test(arguments: [ProviderServer.metadataPath, ProviderServer.keysPath])
    func `a document that stalls is given up after its deadline`(path: String) async throws {
        let key = SigningKey.p256("key")
        try await ProviderServer.serve(keys: [key]) { provider in
            provider.change { $0.answers[path] = Self.stalled }
            let settings = try AuthScene.authentication(provider.issuer)
            let token = try key.token(Claims(issuer: provider.issuer).text)
            try await RESTScene.serve(configure: { $0.authentication = settings }) { scene in
                let time = try await ContinuousClock().measure {
                    let answer = try await scene.request(RESTScene.list, headers: ["Authorization": "Bearer \(token)"])
                    #expect(answer.status == 503)
                }
                #expect(time < promised(.seconds(20)), "\(time)")
                provider.change { $0.answers = [:] }
                try await eventually("it signs in") {
                    try await scene.request(RESTScene.list, headers: ["Authorization": "Bearer \(token)"]).status == 200
                }
            }
        }
    }

    @Test
    func `a token with an unknown key is refused at once, while the provider stalls too`() async throws {
        try await AuthScene.serve { auth in
            #expect(try await auth.status(auth.rsa.token(auth.claims.text)) == 200)
            auth.provider.change { $0.answers[ProviderServer.metadataPath] = Self.stalled }
            let before = auth.provider.count(of: ProviderServer.metadataPath)
            let stranger = try SigningKey.p256("stranger").token(auth.claims.text)
            try await eventually("the provider is asked because of it") {
                let time = try await ContinuousClock().measure {
                    let status = try await auth.status(stranger)
                    #expect(status == 401)
                }
                #expect(time < promised(.seconds(4)), "\(time)")
                return auth.provider.count(of: ProviderServer.metadataPath) > before
            }
            let time = try await ContinuousClock().measure {
                for _ in 0..<20 {
                    let status = try await auth.status(stranger)
                    #expect(status == 401)
                }
                let status = try await auth.status(auth.rsa.token(auth.claims.text))
                #expect(status == 200)
            }
            #expect(time < promised(.seconds(4)), "\(time)")
        }
    }

    private static let misbehaviours: [(String, @Sendable (inout ProviderServer.Behaviour) -> Void)] = [
        ("another issuer", { $0.metadata["issuer"] = "\"https://idp.example.org\"" }),
        ("no issuer", { $0.metadata["issuer"] = .some(nil) }),
        ("keys over plain http", { $0.metadata["jwks_uri"] = "\"http://idp.example.org/keys\"" }),
        ("no keys' address", { $0.metadata["jwks_uri"] = .some(nil) }),
        ("keys in a file", { $0.metadata["jwks_uri"] = "\"file:///etc/passwd\"" }),
        ("a name twice", { $0.metadata["x\":1,\"x"] = "2" }),
        ("no keys", { $0.keys = [] }),
        ("keys that are not for us", { $0.keys = [#"{"kty":"oct","k":"AAAA","kid":"key"}"#] }),
        ("keys that are no JSON", { $0.answers[ProviderServer.keysPath] = { ProviderServer.json("<html>") } }),
        ("an error", { $0.answers[ProviderServer.keysPath] = { Response(status: .internalServerError) } }),
        ("an error with keys", { $0.answers[ProviderServer.metadataPath] = { Response(status: .notFound) } }),
        (
            "another place",
            {
                $0.answers[ProviderServer.keysPath] = {
                    Response(status: .found, headers: [.location: "http://127.0.0.1:1/keys"])
                }
            }
        ),
        (
            "too much",
            { $0.answers[ProviderServer.keysPath] = { ProviderServer.json(String(repeating: " ", count: 2 << 20)) } }
        ),
    ]

    @Test
    func `a provider that is not what it says is not believed, and heals`() async throws {
        let key = SigningKey.p256("key")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, change) in Self.misbehaviours {
                group.addTask { try await misbehave(name, change, key) }
            }
            try await group.waitForAll()
        }
    }

    private func misbehave(
        _ name: String,
        _ change: @escaping @Sendable (inout ProviderServer.Behaviour) -> Void,
        _ key: SigningKey
    ) async throws {
        try await ProviderServer.serve(keys: [key]) { provider in
            provider.change(change)
            let settings = try AuthScene.authentication(provider.issuer)
            let token = try key.token(Claims(issuer: provider.issuer).text)
            try await RESTScene.serve(configure: { $0.authentication = settings }) { scene in
                func status() async throws -> Int {
                    try await scene.request(RESTScene.list, headers: ["Authorization": "Bearer \(token)"]).status
                }
                #expect(try await status() == 503, "\(name)")
                #expect(try await scene.request("/api/ping").json.auth.reachable == .bool(false), "\(name)")
                let document = try key.jwk()
                provider.change {
                    $0 = ProviderServer.Behaviour()
                    $0.keys = [document]
                }
                try await eventually("\(name) heals") { try await status() == 200 }
            }
        }
    }
}
