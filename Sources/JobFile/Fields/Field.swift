import Jobs

/// One key of an object in the job file: its spellings, its schema and its reader.
struct Field<Target>: Sendable {
    let name: Keyword
    /// Spellings that are accepted with a warning.
    let misspellings: [Keyword]
    let isRequired: Bool
    let schema: JSONNode
    /// Reads the value at a token and stores it in the target.
    let readValue: @Sendable (_ token: Int, inout Reader, inout Target) -> Void

    /// - Parameters:
    ///   - misspelled: spellings that are accepted with a warning.
    ///   - title: a few words, for an editor's completion list.
    ///   - description: the key's meaning, its values, and what its absence means.
    ///   - initial: the default, if it is a value.
    ///   - store: stores the value in the target. It is called for a faulty value too.
    init<Kind: Shape>(
        _ name: String,
        _ shape: Kind,
        required: Bool = false,
        misspelled: [String] = [],
        title: String,
        description: String,
        examples: [JSONNode] = [],
        initial: JSONNode? = nil,
        store: @escaping @Sendable (inout Target, Entry<Kind.Value>) -> Void
    ) {
        self.name = Keyword(name)
        misspellings = misspelled.map(Keyword.init)
        isRequired = required
        var members: [JSONNode.Member] = []
        if let initial {
            members.append(.init(name: "default", value: initial))
        }
        if !examples.isEmpty {
            members.append(.init(name: "examples", value: .list(examples)))
        }
        schema = (["title": .string(title), "description": .string(description)] as JSONNode).adding(
            shape.schema.members + members
        )
        readValue = { token, reader, target in
            store(&target, Entry(token: token, value: shape.readValue(token, &reader)))
        }
    }
}

/// A word of the job file, prepared for a fast comparison.
struct Keyword: Sendable {
    let text: String
    fileprivate let bytes: [UInt8]
    let beginning: UInt64

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        beginning = KeywordProbe.beginning(of: bytes[...])
    }
}

/// A word that was read, prepared for comparisons with many keywords.
struct KeywordProbe {
    private let bytes: ArraySlice<UInt8>
    let beginning: UInt64

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        beginning = Self.beginning(of: bytes)
    }

    func matches(_ word: Keyword) -> Bool {
        beginning == word.beginning && bytes.count == word.bytes.count
            && (bytes.count <= 8 || bytes.dropFirst(8).elementsEqual(word.bytes.dropFirst(8)))
    }

    fileprivate static func beginning(of bytes: ArraySlice<UInt8>) -> UInt64 {
        var result: UInt64 = 0
        for byte in bytes.prefix(8) {
            result = result << 8 | UInt64(byte)
        }
        return result
    }

    /// The first eight bytes of a range as a number.
    static func beginning(of bytes: [UInt8], _ place: Range<Int>) -> UInt64 {
        var result: UInt64 = 0
        for index in place.lowerBound..<min(place.upperBound, place.lowerBound + 8) {
            result = result << 8 | UInt64(bytes[index])
        }
        return result
    }
}
