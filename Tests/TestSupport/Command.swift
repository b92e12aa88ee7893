import Subprocess
import SystemPackage

/// A program that failed, with what it printed.
package struct CommandFailed: Error, CustomStringConvertible {
    package let description: String
}

/// Runs a program to its end.
///
/// - Parameters:
///   - command: the program, a path or a name that is looked up on the PATH, and its arguments.
///   - folder: where to run it.
///   - environment: variables beside the inherited ones.
/// - Returns: its standard output, at most 16 MiB.
/// - Throws: ``CommandFailed`` where it does not exit with 0.
@discardableResult
package func run(
    _ command: [String],
    in folder: String,
    environment: [String: String] = [:]
) async throws -> String {
    let variables = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
    let result = try await Subprocess.run(
        command[0].contains("/") ? .path(FilePath(command[0])) : .name(command[0]),
        arguments: Arguments(Array(command.dropFirst())),
        environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)),
        workingDirectory: FilePath(folder),
        input: .none,
        output: .string(limit: 1 << 24),
        error: .string(limit: 1 << 20)
    )
    guard result.terminationStatus.isSuccess else {
        throw CommandFailed(
            description: "\(command.joined(separator: " ")): \(result.standardOutput)\(result.standardError)"
        )
    }
    return result.standardOutput
}
