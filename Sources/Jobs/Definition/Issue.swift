/// An error or a warning about a file of the jobs repository.
public struct Issue: Hashable, Sendable, Codable {
    /// Whether the file is applied.
    public enum Severity: String, Sendable, Codable {
        /// The file is not applied.
        case error
        /// The file is applied; the message names the canonical form.
        case warning
    }

    /// The file, relative to the repository's root.
    public let path: String
    /// The line, from 1.
    public let line: Int
    /// The column in Unicode scalars, from 1.
    public let column: Int
    /// The place in the document as a JSON Pointer (RFC 6901); empty for the whole document.
    public let pointer: String
    /// An error keeps the file from being applied, a warning doesn't.
    public let severity: Severity
    /// A sentence that says what to write instead.
    public let message: String

    /// In bytes. Most messages have less than 200.
    package static let longestMessage = 2048
    /// In bytes, as Linux counts: `PATH_MAX`.
    static let longestPath = 4096

    /// Creates an issue. Without a place it concerns the whole file, at the first column of the first line.
    ///
    /// A path or message that is too long is cut, so that no file makes a report or a log long.
    public init(path: String, line: Int = 1, column: Int = 1, pointer: String = "", severity: Severity, message: String)
    {
        self.path = Quoted.clipped(path, to: Self.longestPath)
        self.line = line
        self.column = column
        self.pointer = pointer
        self.severity = severity
        self.message = Quoted.clipped(message, to: Self.longestMessage)
    }
}

extension Issue: CustomStringConvertible {
    /// `file:line:column: severity: message (pointer)`, as compilers write it, on one line; control characters are
    /// escaped.
    public var description: String { text { $0 } }

    /// The description with a special form of the severity and its colon, for example in colour.
    public func text(severity form: (String) -> String) -> String {
        PlainText.line("\(path):\(line):\(column): ") + form("\(severity.rawValue):") + " "
            + PlainText.line(message + (pointer.isEmpty ? "" : " (\(pointer))"))
    }
}
