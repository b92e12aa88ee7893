import Foundation
import Glibc
package import Platform
import Subprocess
import SystemPackage

/// Runs a program of this machine until it ends or a deadline passes.
///
/// The program runs in its own session, so it has no terminal for questions, and its child processes end with it.
package struct ChildProgram: Sendable {
    /// The program's name, which is looked up on the PATH.
    package let name: String
    /// The whole environment; nothing is inherited.
    package let environment: [String: String]
    /// The working directory.
    package let folder: String

    /// The maximum size of the standard output in bytes. A program that prints more is ended. Default: 1 MiB.
    package var outputLimit = 1 << 20

    /// Describes a program; ``run(_:input:to:deadline:started:)`` starts it.
    package init(name: String, environment: [String: String], folder: String) {
        self.name = name
        self.environment = environment
        self.folder = folder
    }

    /// The result of a program that ended by itself.
    package struct Ended: Sendable {
        /// The exit code, 128 + n for signal n.
        package let code: Int32
        /// The standard output.
        package let output: [UInt8]
        /// The last part of the standard error.
        package let complaint: String
    }

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - arguments: the arguments. Every user of the machine can see them, so they must not contain secrets.
    ///   - input: the standard input.
    ///   - file: the descriptor of a file for the standard output; nil to return the output.
    ///   - deadline: the time after which the program and its process group are killed.
    ///   - started: called with the new process.
    /// - Throws: ``ChildFailure`` if the program did not end by itself. An exit code other than 0 is no error here.
    package func run(
        _ arguments: [String],
        input: [UInt8] = [],
        to file: Int32? = nil,
        deadline: Duration,
        started: @escaping @Sendable (ProcessIdentity) -> Void = { _ in }
    ) async throws(ChildFailure) -> Ended {
        do {
            return try await withThrowingTaskGroup(of: Ended?.self) { group in
                group.addTask { try await start(arguments, input: input, to: file, started) }
                group.addTask {
                    try await Task.sleep(for: deadline, clock: .continuous)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let ended = first else {
                    group.cancelAll()
                    // The group's end waits until the program is dead.
                    throw ChildFailure.timedOut(deadline)
                }
                return ended
            }
        } catch let failure as ChildFailure {
            throw failure
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw .missing(program: name)
        } catch {
            throw Task.isCancelled ? .cancelled : .notRun(program: name, reason: "\(error)")
        }
    }

    private func start(
        _ arguments: [String],
        input: [UInt8],
        to file: Int32?,
        _ started: @escaping @Sendable (ProcessIdentity) -> Void
    ) async throws -> Ended {
        if let file {
            let descriptor = FileDescriptor(rawValue: file)
            let output = FileDescriptorOutput.fileDescriptor(descriptor, closeAfterSpawningProcess: false)
            let ended = try await start(arguments, input: input, output, started)
            return Ended(code: ended.code, output: [], complaint: ended.complaint)
        }
        let ended = try await start(arguments, input: input, .bytes(limit: outputLimit), started)
        return Ended(code: ended.code, output: ended.output, complaint: ended.complaint)
    }

    private func start<Output: OutputProtocol>(
        _ arguments: [String],
        input: [UInt8],
        _ output: Output,
        _ started: @escaping @Sendable (ProcessIdentity) -> Void
    ) async throws -> (code: Int32, output: Output.OutputType, complaint: String) {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let environment = Environment.custom(Dictionary(uniqueKeysWithValues: variables))
        // With a name, Subprocess starts a process for each folder of the `PATH`, and each takes milliseconds.
        let path = try await Executable.name(name).resolveExecutablePath(in: environment)
        let result = try await Subprocess.run(
            .path(path),
            arguments: Arguments(arguments),
            environment: environment,
            workingDirectory: FilePath(folder),
            platformOptions: options,
            input: .array(input),
            output: output,
            error: .sequence
        ) { execution in
            let process = ProcessIdentity.of(execution.processIdentifier.value)
            if let process {
                started(process)
            }
            var complaint = Complaint()
            for try await chunk in execution.standardError {
                complaint.append(unsafe chunk.withUnsafeBytes { unsafe Array($0) })
            }
            // The process exists at least as a zombie until this returns, so the group is its own. Kill what is left in it.
            process?.signal(SIGKILL, group: true)
            return complaint.text
        }
        try Task.checkCancellation()
        let code =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return (code, result.standardOutput, result.closureResult)
    }
}

/// Why a program did not end by itself.
package enum ChildFailure: Error, Equatable, CustomStringConvertible {
    /// The program is not on the PATH.
    case missing(program: String)
    /// The program was killed at the deadline.
    case timedOut(Duration)
    /// The waiting task was cancelled, and the program was killed.
    case cancelled
    /// The program could not be started, or its output could not be read.
    case notRun(program: String, reason: String)

    /// A part of a sentence.
    package var description: String {
        switch self {
        case .missing(let program): "\(program) is not installed"
        case .timedOut(let time): "it did not end within \(time.components.seconds) s"
        case .cancelled: "cancelled"
        case .notRun(let program, let reason): "\(program) could not be run: \(reason)"
        }
    }
}

/// Collects the last bytes of a program's standard error, whose amount a server may control.
private struct Complaint {
    private static let limit = 1 << 15
    private var bytes: [UInt8] = []

    mutating func append(_ more: [UInt8]) {
        bytes += more
        if bytes.count > 2 * Self.limit {
            bytes.removeFirst(bytes.count - Self.limit)
        }
    }

    var text: String { String(decoding: bytes.suffix(Self.limit), as: UTF8.self) }
}

/// Prepares a program's output for an error message: without secrets and control characters, and not long.
package struct Scrubber: Sendable {
    private let secrets: [String]
    /// The maximum length of a message in characters.
    private static let limit = 400

    package init(_ secrets: [String]) {
        self.secrets = secrets.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    package func scrub(_ text: String) -> String {
        var text = text
        for secret in secrets {
            text = text.replacing(secret, with: "***")
        }
        text = text.replacing(/:\/\/[^\/\s@]*@/, with: "://***@")
        text = text.replacing(/(?i)(authorization|proxy-authorization):.*/) { "\($0.output.1): ***" }
        let plain = text.unicodeScalars.map { scalar in
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            return isControl ? " " : Character(scalar)
        }
        return String(plain.prefix(Self.limit)).trimmingCharacters(in: .whitespaces)
    }
}
