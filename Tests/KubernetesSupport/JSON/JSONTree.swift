/// A JSON value that the stand-in keeps, compares and changes in place.
///
/// Whole numbers stay whole: Kubernetes has 64-bit counts that a floating-point number would spoil.
@dynamicMemberLookup
package enum JSONTree: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case decimal(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    /// A member of an object, `.null` where there is none. Setting `.null` keeps the key with null; ``subscript(_:)`` removes.
    package subscript(dynamicMember name: String) -> JSONTree {
        get { self[name] ?? .null }
        set { self[name] = newValue }
    }

    /// A member of an object, nil where there is none. Setting one makes an object of anything that is not.
    package subscript(_ name: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members[name]
        }
        set {
            guard case .object(var members) = self else {
                if let newValue { self = .object([name: newValue]) }
                return
            }
            // Lets the dictionary be changed without a copy.
            self = .null
            members[name] = newValue
            self = .object(members)
        }
    }

    /// An element of an array, `.null` where there is none.
    package subscript(index: Int) -> JSONTree {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
        return elements[index]
    }

    package var text: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var int: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    package var isTrue: Bool { self == .bool(true) }

    package var isNull: Bool { self == .null }

    /// The elements of an array, and of anything else none.
    package var elements: [JSONTree] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The members of an object, and of anything else none.
    package var members: [String: JSONTree] {
        guard case .object(let members) = self else { return [:] }
        return members
    }

    /// The members of an object that are texts: labels, say.
    package var texts: [String: String] { members.compactMapValues(\.text) }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONTree)...) {
        self = .object(Dictionary(elements) { $1 })
    }

    /// An object of texts: labels, say.
    package init(_ texts: [String: String]) { self = .object(texts.mapValues { .string($0) }) }
}
