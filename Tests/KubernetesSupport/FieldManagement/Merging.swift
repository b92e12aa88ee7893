/// How an applied object becomes part of the stored one.
///
/// Source: <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/typed/merge.go>.
enum Merging {
    /// Lays an object over another: maps and keyed lists member by member, all else as a whole.
    static func merge(_ live: JSONTree, _ applied: JSONTree, _ schema: Schema) -> JSONTree {
        guard !schema.isAtomic else { return applied }
        switch (schema.form, live, applied) {
        case (.object, .object(let old), .object(let new)), (.map, .object(let old), .object(let new)):
            return .object(
                old.merging(
                    new.map { name, value in
                        let member = schema.member(name) ?? .anything
                        return (name, old[name].map { merge($0, value, member) } ?? value)
                    }
                ) { $1 }
            )
        case (.list(let element, let type), .array(let old), .array(let new)) where type != .atomic:
            return .array(merge(old, new, element, type))
        default: return applied
        }
    }

    /// Elements that both have stay where they are as long as their order agrees; else the applied order leads.
    private static func merge(
        _ old: [JSONTree],
        _ new: [JSONTree],
        _ schema: Schema,
        _ type: Schema.ListType
    ) -> [JSONTree] {
        let oldSteps = old.map { type.identity(of: $0, schema) }
        let newSteps = new.map { type.identity(of: $0, schema) }
        func merged(_ step: PathElement) -> JSONTree? {
            let left = oldSteps.firstIndex(of: step).map { old[$0] }
            let right = newSteps.firstIndex(of: step).map { new[$0] }
            guard let left, let right else { return left ?? right }
            return merge(left, right, schema)
        }
        let agrees = oldSteps.filter(newSteps.contains) == newSteps.filter(oldSteps.contains)
        let order =
            agrees
            ? oldSteps + newSteps.filter { !oldSteps.contains($0) }
            : newSteps + oldSteps.filter { !newSteps.contains($0) }
        return order.compactMap(merged)
    }

    /// Takes fields away; an object or list that is emptied by that goes too, where nobody owns it.
    static func remove(_ paths: FieldSet, from object: JSONTree, _ schema: Schema, kept: FieldSet) -> JSONTree {
        var result = object
        // Elements first: without its key an element can't be found any more. Then the deepest.
        let order = paths.sorted { ($0.last == .itself ? 0 : 1, $1.count) < ($1.last == .itself ? 0 : 1, $0.count) }
        for path in order where !path.isEmpty {
            result = remove(path[...], from: result, schema, at: [], kept) ?? result
        }
        return result
    }

    /// - Returns: nil where nothing is left of the value.
    private static func remove(
        _ path: ArraySlice<PathElement>,
        from value: JSONTree,
        _ schema: Schema,
        at place: FieldPath,
        _ kept: FieldSet
    ) -> JSONTree? {
        guard let step = path.first else { return nil }
        let rest = path.dropFirst()
        switch (step, value) {
        case (.itself, _):
            let isOwned = kept.contains { $0.starts(with: place) }
            return isOwned ? value : nil
        case (.field(let name), .object(var members)):
            guard let child = members[name] else { return value }
            let member = schema.member(name) ?? .anything
            members[name] = remove(rest, from: child, member, at: place + [step], kept)
            let isOwned = place.count < 2 || kept.contains { $0.starts(with: place) }
            return members.isEmpty && !isOwned ? nil : .object(members)
        case (.key, .array(let elements)), (.value, .array(let elements)):
            guard case .list(let element, let type) = schema.form else { return value }
            let left: [JSONTree] = elements.compactMap { member in
                guard type.identity(of: member, element) == step else { return member }
                return remove(rest, from: member, element, at: place + [step], kept)
            }
            return left.isEmpty && !elements.isEmpty ? nil : .array(left)
        default: return value
        }
    }
}
