/// A JSON value from somebody who is not trusted: two programs that read it must not read two things.
///
/// An object with a name twice, bytes that are not UTF-8, half a surrogate pair and more than one value are refused, which other
/// readers pass over (<https://www.rfc-editor.org/rfc/rfc8725#section-2.4>).
enum StrictJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([StrictJSON])
    case object([ExactText: StrictJSON])

    /// Why a document was refused; nobody is told which it was.
    struct Refused: Error {}

    /// How deep arrays and objects may stand in one another: a recursion that others choose the depth of ends the process.
    static let deepest = 16

    /// Reads a document.
    init(_ bytes: [UInt8]) throws(Refused) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Refused() }
        var reader = StrictJSONReader(bytes)
        self = try reader.document()
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    var elements: [StrictJSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// A member of an object; nil where there is none.
    subscript(_ name: String) -> StrictJSON? {
        guard case .object(let members) = self else { return nil }
        return members[ExactText(name)]
    }

    /// A text, or a list of them, as `aud` and groups are written; nil for anything else.
    var texts: [String]? {
        if let text {
            return [text]
        }
        guard let elements else { return nil }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count ? texts : nil
    }
}
