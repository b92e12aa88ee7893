import AsyncHTTPClient
import Foundation
import KubernetesSupport
import NIOSSL
import TestSupport

/// A cluster with the namespace `team-a`, and an administrator's client.
func withCluster(
    _ settings: ClusterSettings = ClusterSettings(),
    behaviour: @escaping @Sendable (PodDescription) -> PodBehaviour = { _ in .runs },
    _ body: @Sendable (TestCluster, APIClient) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    try await TestCluster.serving(in: folder, settings, behaviour: behaviour) { cluster in
        try await cluster.makeNamespace("team-a")
        cluster.accounts.accept(token: "secret", as: "admin")
        try await withClient(of: cluster, token: "secret") { try await body(cluster, $0) }
    }
}

/// A client that trusts the cluster.
///
/// - Parameters:
///   - token: its bearer token; nil: none.
///   - certificate: its certificate and key, PEM files.
func withClient<Result: Sendable>(
    of cluster: TestCluster,
    token: String? = nil,
    certificate: (certificate: String, key: String)? = nil,
    _ body: (APIClient) async throws -> Result
) async throws -> Result {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(cluster.authority)
    tls.shutdownTimeout = TestCluster.farewell
    if let certificate {
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate.certificate).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.httpVersion = .http1Only
    return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
        let headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try await body(APIClient(client: client, url: cluster.url, headers: headers))
    }
}

/// Manifests as tests need them.
enum Manifest {
    static let tfJobs = "/apis/kubeflow.org/v1/namespaces/team-a/tfjobs"
    static let jobs = "/apis/batch/v1/namespaces/team-a/jobs"
    static let pods = "/api/v1/namespaces/team-a/pods"

    static func template(_ args: [String] = []) -> JSONTree {
        [
            "spec": [
                "containers": [
                    [
                        "name": "tensorflow", "image": "tensorflow/tensorflow:2.21.0",
                        "args": .array(args.map { .string($0) }),
                    ]
                ]
            ]
        ]
    }

    static func tfJob(
        _ name: String,
        _ replicas: [String: Int] = ["Worker": 1],
        _ change: (inout JSONTree) -> Void = { _ in }
    )
        -> JSONTree
    {
        var job: JSONTree = [
            "apiVersion": "kubeflow.org/v1", "kind": "TFJob", "metadata": ["name": .string(name)],
            "spec": ["runPolicy": ["cleanPodPolicy": "Running"], "tfReplicaSpecs": [:]],
        ]
        for (type, count) in replicas {
            job.spec.tfReplicaSpecs[type] = [
                "replicas": .integer(count), "restartPolicy": "Never", "template": template([type]),
            ]
        }
        change(&job)
        return job
    }

    static func job(_ name: String, completions: Int = 1, _ change: (inout JSONTree) -> Void = { _ in }) -> JSONTree {
        var job: JSONTree = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
            "spec": [
                "completionMode": "Indexed", "completions": .integer(completions), "parallelism": .integer(completions),
                "backoffLimit": 0, "template": template(),
            ],
        ]
        job.spec.template.spec.restartPolicy = "Never"
        change(&job)
        return job
    }

    static func pod(_ name: String, _ change: (inout JSONTree) -> Void = { _ in }) -> JSONTree {
        var pod = template()
        pod.apiVersion = "v1"
        pod.kind = "Pod"
        pod.metadata.name = .string(name)
        pod.spec.restartPolicy = "Never"
        change(&pod)
        return pod
    }

    static func configMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]) -> JSONTree {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "labels": JSONTree(labels)], "data": JSONTree(data),
        ]
    }
}

extension JSONTree {
    /// The names of a list's items.
    var names: [String] { self.items.elements.compactMap(\.metadata.name.text) }

    /// The types of a status's conditions that are true.
    var trueConditions: Set<String> {
        Set(self.status.conditions.elements.filter { $0.status == "True" }.compactMap(\.type.text))
    }
}
