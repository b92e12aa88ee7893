/// How an applied object becomes part of the stored one.
///
/// Source: `mergingWalker`, <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/typed/merge.go>, and `removingWalker`,
/// <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/typed/remove.go>.
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

    /// Elements that both have are in the applied order; those of the live list alone stay before whatever they were before, as far as that goes.
    ///
    /// Source: `visitListItems`, the same file.
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
        var shared = newSteps.filter(oldSteps.contains)[...]
        var order: [PathElement] = []
        var (left, right) = (0, 0)
        while left < oldSteps.count || right < newSteps.count {
            if left < oldSteps.count, right < newSteps.count {
                if oldSteps[left] == newSteps[right] {
                    order.append(newSteps[right])
                    left += 1
                    right += 1
                    shared = shared.dropFirst()
                    continue
                }
                if newSteps.contains(oldSteps[left]), let next = shared.first, next != oldSteps[left] {
                    left += 1
                    continue
                }
            }
            if left < oldSteps.count {
                if !newSteps.contains(oldSteps[left]) {
                    order.append(oldSteps[left])
                    left += 1
                    continue
                }
                if order.contains(oldSteps[left]) { left += 1 }
            }
            if right < newSteps.count {
                order.append(newSteps[right])
                if shared.first == newSteps[right] { shared = shared.dropFirst() }
                right += 1
            }
        }
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
