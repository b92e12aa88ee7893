import ArgumentParser
import Foundation
import Git
import Jobs

/// What standard output is.
enum Terminal {
    /// Whether somebody looks at it.
    static var isThere: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether it obeys escapes: one that calls itself `dumb` shows them.
    static var obeysEscapes: Bool { isThere && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Colour is for terminals, and never where `NO_COLOR` is set: <https://no-color.org>.
    static var usesColour: Bool {
        obeysEscapes && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Its columns and rows, at this moment; nil where output is no terminal, or one that does not say.
    static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isThere, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}

/// Colours that every terminal has: <https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>.
enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case faint = "2"

    /// A text in this colour.
    func text(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}

/// Standard output, where it matters whether somebody still reads it.
enum StandardOutput {
    /// - Throws: ``ExitCode`` where the reader has gone, as `head` does: there is nobody to tell.
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

/// Standard error: one line a message, its control characters escaped.
package enum StandardError {
    /// Writes a message after the program's name.
    package static func say(_ message: String) { writeLine("tfjob-admin: \(message)") }

    /// Writes a line as it is but for control characters.
    static func writeLine(_ line: String) {
        // Where nobody hears it, the exit code still tells.
        try? FileHandle.standardError.write(contentsOf: Data((PlainText.line(line) + "\n").utf8))
    }
}

extension ValidationError {
    /// Wrong usage, explained by an error whose text may hold names of a repository.
    init(_ error: any Error) { self.init(PlainText.line("\(error)")) }
}

/// Lines of a terminal that are written anew in their place.
struct LiveScreen {
    /// The widths of the lines that stand there.
    private var drawn: [Int] = []
    private var text = ""

    /// Puts lines in place of those that were drawn before, as far as there is room.
    ///
    /// - Parameters:
    ///   - lines: each fits the terminal.
    ///   - size: the terminal's, now.
    mutating func draw(_ lines: [String], size: (columns: Int, rows: Int)) throws(ExitCode) {
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

    /// Goes up to the first line and clears from there on. A terminal that became narrower has wrapped what was wider.
    private func rewind(_ columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        return rows == 0 ? "" : "\u{1B}[\(rows)A\r\u{1B}[J"
    }
}

/// Does what a verb is for, and ends the verb with 1 and a sentence on standard error where that can't be done.
///
/// The exit code 64 is for wrong usage alone.
func reportingFailure<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as GitError {
        StandardError.say("\(error)")
    } catch let error as MissingRevision {
        StandardError.say("\(error)")
    } catch let error as FileSource.Missing {
        StandardError.say("\(error)")
    } catch let error as WorkTreeError {
        StandardError.say("\(error)")
    }
    throw ExitCode.failure
}
