import Foundation
import Jobs
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// Ways to an API server beside the straight one.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RouteTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])
    /// The name of the server's certificate: behind a proxy it has to be told.
    private static let name = ["tls-server-name: localhost"]

    /// A job is started, seen and stopped: requests and watches both take the way.
    private func works(_ kubeconfig: String, _ cluster: TestCluster) async throws {
        let scene = ClusterScene(cluster: cluster, kubeconfig: kubeconfig, flavor: .tfjob)
        try await scene.withBackend { backend in
            let request = ClusterScene.request("one", Self.running)
            try await backend.start(request)
            try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
            try await backend.stop(request.id)
            #expect(try await backend.observe().isEmpty)
        }
        #expect(Set(cluster.requests.all.map(\.host)) == [cluster.place])
    }

    /// What is said where nothing can be asked.
    private func complaint(_ kubeconfig: String, _ cluster: TestCluster) async throws -> String {
        let scene = ClusterScene(cluster: cluster, kubeconfig: kubeconfig, flavor: .tfjob)
        return try await scene.withBackend { backend in
            let error = await #expect(throws: BackendError.self) { try await backend.observe() }
            guard case .unavailable(let message) = error else { return "" }
            return message
        }
    }

    @Test(arguments: ForwardProxy.Kind.allCases)
    func `all goes through the proxy of proxy-url`(kind: ForwardProxy.Kind) async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder) { cluster in
            let kubeconfig = try await ForwardProxy.serving(kind, in: folder) { proxy in
                let kubeconfig = try cluster.kubeconfig(cluster: Self.name + ["proxy-url: \(proxy.url)"])
                try await works(kubeconfig, cluster)
                let lines = try proxy.lines
                #expect(lines.contains { $0.contains("127.0.0.1") && $0.contains(cluster.port) }, "\(lines)")
                return kubeconfig
            }
            // It is no way beside another: where it is away, so is the cluster.
            let message = try await complaint(kubeconfig, cluster)
            #expect(message.contains("nothing answers at the proxy \(kind.rawValue)://127.0.0.1:"), "\(message)")
        }
    }

    @Test
    func `a proxy gets the password of proxy-url, and its refusals are put into words`() async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder) { cluster in
            try await ForwardProxy.serving(.http, in: folder, login: ("ann", "p.ss")) { proxy in
                let place = "127.0.0.1:\(proxy.port)"
                try await works(
                    try cluster.kubeconfig(cluster: Self.name + ["proxy-url: http://ann:p%2Ess@\(place)"]),
                    cluster
                )
                // tinyproxy has 401 for a wrong one, where RFC 9110 has 407 for both.
                for (login, sentence) in [("", "wants a password"), ("ann:other@", "does not let us through")] {
                    let url = "http://\(login)\(place)"
                    let message = try await complaint(
                        try cluster.kubeconfig(cluster: Self.name + ["proxy-url: \(url)"]),
                        cluster
                    )
                    #expect(message.contains("the proxy http://\(place) \(sentence)"), "\(message)")
                }
            }
            try await ForwardProxy.serving(.http, in: folder, ports: [1]) { proxy in
                let message = try await complaint(
                    try cluster.kubeconfig(cluster: Self.name + ["proxy-url: \(proxy.url)"]),
                    cluster
                )
                #expect(message.contains("the proxy \(proxy.url) does not let us through"), "\(message)")
            }
        }
    }

    @Test
    func `a server proves to be tls-server-name, straight and behind a proxy`() async throws {
        let folder = try TemporaryFolder()
        var settings = ClusterSettings()
        settings.names = "DNS:api.example.org"
        try await TestCluster.serving(in: folder, settings) { cluster in
            let name = "tls-server-name: api.example.org"
            try await works(try cluster.kubeconfig(cluster: [name]), cluster)
            try await ForwardProxy.serving(.http, in: folder) { proxy in
                try await works(try cluster.kubeconfig(cluster: [name, "proxy-url: \(proxy.url)"]), cluster)
            }
            for lines in [[], ["tls-server-name: api.example.com"]] {
                let message = try await complaint(try cluster.kubeconfig(cluster: lines), cluster)
                #expect(message.contains("check certificate-authority and tls-server-name"), "\(message)")
            }
        }
    }

    @Test
    func `behind a proxy a server that is named by its address is asked for a name`() async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder) { cluster in
            let message = try await complaint(
                try cluster.kubeconfig(cluster: ["proxy-url: http://127.0.0.2:1"]),
                cluster
            )
            #expect(message.contains("proxy-url: write tls-server-name too"), "\(message)")
            #expect(cluster.requests.all.isEmpty)
        }
    }
}
