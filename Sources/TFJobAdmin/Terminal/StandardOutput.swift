import ArgumentParser
import Foundation
import Jobs

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
enum StandardError {
    /// Writes a message after the program's name.
    static func say(_ message: String) { writeLine("tfjob-admin: \(message)") }

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
