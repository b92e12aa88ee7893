import Foundation

/// A folder that can be made read-only while files in it are open for writing.
///
/// Linux does not let a file system be mounted read-only then; only the file system itself does that, after an error. Immutable files
/// come near: each write fails, also by a descriptor that was opened before, and works again afterwards. Root alone may set the attribute, and the file system
/// must know it, as ext4, XFS and Btrfs do.
package enum ReadOnlyFolder {
    /// Lets nothing below a folder be written for the time of a test.
    package static func whileReadOnly<Result>(_ path: String, _ body: () async throws -> Result) async throws -> Result
    {
        // The folders first, so that no file comes in between.
        try await set("+i", of: "d", below: path)
        let result: Result
        do {
            try await set("+i", of: "f", below: path)
            result = try await body()
        } catch {
            try await makeWritable(path)
            throw error
        }
        try await makeWritable(path)
        return result
    }

    private static func makeWritable(_ path: String) async throws {
        try await set("-i", of: "d", below: path)
        try await set("-i", of: "f", below: path)
    }

    private static func set(_ attribute: String, of type: String, below path: String) async throws {
        try await run(["find", path, "-type", type, "-exec", "chattr", attribute, "{}", "+"], in: "/")
    }
}
