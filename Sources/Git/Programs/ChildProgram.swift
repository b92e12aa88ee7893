import Glibc
package import Platform
import Subprocess
import SystemPackage

/// A program of this machine that is run to its end, or to a deadline.
///
/// It runs in a session of its own, so it has no terminal to ask at, and all that it starts is ended with it.
package struct ChildProgram: Sendable {
    /// Looked up on the PATH.
    package let name: String
    /// The whole of it: nothing is inherited.
    package let environment: [String: String]
    /// Where it runs.
    package let folder: String

    /// The most bytes of standard output; a program that prints more is ended. Default: 1 MiB.
    package var outputLimit = 1 << 20

    /// Describes a program; ``run(_:input:to:deadline:started:)`` starts it.
    package init(name: String, environment: [String: String], folder: String) {
        self.name = name
        self.environment = environment
        self.folder = folder
    }

    /// How a program ended by itself.
    package struct Ended: Sendable {
        /// The exit code, 128 + n for signal n.
        package let code: Int32
        /// Its standard output.
        package let output: [UInt8]
        /// The last of its standard error.
        package let complaint: String
    }

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - arguments: seen by every user of the machine, so never a secret.
    ///   - input: its standard input.
    ///   - file: the descriptor of a file that gets its standard output; nil hands the output back.
    ///   - deadline: when it is killed, with its whole process group.
    ///   - started: is told which process it is.
    /// - Throws: ``ChildFailure`` where it did not end by itself. An exit code other than 0 is no error here.
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
        let result = try await Subprocess.run(
            .name(name),
            arguments: Arguments(arguments),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
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
            // It is a zombie at the least until this returns, so its group can be no other's. Whoever is left in it has no task.
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
    /// It is not on the PATH.
    case missing(program: String)
    /// It was still running at the deadline and was killed.
    case timedOut(Duration)
    /// The task that waited for it was cancelled, and it was killed.
    case cancelled
    /// It could not be started or read.
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

/// The last bytes of a program's standard error, however much a server has it print.
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
