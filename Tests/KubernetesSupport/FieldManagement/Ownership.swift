/// The arithmetic of field ownership: who owns what after an update and after an apply.
///
/// Source: `Updater.Update`, `Updater.Apply` and `prune`,
/// <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/merge/update.go>.
struct Ownership {
    let resource: Resource
    var managers: [Manager]

    /// Two appliers want different values.
    struct Conflict: Error {
        let fields: [(manager: Manager, path: FieldPath)]
    }

    /// An object was replaced or patched: who did it owns what changed, and whoever owned that before does not any more.
    mutating func update(from old: JSONTree?, to new: JSONTree, by manager: Manager) {
        let before = Fields(of: old ?? [:], resource.schema)
        let after = Fields(of: new, resource.schema)
        let changed = before.changed(in: after)
        let gone = before.removed(in: after)
        guard !changed.isEmpty || !gone.isEmpty else { return }
        let rest = changed.union(gone)
        for index in managers.indices where !managers[index].isSame(as: manager) {
            managers[index].fields.subtract(rest)
        }
        record(manager, own: { $0.union(changed).subtracting(gone) })
    }

    /// Applies an object.
    ///
    /// - Parameters:
    ///   - applied: what the applier wants, already read by the schema.
    ///   - live: the stored object; nil where there is none yet.
    ///   - manager: who applies.
    ///   - force: takes fields that others own.
    /// - Returns: the new object.
    /// - Throws: ``Conflict``.
    mutating func apply(
        _ applied: JSONTree,
        to live: JSONTree?,
        by manager: Manager,
        force: Bool
    ) throws(Conflict) -> JSONTree {
        let wanted = Fields(of: applied, resource.schema)
        let before = Fields(of: live ?? [:], resource.schema)
        let last = managers.first { $0.isSame(as: manager) }?.fields ?? []
        var merged = Merging.merge(live ?? [:], applied, resource.schema)
        let others = managers.filter { !$0.isSame(as: manager) }
        let kept = others.reduce(into: wanted.all) { $0.formUnion($1.fields) }
        merged = Merging.remove(last.subtracting(kept), from: merged, resource.schema, kept: kept)
        let changed = before.changed(in: Fields(of: merged, resource.schema))
        let disputed = others.flatMap { other in
            other.fields.intersection(changed).map { (manager: other, path: $0) }
        }
        guard disputed.isEmpty || force else {
            throw Conflict(fields: disputed.sorted { $0.path.sentence < $1.path.sentence })
        }
        for index in managers.indices where !managers[index].isSame(as: manager) {
            managers[index].fields.subtract(changed)
        }
        record(manager, own: { _ in wanted.all })
        return merged
    }

    private mutating func record(_ manager: Manager, own: (FieldSet) -> FieldSet) {
        var entry = managers.first { $0.isSame(as: manager) } ?? manager
        let fields = own(entry.fields)
        if fields != entry.fields { entry.time = manager.time }
        entry.fields = fields
        managers.removeAll { $0.isSame(as: manager) || $0.fields.isEmpty }
        // Who owns nothing is no manager, also where that was applied.
        if !fields.isEmpty { managers.append(entry) }
        managers.sort {
            ($0.operation.rawValue, $0.name, $0.subresource) < ($1.operation.rawValue, $1.name, $1.subresource)
        }
    }

    /// As `metadata.managedFields` has it.
    var entries: JSONTree { .array(managers.map(\.entry)) }
}

extension APIError {
    /// An apply that others are in the way of: one cause for each field, with the other manager's name.
    ///
    /// Source: `NewConflictError`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go>.
    init(_ conflict: Ownership.Conflict) {
        let count = conflict.fields.count
        let message: String
        if count == 1 {
            message =
                "1 conflict: conflict with \(conflict.fields[0].manager.sentence): \(conflict.fields[0].path.sentence)"
        } else {
            let lines = Dictionary(grouping: conflict.fields) { $0.manager.sentence }.sorted { $0.key < $1.key }.flatMap
            {
                ["conflicts with \($0.key):"] + $0.value.map { "- \($0.path.sentence)" }
            }
            message = "\(count) conflicts: \(lines.joined(separator: "\n"))"
        }
        let causes = conflict.fields.map { field -> JSONTree in
            [
                "reason": "FieldManagerConflict",
                "message": .string("conflict with \(field.manager.sentence)"),
                "field": .string(field.path.sentence),
            ]
        }
        self.init(
            409,
            "Conflict",
            "Apply failed with \(message)",
            details: ["causes": .array(causes)]
        )
    }
}
