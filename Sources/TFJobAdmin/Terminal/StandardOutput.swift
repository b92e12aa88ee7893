import ArgumentParser
import Foundation

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

/// Standard error: one line a message, and the program's name before it.
enum StandardError {
    static func say(_ message: String) {
        // Where nobody hears it, the exit code still tells.
        try? FileHandle.standardError.write(contentsOf: Data("tfjob-admin: \(message)\n".utf8))
    }
}
