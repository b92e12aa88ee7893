import Foundation

/// The `TF_CONFIG` of one replica: the addresses of all replicas, and which of them it is.
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

    /// Creates the configuration of one replica.
    ///
    /// As in TFJob v1, a type with count 0 has an empty list, `master` stays `master`, and the evaluator is in the
    /// cluster.
    ///
    /// - Parameters:
    ///   - job: the replica's job.
    ///   - type: the replica's type.
    ///   - index: the replica's index within the type, from 0.
    ///   - address: returns the `host:port` of a replica.
    /// - Returns: nil for a job with a single replica, which needs no configuration.
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
