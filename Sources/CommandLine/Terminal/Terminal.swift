import ArgumentParser
import Foundation
import Git
import Jobs

/// The properties of standard output.
enum Terminal {
    /// Whether standard output is a terminal.
    static var isThere: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether standard output is a terminal with escape sequences. A `dumb` terminal prints them.
    static var obeysEscapes: Bool { isThere && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Whether output has colour: on a terminal, unless `NO_COLOR` is set, <https://no-color.org>.
    static var usesColour: Bool {
        obeysEscapes && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// The current size of the terminal. Nil if standard output is not a terminal, or its size is unknown.
    static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isThere, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}

/// The colours of text on a terminal:
/// <https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>.
enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case faint = "2"

    /// Formats a text in this colour.
    func text(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}

/// Standard output with errors for a closed pipe.
enum StandardOutput {
    /// Writes data.
    ///
    /// - Throws: ``ExitCode`` without a message if the reader has closed the pipe, as `head` does.
    static func write(_ data: Data) throws(ExitCode) {
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            throw .failure
        }
    }

    static func write(_ text: String) throws(ExitCode) {
        try write(Data(text.utf8))
    }
}

/// Standard error. Each message is one line, and control characters are escaped.
package enum StandardError {
    /// Writes a message after the name of the program.
    package static func writeMessage(_ message: String) { writeLine("tfjob-admin: \(message)") }

    /// Writes a line without the name of the program.
    static func writeLine(_ line: String) {
        // If the write fails, the exit code still reports the error.
        try? FileHandle.standardError.write(contentsOf: Data((PlainText.line(line) + "\n").utf8))
    }
}

extension ValidationError {
    /// Creates an error for wrong usage from another error. Its text may contain names of a repository, so it is
    /// escaped.
    init(_ error: any Error) { self.init(PlainText.line("\(error)")) }
}

/// Lines on a terminal that are redrawn in place.
struct LiveScreen {
    /// The widths of the lines on the screen.
    private var drawn: [Int] = []
    private var text = ""

    /// Replaces the lines on the screen. Lines that do not fit are counted in the last line.
    ///
    /// - Parameters:
    ///   - lines: the new lines, each at most as wide as the terminal.
    ///   - size: the current size of the terminal.
    mutating func drawLines(_ lines: [String], size: (columns: Int, rows: Int)) throws(ExitCode) {
        var shown = lines
        if lines.count > size.rows - 1 {
            shown = Array(lines.prefix(max(1, size.rows - 2)))
            shown.append("… and \(lines.count - shown.count) more".fitted(to: size.columns))
        }
        let text = shown.map { $0 + "\n" }.joined()
        guard text != self.text else { return }
        try StandardOutput.write(rewind(size.columns) + text)
        self.text = text
        drawn = shown.map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "").width }
    }

    /// The escape sequence that moves to the first line and clears all lines. A terminal that became narrower has
    /// wrapped wide lines.
    private func rewind(_ columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        return rows == 0 ? "" : "\u{1B}[\(rows)A\r\u{1B}[J"
    }
}

/// An error that ends a verb, as a sentence for the user.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs the body of a verb. After an error this prints a sentence to standard error and exits with 1.
///
/// The exit code 64 is only for wrong usage.
func reportingFailure<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as GitError {
        StandardError.writeMessage("\(error)")
    } catch let error as CommandError {
        StandardError.writeMessage("\(error)")
    } catch let error as WorkTreeError {
        StandardError.writeMessage("\(error)")
    }
    throw ExitCode.failure
}

/// Quotes text as a single word of a POSIX shell:
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>.
enum ShellWord {
    /// The text in quotes.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    /// The text in quotes if it needs them, for commands that people copy.
    static func shown(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+:=@,%".utf8.contains(byte)
            }
        }
        return isPlain && !text.isEmpty ? text : quoted(text)
    }
}

/// The JSON output of the verbs: one object on each line, with sorted keys.
enum JSONOutput {
    /// Formats a value as one line.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    /// Formats an object of Foundation's types, without a line break at the end.
    static func object(_ object: Any) throws -> Data {
        try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// Formats an array of objects that are already JSON text, each on its own line.
    static func array(_ objects: [Data]) -> Data {
        guard !objects.isEmpty else { return Data("[]\n".utf8) }
        var data = Data("[\n".utf8)
        for (index, object) in objects.enumerated() {
            data += object
            data += Data((index == objects.count - 1 ? "\n" : ",\n").utf8)
        }
        return data + Data("]\n".utf8)
    }
}
