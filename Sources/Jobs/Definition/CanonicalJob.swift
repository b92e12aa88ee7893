/// A job in the canonical form of the job file: the file's own values in the one spelling that every reader knows.
///
/// `count`, `cpu`, `memory` and `gpu` are strings, `args` and `replicas` are lists. Keys that the file does not have
/// are left out, except `args` and `count`.
public struct CanonicalJob: Encodable, Sendable {
    private let job: Job

    /// - Parameter includesName: false for the `spec` of the REST view, which has the name in `metadata`.
    public init(_ job: Job, includesName: Bool = true) {
        var job = job
        if !includesName {
            job.name = nil
        }
        self.job = job
    }

    /// The job as JSON text on one line with sorted keys: the bytes of `JSONEncoder`, in a tenth of the time.
    public var text: String {
        var writer = FieldWriter()
        writer.json.beginObject()
        job.visitFields(&writer)
        writer.json.endObject()
        return writer.json.string
    }

    /// Encodes the same keys and values as ``text``.
    public func encode(to encoder: any Encoder) throws {
        var fields = FieldEncoder(encoder.container(keyedBy: FieldKey.self))
        job.visitFields(&fields)
        if let error = fields.error { throw error }
    }
}

/// Writes the fields as JSON text.
private struct FieldWriter: JobFieldVisitor {
    var json = JSONText()

    mutating func visit(
        _ key: StaticString,
        _ value: @autoclosure () -> JobFieldValue,
        digest: @autoclosure () -> [DigestPart]
    ) {
        switch value() {
        case .text(nil), .number(nil), .flag(nil), .list(nil), .numbers(nil), .map(nil): return
        case .text(let text?):
            json.writeKey(key)
            json.writeString(text)
        case .number(let number?):
            json.writeKey(key)
            json.writeNumber(number)
        case .flag(let flag?):
            json.writeKey(key)
            json.writeFlag(flag)
        case .list(let texts?):
            json.writeKey(key)
            json.beginList()
            for text in texts {
                json.writeString(text)
            }
            json.endList()
        case .numbers(let numbers?):
            json.writeKey(key)
            json.beginList()
            for number in numbers {
                json.writeNumber(number)
            }
            json.endList()
        case .map(let members?):
            json.writeKey(key)
            json.beginObject()
            for (name, text) in members.sorted(by: { $0.key < $1.key }) {
                json.writeKey(name)
                json.writeString(text)
            }
            json.endObject()
        }
    }

    mutating func visitObject(_ key: StaticString, isWritten: Bool, _ content: (inout Self) -> Void) {
        guard isWritten else { return }
        json.writeKey(key)
        json.beginObject()
        content(&self)
        json.endObject()
    }

    mutating func visitGroups(
        _ key: StaticString,
        _ groups: [ReplicaGroup],
        digest: @autoclosure () -> [DigestPart],
        _ content: (inout Self, ReplicaGroup) -> Void
    ) {
        json.writeKey(key)
        json.beginList()
        for group in groups {
            json.beginObject()
            content(&self, group)
            json.endObject()
        }
        json.endList()
    }
}

/// Encodes the fields into a keyed container, up to the first error.
private struct FieldEncoder: JobFieldVisitor {
    var container: KeyedEncodingContainer<FieldKey>
    private(set) var error: (any Error)?

    init(_ container: KeyedEncodingContainer<FieldKey>) {
        self.container = container
    }

    mutating func visit(
        _ key: StaticString,
        _ value: @autoclosure () -> JobFieldValue,
        digest: @autoclosure () -> [DigestPart]
    ) {
        guard error == nil else { return }
        do {
            try encode(value(), forKey: FieldKey(key))
        } catch {
            self.error = error
        }
    }

    private mutating func encode(_ value: JobFieldValue, forKey key: FieldKey) throws {
        switch value {
        case .text(let text): try container.encodeIfPresent(text, forKey: key)
        case .number(let number): try container.encodeIfPresent(number, forKey: key)
        case .flag(let flag): try container.encodeIfPresent(flag, forKey: key)
        case .list(let texts): try container.encodeIfPresent(texts, forKey: key)
        case .numbers(let numbers): try container.encodeIfPresent(numbers, forKey: key)
        case .map(let members): try container.encodeIfPresent(members, forKey: key)
        }
    }

    mutating func visitObject(_ key: StaticString, isWritten: Bool, _ content: (inout Self) -> Void) {
        guard isWritten else { return }
        var object = Self(container.nestedContainer(keyedBy: FieldKey.self, forKey: FieldKey(key)))
        content(&object)
        error = error ?? object.error
    }

    mutating func visitGroups(
        _ key: StaticString,
        _ groups: [ReplicaGroup],
        digest: @autoclosure () -> [DigestPart],
        _ content: (inout Self, ReplicaGroup) -> Void
    ) {
        var list = container.nestedUnkeyedContainer(forKey: FieldKey(key))
        for group in groups {
            var object = Self(list.nestedContainer(keyedBy: FieldKey.self))
            content(&object, group)
            error = error ?? object.error
        }
    }
}

private struct FieldKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ key: StaticString) {
        stringValue = "\(key)"
    }

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}
