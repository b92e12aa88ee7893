import Foundation
import Jobs
import KubernetesClient
import Testing

@testable import KubernetesBackend

/// Objects as a cluster shows them, made of little.
enum Fixture {
    static let id = RunID(key: JobKey(cluster: "prod", partition: "team-a", id: "mnist"), number: 3)

    static func read<Object: Decodable>(_ value: JSONValue, as type: Object.Type = Object.self) throws -> Object {
        try JSONDecoder().decode(type, from: Data(try value.text().utf8))
    }

    static func anchor(
        _ flavor: KubernetesSettings.Flavor,
        of text: String,
        conditions: JSONValue = [],
        version: Int = 1,
        metadata: JSONValue = [:],
        status: JSONValue = [:]
    ) throws -> AnchorObject {
        let body = try ManifestCase(name: "", text: text).mapping(flavor).manifests().anchor.body
        let more: JSONValue = [
            "metadata": JSONValue.object(["uid": "anchor", "resourceVersion": .string(String(version))])
                .merging(metadata),
            "status": JSONValue.object(["conditions": conditions]).merging(status),
        ]
        return try read(body.merging(more))
    }

    static func condition(_ type: String, reason: String = "", message: String = "") -> JSONValue {
        [
            "type": .string(type), "status": "True", "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": "2026-01-01T00:01:00Z",
        ]
    }

    /// - Parameter state: of the training container.
    static func pod(
        _ type: String,
        _ index: Int,
        phase: String,
        state: JSONValue = [:],
        uid: String? = nil,
        version: Int = 1,
        restarts: Int = 0,
        attempt: Int = 0,
        metadata: JSONValue = [:],
        status: JSONValue = [:]
    ) throws -> PodObject {
        var labels = Marks.labels(of: id, installation: "here").mapValues { JSONValue.string($0) }
        labels[Marks.attempt] = .string(String(attempt))
        labels[Marks.replicaType] = .string(type)
        labels["training.kubeflow.org/replica-index"] = .string(String(index))
        let container: JSONValue = ["name": "tensorflow", "restartCount": .integer(restarts), "state": state]
        return try read([
            "metadata": JSONValue.object([
                "name": .string("mnist-\(type)-\(index)"), "namespace": "team-a",
                "uid": .string(uid ?? "\(type)-\(index)"), "resourceVersion": .string(String(version)),
                "labels": .object(labels),
            ]).merging(metadata),
            "spec": ["nodeName": "node-1"],
            "status": JSONValue.object(["phase": .string(phase), "containerStatuses": [container]]).merging(status),
        ])
    }

    static let running: JSONValue = ["running": ["startedAt": "2026-01-01T00:00:10Z"]]

    static func exited(_ code: Int, at second: Int = 50) -> JSONValue {
        [
            "terminated": [
                "exitCode": .integer(code), "startedAt": "2026-01-01T00:00:10Z",
                "finishedAt": .string("2026-01-01T00:00:\(second)Z"),
            ]
        ]
    }

    static func job(
        _ type: String,
        conditions: JSONValue = [],
        completed: String = "",
        version: Int = 1,
        attempt: Int = 0,
        ready: Int = 0
    ) throws -> BatchJobObject {
        var labels = Marks.labels(of: id, installation: "here").mapValues { JSONValue.string($0) }
        labels[Marks.attempt] = .string(String(attempt))
        labels[Marks.replicaType] = .string(type)
        return try read([
            "metadata": [
                "name": .string("mnist-\(type)"), "namespace": "team-a", "uid": .string("job-\(type)"),
                "resourceVersion": .string(String(version)), "labels": .object(labels),
            ],
            "spec": [:],
            "status": [
                "conditions": conditions, "completedIndexes": .string(completed), "ready": .integer(ready),
            ],
        ])
    }

    static let two = """
        {"runtime": "Python_3.11", "bootfile": "/opt/train.py", "replicas": [
          {"type": "worker", "count": "2", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}},
          {"type": "ps", "count": "1", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
        """

    /// Two workers that are restarted together, by different policies.
    static let together = """
        {"runtime": "Python_3.11", "bootfile": "/opt/train.py", "runPolicy": {"restartScope": "Job", "backoffLimit": 2}, "replicas": [
          {"type": "chief", "restartPolicy": "ExitCode", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}},
          {"type": "worker", "resource": {"cpu": "1", "memory": "1Gi", "gpu": "0"}}]}
        """

    /// Two workers and a parameter server.
    static func view(
        _ flavor: KubernetesSettings.Flavor,
        of text: String = two,
        conditions: JSONValue = [],
        pods: [PodObject] = [],
        jobs: [BatchJobObject] = [],
        attempt: Attempt = .first
    ) throws -> RunView {
        var store = RunStore()
        let notes: JSONValue = attempt == .first ? [:] : [Marks.attempt: .string(try AnnotationText.encode(attempt))]
        _ = store.mergeObject(try anchor(flavor, of: text, conditions: conditions, metadata: ["annotations": notes]))
        pods.forEach { _ = store.mergeObject($0) }
        jobs.forEach { _ = store.mergeObject($0) }
        return try #require(store.runs[id])
    }
}
