import Foundation

/// The `TF_CONFIG` of one replica: whom it meets, and which of them it is.
///
/// Source: `genTFConfigJSONStr`,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/tensorflow/tensorflow.go>.
public struct TFConfig: Encodable, Sendable {
    private struct Task: Encodable {
        let type: String
        let index: Int
    }

    private let cluster: [String: [String]]
    private let task: Task
    private let environment = "cloud"

    /// Makes the configuration of one replica.
    ///
    /// A type with count 0 has an empty list, `master` stays `master`, and the evaluator is in the cluster, as in TFJob v1.
    ///
    /// - Parameters:
    ///   - job: the job that it belongs to.
    ///   - type: the replica's type.
    ///   - index: the replica's index within the type, from 0.
    ///   - address: gives each replica's `host:port`.
    /// - Returns: nil where one replica runs in all, which needs to meet nobody.
    public init?(
        job: Job,
        type: ReplicaType,
        index: Int,
        address: (_ type: ReplicaType, _ index: Int) -> String
    ) {
        guard job.replicaCount > 1 else { return nil }
        var cluster: [String: [String]] = [:]
        for group in job.replicas {
            cluster[group.type.rawValue] = (0..<group.count).map { address(group.type, $0) }
        }
        self.cluster = cluster
        task = Task(type: type.rawValue, index: index)
    }

    /// The variable's value: one line of JSON with sorted keys.
    public func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
