import KubernetesSupport
import Testing

@Suite(.serialized)
struct FaultTests {
    private static let path = "/api/v1/namespaces/team-a/configmaps"

    @Test
    func `too many requests are answered with 429 and when to come again, and not carried out`() async throws {
        try await withCluster { cluster, client in
            cluster.faults.add(.answer(code: 429, retryAfter: 2), at: Faults.Aim(methods: ["POST"]), times: 2)
            #expect(try await client.get(Self.path).code == 200)
            for _ in 0..<2 {
                let reply = try await client.send("POST", Self.path, Manifest.configMap("a"))
                #expect(reply.code == 429)
                #expect(reply.headers["retry-after"] == ["2"])
                #expect(reply.json.reason == "TooManyRequests")
            }
            #expect(try await client.send("POST", Self.path, Manifest.configMap("a")).code == 201)
            #expect(cluster.faults.hits == 2)
        }
    }

    @Test
    func `an answer that is lost was carried out, and a closed connection was not`() async throws {
        try await withCluster { cluster, client in
            cluster.faults.add(.lostAnswer)
            await #expect(throws: (any Error).self) {
                try await client.send("POST", Self.path, Manifest.configMap("a"))
            }
            #expect(await cluster.object("configmaps", "team-a", "a") != nil)
            cluster.faults.add(.closed, times: nil)
            await #expect(throws: (any Error).self) {
                try await client.send("POST", Self.path, Manifest.configMap("b"))
            }
            cluster.faults.clear()
            #expect(await cluster.object("configmaps", "team-a", "b") == nil)
        }
    }

    @Test
    func `a body is cut or comes slowly`() async throws {
        try await withCluster { cluster, client in
            cluster.faults.add(.body(.cut(after: 20)))
            await #expect(throws: (any Error).self) { try await client.get(Self.path) }
            cluster.faults.add(.body(.slow(.milliseconds(10), pieces: 7)))
            let list = try await client.get(Self.path).json
            #expect(list.kind == "ConfigMapList")
        }
    }

    @Test
    func `a watch is cut in the middle of an event`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Self.path, Manifest.configMap("a"))
            try await client.send("POST", Self.path, Manifest.configMap("b"))
            cluster.faults.add(.body(.cut(after: 500)), at: Faults.Aim(isStream: true))
            await #expect(throws: (any Error).self) {
                try await client.stream("\(Self.path)?watch=true") { lines in
                    while try await lines.next() != nil {}
                }
            }
        }
    }
}
