import Foundation
import Git
import Jobs

/// A plan as JSON.
struct PlanDocument: Encodable {
    private struct Action: Encodable {
        let cluster: String
        let partition: String
        let id: String
        let action: ActionKind
        let changes: [FieldChange]
        /// Only where a service was asked, and the job runs.
        let runningSince: String?
    }

    private struct Resources: Encodable {
        let cluster: String
        let partition: String
        let before: ResourceSum
        let after: ResourceSum
    }

    private let base: String
    private let head: String
    private let actions: [Action]
    private let issues: [Issue]
    private let resources: [Resources]

    init(_ result: PlanSource.Result) {
        base = result.base.description
        head = result.headName
        actions = result.plan.actions.map { action in
            Action(
                cluster: action.key.cluster,
                partition: action.key.partition,
                id: action.key.id,
                action: action.kind,
                changes: action.changes,
                runningSince: result.running?[action.key]
            )
        }
        issues = result.issues
        resources = result.plan.resources.map {
            Resources(cluster: $0.cluster, partition: $0.partition, before: $0.before, after: $0.after)
        }
    }

    /// One line, with sorted keys.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
