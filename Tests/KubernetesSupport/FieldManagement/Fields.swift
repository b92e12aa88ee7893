/// The fields of an object as appliers own them, with their values.
///
/// Scalars, atomic lists and maps, and empty objects are one field each; an element of a keyed list or a set is one beside what is in it.
/// Source: `toFieldSetWalker`, <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/typed/tofieldset.go>, and for updates
/// `compareWalker`, <https://github.com/kubernetes-sigs/structured-merge-diff/blob/v4.4.1/typed/compare.go>. An empty list is a field for both
/// here; by the former it is none.
struct Fields {
    private(set) var values: [FieldPath: JSONTree] = [:]
    /// The objects and lists that have something in them, and are no field themselves.
    private var containers: FieldSet = []

    /// - Parameters:
    ///   - object: as it is stored or as a client sent it.
    ///   - schema: of its kind.
    init(of object: JSONTree, _ schema: Schema) {
        collect(object, schema, [])
        for path in values.keys where Self.isServersOwn(path) { values[path] = nil }
    }

    /// What no manager owns, because the server does.
    ///
    /// Source: `stripSet`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go>;
    /// and what a deletion sets, which goes past the field managers (`Delete` in
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>).
    private static func isServersOwn(_ path: FieldPath) -> Bool {
        guard let first = path.first else { return true }
        if first == .field("apiVersion") || first == .field("kind") { return true }
        guard first == .field("metadata") else { return false }
        guard path.count > 1, case .field(let name) = path[1] else { return true }
        return [
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields",
            "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
        ].contains(name)
    }

    private mutating func collect(_ value: JSONTree, _ schema: Schema, _ path: FieldPath) {
        guard !schema.isAtomic else {
            values[path] = value
            return
        }
        switch (schema.form, value) {
        case (.object, .object(let members)), (.map, .object(let members)):
            if members.isEmpty { values[path] = value } else { containers.insert(path) }
            for (name, member) in members {
                collect(member, schema.member(name) ?? .anything, path + [.field(name)])
            }
        case (.list(let element, let type), .array(let elements)) where type != .atomic:
            if elements.isEmpty { values[path] = value } else { containers.insert(path) }
            for member in elements {
                let step = type.identity(of: member, element)
                if type != .set { collect(member, element, path + [step]) }
                values[path + [step, .itself]] = type == .set ? member : .null
            }
        default:
            values[path] = value
        }
    }

    /// All of them.
    var all: FieldSet { Set(values.keys) }

    /// The fields that are new or have another value in a later state of the object. One that was emptied has not changed itself.
    func changed(in later: Fields) -> FieldSet {
        Set(later.values.filter { values[$0.key] != $0.value && !containers.contains($0.key) }.keys)
    }

    /// The fields that a later state of the object does not have.
    func removed(in later: Fields) -> FieldSet {
        Set(values.keys.filter { later.values[$0] == nil && !later.containers.contains($0) })
    }
}

extension Schema.ListType {
    /// What an element is known by. A key that is left out has its default.
    func identity(of member: JSONTree, _ schema: Schema) -> PathElement {
        guard case .keyed(let keys) = self else { return .value(member) }
        var members: [String: JSONTree] = [:]
        for key in keys {
            members[key] = member[key] ?? schema.member(key)?.fallback
        }
        return .key(.object(members))
    }
}
