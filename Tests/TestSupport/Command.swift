import Glibc
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
///   - timeout: how long it and all that writes where it does may take; then its process group is killed. Generous: it is reached only
///     where something is broken.
/// - Returns: its standard output, at most 16 MiB.
/// - Throws: ``CommandFailed`` where it does not exit with 0, or has to be killed.
@discardableResult
package func run(
    _ command: [String],
    in folder: String,
    environment: [String: String] = [:],
    within timeout: Duration = .seconds(300)
) async throws -> String {
    let variables = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
    var options = PlatformOptions()
    options.processGroupID = 0
    let (pids, started) = AsyncStream<Int32>.makeStream()
    let watch = Task {
        guard let pid = await pids.first(where: { _ in true }) else { throw CancellationError() }
        try await Task.sleep(for: timeout)
        kill(-pid, SIGKILL)
    }
    defer {
        started.finish()
        watch.cancel()
    }
    let result = try await Subprocess.run(
        command[0].contains("/") ? .path(FilePath(command[0])) : .name(command[0]),
        arguments: Arguments(Array(command.dropFirst())),
        environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)),
        workingDirectory: FilePath(folder),
        platformOptions: options,
        input: .none,
        output: .string(limit: 1 << 24),
        error: .string(limit: 1 << 20)
    ) { execution in
        started.yield(execution.processIdentifier.value)
    }
    watch.cancel()
    var failure = result.terminationStatus.isSuccess ? nil : ""
    if case .success = await watch.result {
        failure = "not within \(timeout), and killed: "
    }
    if let failure {
        let said = "\(result.standardOutput)\(result.standardError)"
        throw CommandFailed(description: "\(command.joined(separator: " ")): \(failure)\(said)")
    }
    return result.standardOutput
}
