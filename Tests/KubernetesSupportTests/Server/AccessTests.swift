import AsyncHTTPClient
import Foundation
import KubernetesSupport
import NIOSSL
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct AccessTests {
    @Test
    func `a client certificate that was issued lets its user in, and one that was not is answered with 401`()
        async throws
    {
        try await withCluster { cluster, _ in
            let stranger = try await cluster.issue("eve")
            try await withClient(of: cluster, certificate: stranger) { client in
                let reply = try await client.get(Manifest.pods)
                #expect(reply.code == 401)
            }
            let config = try await cluster.kubeconfig(certificateOf: "ann")
            let lines = try String(contentsOfFile: config, encoding: .utf8).split(separator: "\n")
            func path(_ key: String) throws -> String {
                let line = try #require(lines.first { $0.contains("\(key):") })
                return String(line.split(separator: " ")[1])
            }
            let files = (certificate: try path("client-certificate"), key: try path("client-key"))
            try await withClient(of: cluster, certificate: files) { client in
                let reply = try await client.get(Manifest.pods)
                #expect(reply.code == 200)
            }
            #expect(cluster.requests.all.last?.user == "ann")
        }
    }

    @Test
    func `a token works until it is revoked, and without credentials only the version is shown`() async throws {
        try await withCluster { cluster, client in
            #expect(try await client.get(Manifest.pods).code == 200)
            cluster.accounts.revoke(token: "secret")
            let refused = try await client.get(Manifest.pods)
            #expect(refused.code == 401)
            #expect(refused.json.reason == "Unauthorized")
            try await withClient(of: cluster) { anonymous in
                let forbidden = try await anonymous.get(Manifest.pods)
                #expect(forbidden.code == 403)
                #expect(forbidden.json.message.text?.contains("system:anonymous") == true)
                #expect(try await anonymous.get("/version").json.gitVersion == "v1.32.0")
            }
        }
    }

    @Test
    func `a client that does not trust the authority gets no connection`() async throws {
        try await withCluster { cluster, _ in
            try await HTTPClient.withHTTPClient { client in
                let untrusting = APIClient(client: client, url: cluster.url, headers: [:])
                await #expect(throws: (any Error).self) { try await untrusting.get("/version") }
            }
        }
    }

    @Test
    func `a role allows what it names and nothing else`() async throws {
        try await withCluster { cluster, client in
            cluster.accounts.limit(
                "admin",
                to: [Accounts.Rule(groups: [""], resources: ["pods"], verbs: ["get", "list"], namespaces: ["team-a"])]
            )
            #expect(try await client.get(Manifest.pods).code == 200)
            #expect(try await client.get("\(Manifest.pods)?watch=true&timeoutSeconds=1").code == 403)
            #expect(try await client.get("/api/v1/pods").code == 403)
            #expect(try await client.get("\(Manifest.pods)/a/log").code == 403)
            let refused = try await client.send("POST", Manifest.jobs, Manifest.job("one"))
            #expect(
                refused.json.message
                    == "jobs.batch is forbidden: User \"admin\" cannot create resource \"jobs\" in API group \"batch\" in the namespace \"team-a\""
            )
        }
    }

    @Test
    func `discovery has TFJobs where the operator is installed, and else their paths are not there`() async throws {
        try await withCluster { _, client in
            let resources = try await client.get("/apis/kubeflow.org/v1").json.resources.elements
            #expect(resources.compactMap(\.name.text) == ["tfjobs", "tfjobs/status"])
            let groups = try await client.get("/apis").json.groups.elements.compactMap(\.name.text)
            #expect(groups == ["batch", "kubeflow.org"])
        }
        var settings = ClusterSettings()
        settings.hasOperator = false
        try await withCluster(settings) { _, client in
            #expect(try await client.get("/apis/kubeflow.org/v1").code == 404)
            let reply = try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            #expect(reply.code == 404)
            #expect(reply.text == "404 page not found\n")
        }
    }
}
