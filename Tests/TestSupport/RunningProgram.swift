import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A program that runs beside a test, with its output in a file.
package final class RunningProgram: Sendable {
    /// The process.
    package let pid: Int32
    private let name: String
    private let end: Task<Int32, any Error>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program, a path or a name that is looked up on the PATH, and its arguments.
    ///   - log: gets its standard output and standard error; nil throws them away.
    package init(_ command: [String], log: String? = nil) async throws {
        name = command[0]
        let (pids, started) = AsyncStream<Int32>.makeStream()
        let output = try FileDescriptor.open(
            FilePath(log ?? "/dev/null"),
            .writeOnly,
            options: [.create, .append],
            permissions: .ownerReadWrite
        )
        end = Task {
            defer { started.finish() }
            let result = try await Subprocess.run(
                command[0].contains("/") ? .path(FilePath(command[0])) : .name(command[0]),
                arguments: Arguments(Array(command.dropFirst())),
                input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution in
                started.yield(execution.processIdentifier.value)
            }
            switch result.terminationStatus {
            case .exited(let code): return code
            case .signaled(let signal): return 128 + signal
            }
        }
        guard let pid = await pids.first(where: { _ in true }) else {
            throw CommandFailed(description: "\(command[0]) could not be started: \(await end.result)")
        }
        self.pid = pid
    }

    /// Waits for the end.
    ///
    /// - Parameter timeout: how long; a program that takes longer is killed. Generous: it is reached only where something is broken.
    /// - Returns: the exit code, 128 + n for signal n.
    /// - Throws: ``NeverHappened`` where it had to be killed: a test that waits for ever tells nobody why.
    @discardableResult
    package func wait(within timeout: Duration = .seconds(300)) async throws -> Int32 {
        let watch = Task { [pid] in
            try await Task.sleep(for: timeout)
            kill(pid, SIGKILL)
        }
        let code = try await end.value
        watch.cancel()
        if case .success = await watch.result {
            throw NeverHappened(description: "not within \(timeout): the end of \(name), which was killed")
        }
        return code
    }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: the exit code, 128 + n for signal n.
    /// - Throws: ``NeverHappened`` where the signal does not end it within 30 s.
    @discardableResult
    package func end(with signal: Int32) async throws -> Int32 {
        kill(pid, signal)
        return try await wait(within: .seconds(30))
    }
}
