import Jobs

/// One value or key of a JSON text, by its place in the bytes.
///
/// Twelve bytes each, so that the largest job file has a tape of a few megabytes.
struct Token: Sendable {
    enum Kind: UInt8, Sendable {
        case object, array
        /// A string without escapes: what stands between the quotes is its value.
        case string
        /// A string with at least one escape.
        case escapedString
        case number, yes, no, null
    }

    let kind: Kind
    /// The offset of the first byte: of a string, its opening quote.
    let start: UInt32
    /// Of an object or array: the index of the token after its last descendant. Of any other: the
    /// offset after its last byte.
    var end: UInt32
}

/// Where a text stops being JSON, and what to write instead.
struct SyntaxError: Error {
    /// The offending byte; the text's length where the text ends too early.
    let offset: Int
    let message: String
    /// The innermost object or array that is open there, as a JSON Pointer.
    var pointer = ""
}
