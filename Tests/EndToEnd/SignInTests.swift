import Foundation
import TestSupport
import Testing

/// The built service with a real provider.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct SignInTests {
    private static let list = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs"

    private func serve(_ scene: Scene, _ port: ReservedPort, more: [String] = []) async throws -> ServiceProcess {
        let config = scene.folder.path("config.yaml")
        let yaml = """
            auth:
              oidc: {issuer: "http://127.0.0.1:\(port.number)", audience: tfjob-admin, userClaim: email}
              access:
                - {groups: [ml-admins]}
                - {groups: [team-a], clusters: [default], partitions: [team-a]}
            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: config))
        return try await scene.serve(["--config", config] + more)
    }

    private func status(_ service: ServiceProcess, _ token: String, _ path: String = SignInTests.list) async throws
        -> Int
    {
        try await service.request(path, headers: ["Authorization": "Bearer \(token)"]).status
    }

    @Test
    func `people of a real provider see what is theirs, and its keys turn over without a restart`() async throws {
        let scene = try await Scene()
        let port = try ReservedPort()
        let provider = try await IdentityProvider(on: port, in: scene.folder)
        let service = try await serve(scene, port)
        for partition in ["team-a", "team-b"] {
            let path = "clusters/default/partitions/\(partition)/one.json"
            try scene.repository.write(scene.job("exit", "0").text, to: path)
        }
        try await scene.repository.publish()
        let (ann, bob, eve) = (
            try await provider.token(.ann), try await provider.token(.bob), try await provider.token(.eve)
        )
        try await eventually("the jobs are there") {
            let headers = ["Authorization": "Bearer \(ann)"]
            let clusters = try await service.request("/api/v1alpha1/clusters", headers: headers).json
            return clusters.items[0].counts.succeeded.int == 2
        }
        let other = "/api/v1alpha1/clusters/default/partitions/team-b/tfjobs/one"
        for (token, own, others) in [
            (ann, 200, 200), (bob, 200, 403), (eve, 403, 403), ("", 401, 401), ("a.b.c", 401, 401),
        ] {
            #expect(try await status(service, token, "\(Self.list)/one") == own)
            #expect(try await status(service, token, other) == others)
        }
        let clusters = try await service.request("/api/v1alpha1/clusters", headers: ["Authorization": "Bearer \(bob)"])
        #expect(try clusters.json.items[0].total.int == 1)
        #expect(try await service.request(Self.list).status == 401)
        for path in ["/api/ping", "/api/version", "/readyz", "/livez"] {
            let answer = try await service.request(path)
            #expect(answer.status == 200)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains("\(port.number)"))
        }

        try await provider.rotate()
        let new = try await provider.token(.ann)
        try await eventually("the new key counts") { try await status(service, new) == 200 }
        #expect(try await status(service, ann) == 401)
        let log = try String(contentsOfFile: service.log, encoding: .utf8)
        for token in [ann, bob, eve, new] {
            #expect(!log.contains(token))
            #expect(!log.contains(String(token.suffix(20))))
        }
        try await provider.end()
        try await scene.end(service)
    }

    @Test
    func `the service starts without its provider, heals when it comes, and lives on when it goes`() async throws {
        let scene = try await Scene()
        let port = try ReservedPort()
        let service = try await serve(scene, port)
        try await eventually("it says so") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains("the identity provider does not answer")
        }
        #expect(try String(contentsOfFile: service.log, encoding: .utf8).contains("can't be asked: Connection refused"))
        #expect(try await service.request("/readyz").status == 503)
        try await eventually("ping says so too") {
            try await service.request("/api/ping").json.status.text == "degraded"
        }
        #expect(try await service.request(Self.list).status == 401)

        let first = try await IdentityProvider(on: port, in: scene.folder)
        let token = try await first.token(.ann)
        try await eventually("it signs in") { try await status(service, token) == 200 }
        try await eventually("it is ready") { try await service.request("/readyz").status == 200 }
        try await eventually("all is well") { try await service.request("/api/ping").json.status.text == "ok" }
        try await first.end()
        #expect(try await status(service, token) == 200)

        // Another process, another key: what the first one signed is not good any more.
        let second = try await IdentityProvider(on: port, in: scene.folder)
        let new = try await second.token(.ann)
        try await eventually("it signs in again") { try await status(service, new) == 200 }
        #expect(try await status(service, token) == 401)
        try await second.end()
        try await scene.end(service)
    }
}
