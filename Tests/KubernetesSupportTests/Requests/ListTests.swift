import KubernetesSupport
import Testing

@Suite(.serialized)
struct ListTests {
    private static let path = "/api/v1/namespaces/team-a/configmaps"

    private func fill(_ client: APIClient, _ count: Int) async throws {
        for index in 0..<count {
            let labels = ["parity": index.isMultiple(of: 2) ? "even" : "odd", "n": "\(index)"]
            try await client.send("POST", Self.path, Manifest.configMap("c\(index)", labels: labels))
        }
    }

    @Test(arguments: [
        ("parity=even", ["c0", "c2", "c4"]), ("parity==odd,n!=1", ["c3"]), ("parity%20in%20(odd,x)", ["c1", "c3"]),
        ("n%20notin%20(0,1,2)", ["c3", "c4"]), ("!parity", []), ("parity,n=4", ["c4"]),
    ])
    func `a label selector chooses`(selector: String, names: [String]) async throws {
        try await withCluster { _, client in
            try await fill(client, 5)
            let list = try await client.get("\(Self.path)?labelSelector=\(selector)").json
            #expect(list.names == names)
        }
    }

    @Test
    func `a field selector chooses by what the kind has, and is refused for what it has not`() async throws {
        try await withCluster { _, client in
            try await fill(client, 3)
            #expect(try await client.get("\(Self.path)?fieldSelector=metadata.name=c1").json.names == ["c1"])
            let refused = try await client.get("\(Self.path)?fieldSelector=data.a=1")
            #expect(refused.code == 400)
            #expect(refused.json.message == "field label not supported: data.a")
            #expect(try await client.get("\(Manifest.tfJobs)?fieldSelector=status.phase=x").code == 400)
        }
    }

    @Test
    func `pages are of the state of the first one, and say how many are left`() async throws {
        try await withCluster { _, client in
            try await fill(client, 5)
            let first = try await client.get("\(Self.path)?limit=2").json
            #expect(first.names == ["c0", "c1"])
            #expect(first.metadata.remainingItemCount == 3)
            try await client.send("DELETE", "\(Self.path)/c3")
            try await client.send("POST", Self.path, Manifest.configMap("c9"))
            let token = try #require(first.metadata.continue.text)
            let second = try await client.get("\(Self.path)?limit=2&continue=\(token)").json
            #expect(second.names == ["c2", "c3"])
            #expect(second.metadata.resourceVersion == first.metadata.resourceVersion)
            let last = try await client.get("\(Self.path)?continue=\(second.metadata.continue.text ?? "")").json
            #expect(last.names == ["c4"])
            #expect(last.metadata["continue"] == nil)
        }
    }

    @Test
    func `a page whose state is forgotten is 410, with a token for the rest as it is now`() async throws {
        try await withCluster { cluster, client in
            try await fill(client, 4)
            let first = try await client.get("\(Self.path)?limit=2").json
            try await client.send("DELETE", "\(Self.path)/c2")
            await cluster.forgetHistory()
            let expired = try await client.get("\(Self.path)?continue=\(first.metadata.continue.text ?? "")")
            #expect(expired.code == 410)
            #expect(expired.json.reason == "Expired")
            let rest = try await client.get("\(Self.path)?continue=\(expired.json.metadata.continue.text ?? "")").json
            #expect(rest.names == ["c3"])
        }
    }

    @Test
    func `a list is of an exact state, of any state, or not older than one`() async throws {
        try await withCluster { cluster, client in
            try await fill(client, 1)
            let old = try await client.get(Self.path).json.metadata.resourceVersion.text ?? ""
            try await client.send("POST", Self.path, Manifest.configMap("later"))
            let exact = try await client.get("\(Self.path)?resourceVersion=\(old)&resourceVersionMatch=Exact").json
            #expect(exact.names == ["c0"])
            #expect(exact.metadata.resourceVersion.text == old)
            #expect(try await client.get("\(Self.path)?resourceVersion=\(old)").json.names == ["c0", "later"])
            cluster.faults.readStale(at: Int(old))
            #expect(try await client.get("\(Self.path)?resourceVersion=0").json.names == ["c0"])
            #expect(try await client.get(Self.path).json.names == ["c0", "later"])
            let future = try await client.get("\(Self.path)?resourceVersion=99999")
            #expect(future.code == 504)
            #expect(future.json.details.causes[0].reason == "ResourceVersionTooLarge")
            await cluster.forgetHistory()
            #expect(try await client.get("\(Self.path)?resourceVersion=\(old)&resourceVersionMatch=Exact").code == 410)
        }
    }
}
