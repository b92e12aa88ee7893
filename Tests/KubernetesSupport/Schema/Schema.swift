/// What a field may hold, how the server merges it, and what it is where a client leaves it out.
///
/// The vocabulary is that of structural schemas, with the merge markers `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and
/// `x-kubernetes-map-type`:
/// <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>,
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>.
struct Schema: Sendable {
    indirect enum Form: Sendable {
        /// Known fields; others are not part of it.
        case object([String: Schema], required: [String])
        /// Any key, values of one form: labels, say.
        case map(Schema)
        case list(Schema, ListType)
        case string
        /// RFC 3339.
        case time
        case integer
        case boolean
        /// A whole number or a text: a port, say.
        case integerOrString
        /// An amount: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
        case quantity
        /// Kept as it is.
        case anything
    }

    /// How two appliers share a list.
    enum ListType: Sendable, Equatable {
        /// One owner for all of it.
        case atomic
        /// Each element by its own value.
        case set
        /// Each element by the named members.
        case keyed([String])
    }

    var form: Form
    /// One owner for all of an object or map: `x-kubernetes-map-type: atomic`.
    var isAtomic = false
    /// The only values; nil: any.
    var allowed: [JSONTree]?
    /// What the server writes where the key is absent. Nil: nothing.
    var fallback: JSONTree?

    init(_ form: Form) {
        self.form = form
    }

    static let string = Schema(.string)
    static let time = Schema(.time)
    static let integer = Schema(.integer)
    static let boolean = Schema(.boolean)
    static let integerOrString = Schema(.integerOrString)
    static let quantity = Schema(.quantity)
    static let anything = Schema(.anything)
    static let texts = Schema(.map(.string))
    static let quantities = Schema(.map(.quantity))

    static func object(_ fields: [String: Schema], required: [String] = []) -> Schema {
        Schema(.object(fields, required: required))
    }

    static func map(_ value: Schema) -> Schema { Schema(.map(value)) }

    static func list(_ element: Schema, _ type: ListType = .atomic) -> Schema { Schema(.list(element, type)) }

    /// A list of objects, each known by some of its members.
    static func list(_ element: Schema, by keys: String...) -> Schema { Schema(.list(element, .keyed(keys))) }

    var atomic: Schema {
        var copy = self
        copy.isAtomic = true
        return copy
    }

    func allowing(_ values: JSONTree...) -> Schema {
        var copy = self
        copy.allowed = values
        return copy
    }

    func defaulting(to value: JSONTree) -> Schema {
        var copy = self
        copy.fallback = value
        return copy
    }

    /// The form of a member; nil where there is no such member.
    func member(_ name: String) -> Schema? {
        switch form {
        case .object(let fields, _): fields[name]
        case .map(let value): value
        default: nil
        }
    }

    /// The same object with more fields.
    func adding(_ more: [String: Schema], required: [String] = []) -> Schema {
        guard case .object(let fields, let old) = form else { return self }
        var copy = self
        copy.form = .object(fields.merging(more) { $1 }, required: old + required)
        return copy
    }
}
